import Networks
import TestSupport
import Tensors
import Testing

@Suite struct YuNetTests {
  private func model(_ metadata: [(String, String)] = [], like architecture: Architecture) throws -> Model {
    var file = TensorFile(metadata: [("architecture", "yunet")] + metadata)
    for (name, tensor) in try initialWeights(of: architecture, seed: 3) { file.add(name, tensor) }
    return try Model(file.weightFile())
  }

  /// The paper's network has 75,856 parameters, and 447 million multiply-adds at 640x480.
  @Test func `it is smaller than the paper's network, and three times as cheap`() throws {
    let architecture = Architecture.yuNet()
    #expect(try architecture.parameterCount() <= 75_000)
    let sized = Architecture(
      name: "sized", input: Extent(height: 480, width: 640, channels: 3), mean: (0, 0, 0), scale: 1,
      graph: architecture.graph)
    #expect(sized.multiplyAdds() <= 150_000_000)
  }

  @Test func `each result has 15 numbers for every cell`() throws {
    let graph = Architecture.yuNet().graph, picture = Extent(height: 96, width: 160, channels: 3)
    for side in YuNet.cellSides {
      let cells = graph.extent(of: YuNet.cells(ofSide: side), for: picture)
      #expect(cells == Extent(height: 96 / side, width: 160 / side, channels: YuNet.numbersPerCell))
    }
    #expect(YuNet.cellSides.allSatisfy { YuNet.sideStep % $0 == 0 })
  }

  /// 1 / (1 + exp(4.5951)) = 0.01
  @Test func `before training every cell gives a face a hundredth`() throws {
    var biases: [[Float]] = []
    for (name, tensor) in try initialWeights(of: .yuNet(), seed: 1) where name.hasSuffix(".bias") {
      if name.hasPrefix("cells"), !name.contains("_bn") { biases.append(tensor.values) }
    }
    let expected = [-4.5951] + [Float](repeating: 0, count: 14)
    #expect(biases.count == 3)
    for bias in biases { #expect(largestDifference(bias, expected) < 1e-4) }
  }

  /// Sizes of which no level needs a joint, and of which each does; with units and without.
  @Test(
    arguments: [
      YuNet.Size(), .init(channels: [8, 16, 16, 16, 16], units: [0, 0, 0, 0]),
      .init(channels: [5, 7, 20, 33, 50], units: [1, 2, 1, 3])
    ])
  func `the tape and the plan agree on every cell`(size: YuNet.Size) throws {
    let architecture = Architecture.yuNet(size)
    let words = { (numbers: [Int]) in numbers.map { "\($0)" }.joined(separator: " ") }
    let model = try model(
      [("channels", words(size.channels)), ("units", words(size.units))], like: architecture)
    let network = try model.network()
    #expect(network.parameterCount == model.weights.parameterCount)
    let names = YuNet.cellSides.map { YuNet.cells(ofSide: $0) }, request = Network<Float>.Request(names)
    var numbers = Numbers(seed: 5)
    let x: Tensor<Float> = try numbers.tensor([2, 64, 96, 3])
    let expected = try network.run(x, request)
    try Executor(network, request).run(batch: 2, height: 64, width: 96) { input in
      input.update(from: x.pointer, count: x.count)
    } _: { answers in
      for (i, tensor) in expected.enumerated() {
        #expect(answers.extents(i) == tensor.shape.extents)
        let answer = Array(UnsafeBufferPointer(start: answers[i], count: tensor.count))
        let largest = tensor.values.map { Double(abs($0)) }.max() ?? 0
        #expect(largest > 0 && largestDifference(answer, tensor.values) < Tolerance.float * largest)
      }
    }
  }

  @Test func `a file that describes another size badly is refused`() throws {
    func refusal(_ key: String, _ text: String) -> String {
      outcome {
        try Model(TensorFile(metadata: [("architecture", "yunet"), (key, text)]).weightFile()).architecture()
      }
    }
    for text in ["", "16 32 48 64", "16 32 48 64 64 64", "16 32 0 64 64", "16 32 48 64 1024", "16 32 x 64 64"]
    {
      #expect(
        refusal("channels", text)
          == "badData: weights: channels is \"\(text)\"; expected 5 numbers from 1 to 1023")
    }
    for text in ["1 1 2", "1 1 2 -1", "1 1 2 64"] {
      #expect(
        refusal("units", text) == "badData: weights: units is \"\(text)\"; expected 4 numbers from 0 to 63")
    }
  }
}
