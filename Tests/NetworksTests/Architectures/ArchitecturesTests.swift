import Networks
import TestSupport
import Tensors
import Testing

/// A file of right-shaped weights: small numbers from a code book, 1 for variances.
private func synthetic(_ layers: [Layer], side: Int? = nil) throws -> WeightFile {
  try synthetic(Graph(layers), side: side)
}

private func synthetic(_ graph: Graph, side: Int? = nil) throws -> WeightFile {
  var file = TensorFile()
  let table = (0..<256).map { (Float($0) - 127.5) / 2560 }
  var state: UInt32 = 1
  for tensor in try graph.tensors(for: Extent(height: side, width: side, channels: 3)) {
    let (name, extents, count) = (tensor.name, tensor.extents, tensor.count)
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
  /// Origin: Keras prints this count for the course's model, running statistics included; 736 inputs to the
  /// dense layer.
  @Test func `nn4.small2 has 3743280 parameters and the paper's shapes`() throws {
    let architecture = Architecture.nn4Small2()
    let file = try synthetic(architecture.graph, side: 96)
    let network = try Network<Float>(architecture, weights: file)
    #expect(network.parameterCount == 3_743_280)
    #expect(file.parameterCount == 3_743_280)
    // Origin: OpenFace's nn4.small2 definition, table in its documentation.
    let taps: [(String, [Int])] = [
      ("3a", [2, 12, 12, 256]), ("3b", [2, 12, 12, 320]), ("3c", [2, 6, 6, 640]), ("4a", [2, 6, 6, 640]),
      ("4e", [2, 3, 3, 1024]),
      ("5a", [2, 3, 3, 736]), ("5b", [2, 3, 3, 736]), ("embedding", [2, 1, 1, 128])
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
    let sides =
      [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256)] + [(Int, Int)](repeating: (256, 256), count: 3)
      + [(256, 512)] + [(Int, Int)](repeating: (512, 512), count: 7)
    let count = sides.reduce(0) { $0 + 9 * $1.0 * $1.1 + $1.1 }
    #expect(count == 20_024_384)
    let file = try synthetic(Architecture.vgg19.graph)
    let network = try Network<Float>(Architecture.vgg19, weights: file)
    #expect(network.parameterCount == count)
    #expect(file.parameterCount == count)
    // Origin: the course notebook prints these for its 400x300 picture.
    let taps: [(String, [Int])] = [
      ("conv1_1", [1, 300, 400, 64]), ("conv1_2", [1, 300, 400, 64]), ("pool1", [1, 150, 200, 64]),
      ("conv2_1", [1, 150, 200, 128]),
      ("pool2", [1, 75, 100, 128]), ("conv3_1", [1, 75, 100, 256]), ("conv3_4", [1, 75, 100, 256]),
      ("pool3", [1, 38, 50, 256]),
      ("conv4_1", [1, 38, 50, 512]), ("conv4_2", [1, 38, 50, 512]), ("pool4", [1, 19, 25, 512]),
      ("conv5_4", [1, 19, 25, 512]),
      ("pool5", [1, 10, 13, 512])
    ]
    let x = try Tensor<Float>([1, 300, 400, 3], repeating: 1)
    let results = try network.run(x, .init(taps.map(\.0), pooling: pooling))
    #expect(results.map(\.shape.extents) == taps.map(\.1))
    #expect(results.allSatisfy { $0.values.allSatisfy { $0 >= 0 && $0.isFinite } })
  }

  /// Source: dlib's example: a 7x7 stem, 14 blocks of two 3x3 convolutions, each with bias, gamma and beta;
  /// 256 to 128.
  @Test func `dlib's network has the parameters of its blocks`() throws {
    let blocks = [
      (32, 32), (32, 32), (32, 32), (32, 64), (64, 64), (64, 64), (64, 64), (64, 128), (128, 128), (128, 128),
      (128, 256), (256, 256), (256, 256), (256, 256)
    ]
    func convolution(_ inputs: Int, _ outputs: Int, _ kernel: Int) -> Int {
      kernel * kernel * inputs * outputs + 3 * outputs
    }
    let count =
      convolution(3, 32, 7)
      + blocks.reduce(0) { $0 + convolution($1.0, $1.1, 3) + convolution($1.1, $1.1, 3) } + 256 * 128
    let architecture = Architecture.dlibResNet
    let file = try synthetic(architecture.graph, side: 150)
    let network = try Network<Float>(architecture, weights: file)
    #expect(network.parameterCount == count)
    #expect(1 + 2 * blocks.count == 29)  // convolutions, as dlib counts them
    let result = try network.run(Tensor<Float>([1, 150, 150, 3], repeating: 0.5), .init(["embedding"]))[0]
    #expect(result.shape.extents == [1, 1, 1, 128])
    #expect(result.values.allSatisfy { $0.isFinite })
  }

  /// Zhang et al. 2016, figure 2: the last map of R-Net is 3x3x64, of O-Net 3x3x128.
  @Test func `MTCNN's networks have 6632, 100178 and 389040 parameters`() throws {
    let p = try synthetic(MTCNN.proposal)
    let r = try synthetic(MTCNN.refinement, side: 24)
    let o = try synthetic(MTCNN.output, side: 48)
    let proposal = try Network<Float>(MTCNN.proposal, weights: p)
    let refinement = try Network<Float>(MTCNN.refinement, side: 24, weights: r)
    let output = try Network<Float>(MTCNN.output, side: 48, weights: o)
    #expect(
      (proposal.parameterCount, refinement.parameterCount, output.parameterCount) == (6632, 100_178, 389_040))

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

  @Test func `every name is its architecture's`() {
    for name in Architecture.names {
      #expect(Architecture.named("\(name)").map { "\($0.name)" } == "\(name)")
    }
    #expect(Set(Architecture.names.map { "\($0)" }).count == Architecture.names.count)
    #expect(Architecture.named("resnet50") == nil)
  }

  /// dlib's by its author; OpenFace's is 0.99 on squared distances. Other files say it themselves.
  @Test func `what is published of an architecture is registered with its name`() {
    var thresholds: [String: Float] = [:], others: [String] = []
    for name in Architecture.names.map({ "\($0)" }) + ["mtcnn", "cascade", "universal-style"] {
      guard let known = RegisteredArchitecture.named(name) else {
        Issue.record("\(name)")
        continue
      }
      #expect("\(known.name)" == name)
      thresholds[name] = known.threshold
      if known.template == .arcFace { others.append(name) }
    }
    #expect(thresholds == ["dlib-resnet": 0.6, "nn4.small2": 0.995])
    #expect(others == ["mobilefacenet", "mobilefacenet-96"])
    #expect(RegisteredArchitecture.named("resnet50") == nil)
    #expect(Architecture.named("mtcnn") == nil && Architecture.named("universal-style") == nil)
  }

  /// NN1's 140 million weights are only counted, networks for pictures of any size have tests of their own.
  @Test(
    arguments: Architecture.names.map { "\($0)" }.filter {
      $0 != "facenet-nn1" && Architecture.named($0)?.input.height != nil
    })
  func `runs forward with random weights, the tape and the plan alike`(name: String) throws {
    let architecture = try #require(Architecture.named(name))
    var file = TensorFile(metadata: [("architecture", name)])
    for (name, tensor) in try initialWeights(of: architecture, seed: 3) { file.add(name, tensor) }
    let model = try Model(file.weightFile())
    let network = try model.network()
    #expect(network.parameterCount == model.weights.parameterCount)

    let height = try #require(architecture.input.height), width = try #require(architecture.input.width)
    var numbers = Numbers(seed: 5)
    let x: Tensor<Float> = try numbers.tensor([2, height, width, architecture.input.channels])
    let taps = architecture.layerNames
    let request = Network<Float>.Request([try #require(taps.last)])
    let expected = try network.run(x, request)[0]
    #expect(expected.shape.extents == [2, 1, 1, architecture.dimension])
    let size = expected.values.map { Double(abs($0)) }.max() ?? 0
    #expect(size > 0 && size.isFinite)
    try Executor(network, request).run(batch: 2, height: height, width: width) { input in
      input.update(from: x.pointer, count: x.count)
    } _: { answers in
      #expect(answers.extents(0) == expected.shape.extents)
      let answer = Array(UnsafeBufferPointer(start: answers[0], count: expected.count))
      #expect(largestDifference(answer, expected.values) < Tolerance.float * size)
    }
    // What belongs to one picture is not what belongs to the other.
    let half = architecture.dimension
    #expect(largestDifference(Array(expected.values[..<half]), Array(expected.values[half...])) > 0)
  }

  /// Origin: Fixtures/reference/networks_reference.py: torchvision's DenseNet.
  @Test func `a small DenseNet answers as PyTorch's`() throws {
    try compare(
      "densenet", Graph(Architecture.denseNet(stem: 8, blocks: [2, 3], growth: 4, outputs: 5)), side: 64)
  }

  /// Origin: the same script, MobileFaceNet written from the paper's table, an eighth as wide, at 48x48.
  @Test func `a small MobileFaceNet answers as PyTorch's`() throws {
    try compare("mobilefacenet", Architecture.mobileFaceNet(side: 48, width: 1.0 / 8).graph, side: 48)
  }

  private func compare(_ key: String, _ graph: Graph, side: Int) throws {
    let expected = flat(try fixture("networks.json")[key])
    let input = Extent(height: side, width: side, channels: 3)
    let file = try Formula.file(graph, input)
    let picture = Formula.numbers("picture", 2 * side * side * 3)
    let wide = try Network<Double>(graph, input: input, weights: file)
      .run(Tensor([2, side, side, 3], picture.map { Double(Float($0)) }), .init(["embedding"]))[0]
    #expect(largestDifference(wide.values, expected) < Tolerance.float)
    let network = try Network<Float>(graph, input: input, weights: file)
    try Executor(network, .init(["embedding"])).run(batch: 2, height: side, width: side) { input in
      for i in picture.indices { input[i] = Float(picture[i]) }
    } _: { answers in
      let answer = Array(UnsafeBufferPointer(start: answers[0], count: expected.count))
      #expect(largestDifference(answer, expected) < Tolerance.float)
    }
  }
}
