import Networks
import TestSupport
import Tensors
import Testing

/// The tensors that a list of layers wants, by its own description.
/// - Parameter dense: the number of inputs of each dense layer, worked out by whoever asks.
private func wanted(_ layers: [Layer], _ channels: inout Int, dense: [String: Int]) -> [(String, [Int])] {
  var tensors: [(String, [Int])] = []
  func activation(_ activation: Layer.Activation, _ outputs: Int) {
    if case .parametric(let name) = activation { tensors.append((name + ".weight", [outputs])) }
  }
  for layer in layers {
    switch layer {
    case .convolution(let name, let filters, let kernel, _, let groups, _, let normalisation, let active):
      tensors += [(name + ".weight", [filters, channels / groups, kernel, kernel]), (name + ".bias", [filters])]
      switch normalisation {
      case .none: break
      case .batch(let name): tensors += ["weight", "bias", "running_mean", "running_var"].map { ("\(name).\($0)", [filters]) }
      case .affine: tensors += ["gamma", "beta"].map { ("\(name).\($0)", [filters]) }
      }
      activation(active, filters)
      channels = filters
    case .dense(let name, let outputs, let hasBias, let active):
      tensors.append((name + ".weight", [outputs, dense[name] ?? 0]))
      if hasBias { tensors.append((name + ".bias", [outputs])) }
      activation(active, outputs)
      channels = outputs
    case .concatenation(let branches):
      var total = 0
      for branch in branches {
        var each = channels
        tensors += wanted(branch, &each, dense: dense)
        total += each
      }
      channels = total
    case .residual(let body, let shortCut):
      var inner = channels, outer = channels
      tensors += wanted(body, &inner, dense: dense) + wanted(shortCut, &outer, dense: dense)
      channels = max(inner, outer)
    case .head(let head):
      var inner = channels
      tensors += wanted(head, &inner, dense: dense)
    default: break
    }
  }
  return tensors
}

/// A file of right-shaped weights: small numbers from a code book, 1 for variances.
private func synthetic(_ layers: [Layer], dense: [String: Int] = [:], metadata: [(String, String)] = []) throws -> WeightFile {
  var file = TensorFile(metadata: metadata)
  let table = (0..<256).map { (Float($0) - 127.5) / 2560 }
  var channels = 3
  var state: UInt32 = 1
  for (name, extents) in wanted(layers, &channels, dense: dense) {
    let count = extents.reduce(1, *)
    if extents.count == 1 {
      file.add(name, extents, [Float](repeating: name.hasSuffix("running_var") ? 1 : 0.5, count: count))
    } else {
      let indices = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        for i in 0..<count {
          state = state &* 1_664_525 &+ 1_013_904_223
          buffer[i] = UInt8(state >> 24)
        }
        filled = count
      }
      file.add(name + ".indices", "U8", extents, indices)
      file.add(name + ".table", [256], table)
    }
  }
  return try file.weightFile()
}

@Suite struct ArchitecturesTests {
  /// Origin: Keras prints this count for the course's model, running statistics included; 736 inputs to the dense layer.
  @Test func `nn4.small2 has 3743280 parameters and the paper's shapes`() throws {
    let architecture = Architecture.nn4Small2()
    let file = try synthetic(architecture.layers, dense: ["dense": 736])
    let network = try Network<Float>(architecture.layers, side: architecture.side, weights: file)
    #expect(network.parameterCount == 3_743_280)
    #expect(file.parameterCount == 3_743_280)
    // Origin: OpenFace's nn4.small2 definition, table in its documentation.
    let taps: [(String, [Int])] = [
      ("3a", [2, 12, 12, 256]), ("3b", [2, 12, 12, 320]), ("3c", [2, 6, 6, 640]), ("4a", [2, 6, 6, 640]), ("4e", [2, 3, 3, 1024]),
      ("5a", [2, 3, 3, 736]), ("5b", [2, 3, 3, 736]), ("embedding", [2, 1, 1, 128]),
    ]
    var numbers = Numbers(seed: 1)
    let results = try network.run(numbers.tensor([2, 96, 96, 3]), .init(taps.map(\.0)))
    #expect(results.map(\.shape.extents) == taps.map(\.1))
    let embedding = try #require(results.last).values
    for n in 0..<2 {
      let length = embedding[128 * n..<128 * (n + 1)].reduce(0) { $0 + Double($1) * Double($1) }
      #expect(abs(length - 1) < 1e-5)
    }
  }

