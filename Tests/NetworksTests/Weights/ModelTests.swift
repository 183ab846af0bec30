import Networks
import TestSupport
import Tensors
import Testing

@Suite struct ModelTests {
  @Test func `the file says how wide and deep a fast style's network is`() throws {
    func filters(_ name: String, _ metadata: [(String, String)]) throws -> [Int] {
      var filters: [Int] = []
      for node in try model([("architecture", name)] + metadata).architecture().graph.nodes {
        // Those of the blocks are all alike.
        if case .convolution(let layer) = node.layer, !layer.name.hasPrefix("block") {
          filters.append(layer.filters)
        }
      }
      return filters
    }
    // deconv1 and deconv2 are transposed convolutions in the one, ordinary ones in the other.
    #expect(try filters("fast-style", []) == [32, 64, 128, 3])
    #expect(try filters("fast-style-resize", [("filters", "8"), ("blocks", "2")]) == [8, 16, 32, 16, 8, 3])
    for text in ["0", "-1", "wide", "1024"] {
      #expect(
        outcome { try filters("fast-style", [("filters", text)]) }
          == "badData: weights: filters is \"\(text)\"; expected a number from 1 to 1023")
    }
  }

  private func model(_ metadata: [(String, String)]) throws -> Model {
    try Model(TensorFile(metadata: metadata).weightFile())
  }

  @Test func `wants a file that names its architecture`() {
    #expect(outcome { try model([]) }.hasPrefix("badData: weights: the metadata lacks \"architecture\""))
  }

  @Test func `knows the architectures with one list of layers`() throws {
    for name in Architecture.names.map({ "\($0)" }) {
      #expect("\(try model([("architecture", name)]).architecture().name)" == name)
    }
    #expect(
      outcome { try model([("architecture", "mtcnn")]).architecture() }
        == "wrongModel: the model is \"mtcnn\"; expected a network of one input, such as vgg19 or nn4.small2")
    #expect(
      outcome { try model([("architecture", "resnet50")]) }.hasPrefix(
        "badData: weights: the architecture is \"resnet50\""))
  }

  @Test func `serves for what its architecture is registered for, and says what would serve`() throws {
    let vgg = try model([("architecture", "vgg19")]), cascade = try model([("architecture", "cascade")])
    try vgg.require(.styleTransfer, for: "a test")
    try cascade.require(.mtcnn, .cascade, for: "a test")
    #expect(
      outcome { try vgg.require(.mtcnn, .cascade, for: "a test") }
        == "wrongModel: the model is \"vgg19\"; expected mtcnn or cascade for a test")
    #expect(
      outcome { try cascade.require(.universalStyle, for: "a test") }
        == "wrongModel: the model is \"cascade\"; expected universal-style for a test")
    #expect(
      outcome { try cascade.require(RegisteredArchitecture.Use.fastStyle, for: "a test") }
        == "wrongModel: the model is \"cascade\"; expected fast-style or fast-style-resize for a test")
  }

  @Test func `takes the response normalisation that the file names`() throws {
    func constants(_ metadata: [(String, String)]) throws -> ResponseNormalisation? {
      for node in try model(metadata).architecture().graph.nodes {
        if case .responseNormalisation(let constants) = node.layer { return constants }
      }
      return nil
    }
    #expect(try constants([("architecture", "nn4.small2")]) == .torch)
    #expect(try constants([("architecture", "nn4.small2"), ("lrn", "tensorflow")]) == .tensorFlow)
  }

  @Test func `the file says how many people a one-shot network knows`() throws {
    func outputs(_ people: String) throws -> Int {
      try model([("architecture", "one-shot"), ("people", people)]).architecture().dimension
    }
    #expect(try outputs("40") == 41)
    for people in ["0", "-3", "", "many", "99999999999999999999"] {
      #expect(
        outcome { try outputs(people) }
          == "badData: weights: people is \"\(people)\"; expected a number from 1 to 16777215"
      )
    }
  }

  @Test func `names what its file lacks`() throws {
    #expect(
      outcome { try model([("architecture", "vgg19")]).network() }
        == "badData: weights: conv1_1.weight is missing")
  }

  @Test func `refuses a picture of another size than the network's`() throws {
    let reason = outcome {
      try model([("architecture", "nn4.small2")]).shape(ofLayer: "embedding", height: 4, width: 5)
    }
    #expect(reason == "invalidArgument: a picture of 5x4; expected 96x96")
  }

  /// VGG-19's first two layers stand for the whole: a run stops at the layer asked for, but a network is
  /// built whole.
  @Test func `is built once and shared`() throws {
    var file = TensorFile(metadata: [("architecture", "vgg19")])
    var inputs = 3
    for (block, (filters, count)) in [(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)].enumerated() {
      for i in 1...count {
        file.add(
          "conv\(block + 1)_\(i).weight.indices", "U8", [filters, inputs, 3, 3],
          [UInt8](repeating: 1, count: 9 * filters * inputs))
        file.add("conv\(block + 1)_\(i).weight.table", [256], [Float](repeating: 0, count: 256))
        file.add("conv\(block + 1)_\(i).bias", [filters], [Float](repeating: 0.5, count: filters))
        inputs = filters
      }
    }
    let model = try Model(file.weightFile())
    let network = try model.network()
    #expect(try model.network() === network)
    // Weights of 0: what is left is the bias.
    let features = try model.features(
      [UInt8](repeating: 9, count: 12).span, height: 2, width: 2, layer: "conv1_1", pooling: .average)
    #expect(features.shape.extents == [1, 2, 2, 64])
    #expect(features.values.allSatisfy { $0 == 0.5 })
    // The shape that is told beforehand is the shape that comes, to the smallest picture.
    for (layer, height, width) in [
      ("conv1_1", 2, 2), ("pool1", 3, 5), ("pool5", 1, 1), ("pool5", 33, 31), ("conv4_2", 7, 20)
    ] {
      let pixels = [UInt8](repeating: 9, count: 3 * height * width)
      let told = try model.shape(ofLayer: layer, height: height, width: width)
      let features = try model.features(
        pixels.span, height: height, width: width, layer: layer, pooling: .maximum)
      #expect(features.shape.extents == [1, told.height, told.width, told.channels])
    }
    #expect(
      outcome { try model.shape(ofLayer: "fc8", height: 9, width: 9) }
        == "notFound: vgg19 has no layer \"fc8\", it has 21, conv1_1 to pool5; the nearest is pool1")
    #expect(
      outcome {
        try model.features(([0, 0, 0] as [UInt8]).span, height: 1, width: 1, layer: "fc8", pooling: .average)
      }
        == "notFound: the network has no layer \"fc8\"")
    #expect(
      outcome {
        try model.features(([0, 0] as [UInt8]).span, height: 1, width: 1, layer: "pool5", pooling: .average)
      } == "internalError: 2 bytes for a picture of 1x1")
  }
}