  /// Simonyan and Zisserman's column E: sixteen 3x3 convolutions with bias.
  @Test(arguments: [Pooling.average, .maximum])
  func `VGG-19 has 20024384 parameters and the notebook's shapes`(pooling: Pooling) throws {
    let sides = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256)] + [(Int, Int)](repeating: (256, 256), count: 3)
      + [(256, 512)] + [(Int, Int)](repeating: (512, 512), count: 7)
    let count = sides.reduce(0) { $0 + 9 * $1.0 * $1.1 + $1.1 }
    #expect(count == 20_024_384)
    let file = try synthetic(Architecture.vgg19.layers)
    let network = try Network<Float>(Architecture.vgg19.layers, weights: file)
    #expect(network.parameterCount == count)
    #expect(file.parameterCount == count)
    // Origin: the course notebook prints these for its 400x300 picture.
    let taps: [(String, [Int])] = [
      ("conv1_1", [1, 300, 400, 64]), ("conv1_2", [1, 300, 400, 64]), ("pool1", [1, 150, 200, 64]), ("conv2_1", [1, 150, 200, 128]),
      ("pool2", [1, 75, 100, 128]), ("conv3_1", [1, 75, 100, 256]), ("conv3_4", [1, 75, 100, 256]), ("pool3", [1, 38, 50, 256]),
      ("conv4_1", [1, 38, 50, 512]), ("conv4_2", [1, 38, 50, 512]), ("pool4", [1, 19, 25, 512]), ("conv5_4", [1, 19, 25, 512]),
      ("pool5", [1, 10, 13, 512]),
    ]
    let x = try Tensor<Float>([1, 300, 400, 3], repeating: 1)
    let results = try network.run(x, .init(taps.map(\.0), pooling: pooling))
    #expect(results.map(\.shape.extents) == taps.map(\.1))
    #expect(results.allSatisfy { $0.values.allSatisfy { $0 >= 0 && $0.isFinite } })
  }

  /// Source: dlib's example: a 7x7 stem, 14 blocks of two 3x3 convolutions, each with bias, gamma and beta; 256 to 128.
  @Test func `dlib's network has the parameters of its blocks`() throws {
    let blocks = [(32, 32), (32, 32), (32, 32), (32, 64), (64, 64), (64, 64), (64, 64), (64, 128), (128, 128), (128, 128), (128, 256), (256, 256), (256, 256), (256, 256)]
    func convolution(_ inputs: Int, _ outputs: Int, _ kernel: Int) -> Int { kernel * kernel * inputs * outputs + 3 * outputs }
    let count = convolution(3, 32, 7) + blocks.reduce(0) { $0 + convolution($1.0, $1.1, 3) + convolution($1.1, $1.1, 3) } + 256 * 128
    let architecture = Architecture.dlibResNet
    let file = try synthetic(architecture.layers, dense: ["embedding": 256])
    let network = try Network<Float>(architecture.layers, side: architecture.side, weights: file)
    #expect(network.parameterCount == count)
    #expect(1 + 2 * blocks.count == 29)  // convolutions, as dlib counts them
    let result = try network.run(Tensor<Float>([1, 150, 150, 3], repeating: 0.5), .init(["embedding"]))[0]
    #expect(result.shape.extents == [1, 1, 1, 128])
    #expect(result.values.allSatisfy { $0.isFinite })
  }

  /// Zhang et al. 2016, figure 2: the last map of R-Net is 3x3x64, of O-Net 3x3x128.
  @Test func `MTCNN's networks have 6632, 100178 and 389040 parameters`() throws {
    let p = try synthetic(MTCNN.proposal)
    let r = try synthetic(MTCNN.refinement, dense: ["rnet.dense4": 576, "rnet.dense5_1": 128, "rnet.dense5_2": 128])
    let o = try synthetic(
      MTCNN.output, dense: ["onet.dense5": 1152, "onet.dense6_1": 256, "onet.dense6_2": 256, "onet.dense6_3": 256])
    let proposal = try Network<Float>(MTCNN.proposal, weights: p)
    let refinement = try Network<Float>(MTCNN.refinement, side: 24, weights: r)
    let output = try Network<Float>(MTCNN.output, side: 48, weights: o)
    #expect((proposal.parameterCount, refinement.parameterCount, output.parameterCount) == (6632, 100_178, 389_040))

    // P-Net: one window of 12 and stride 2: (12 - 2) / 2 = 5, 3, 1; a picture of 31x44 has 11x17 windows.
    let windows = try proposal.run(Tensor([1, 12, 12, 3], repeating: 0.1), .init(["face", "box"]))
    #expect(windows.map(\.shape.extents) == [[1, 1, 1, 2], [1, 1, 1, 4]])
    let sweep = try proposal.run(Tensor([1, 31, 44, 3], repeating: 0.1), .init(["face", "box"]))
    #expect(sweep.map(\.shape.extents) == [[1, 11, 17, 2], [1, 11, 17, 4]])
    let refined = try refinement.run(Tensor([3, 24, 24, 3], repeating: 0.1), .init(["face", "box"]))
    #expect(refined.map(\.shape.extents) == [[3, 1, 1, 2], [3, 1, 1, 4]])
    let points = try output.run(Tensor([3, 48, 48, 3], repeating: 0.1), .init(["face", "box", "points"]))
    #expect(points.map(\.shape.extents) == [[3, 1, 1, 2], [3, 1, 1, 4], [3, 1, 1, 10]])
    for face in [windows[0], sweep[0], refined[0], points[0]] {
      for i in stride(from: 0, to: face.count, by: 2) { #expect(abs(face[i] + face[i + 1] - 1) < 1e-6) }
    }
  }
}
