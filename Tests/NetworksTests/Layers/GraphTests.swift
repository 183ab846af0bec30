import Networks
import TestSupport
import Tensors
import Testing

/// Graphs that no list of layers makes: values with several readers, sums of more than two, differences and
/// products.
enum ManyReaders {
  static let input = Extent(height: 8, width: 6, channels: 3)

  /// As the text of an architecture.
  static let text = """
    input channels=3 height=8 width=6 scale=0.0078125 mean=127.5,127.5,127.5
    # Two sums of three, one with a value that is read again behind it.
    a convolution filters=6 kernel=3 padding=1 activation=rectifier < input
    b convolution filters=6 kernel=1 < a
    c convolution filters=6 kernel=3 padding=1 activation=parametric:slopes < a
    three sum < a, b, c
    active rectifier < three
    twice sum < active, active
    small pool pooling=average kernel=2 stride=2 < active
    wide convolution filters=4 kernel=3 padding=1 < twice
    filled sum < small, wide, active
    less difference < filled, twice
    gate sigmoid < less
    gated product < less, gate
    joined concatenation < gated, active, a, gated
    bn batch-normalisation activation=rectifier < joined
    tail sum < bn
    last rectifier < tail
    e dense outputs=5 < last
    embedding unit-length < e
    output three
    output filled
    output joined
    output embedding
    """

  static let outputs = ["three", "filled", "joined", "embedding"]

  static func architecture() throws -> Architecture { try Architecture(text: text) }

  static func weights(_ metadata: [(String, String)] = []) throws -> WeightFile {
    var file = TensorFile(metadata: metadata)
    try Formula.add(&file, architecture().graph, input)
    return try file.weightFile()
  }
}

/// A text of several lines as JSON has it.
private func inHeader(_ text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
}

@Suite struct GraphTests {
  private func refusal(_ text: String) -> String { outcome { try Architecture(text: text) } }

  // MARK: Text

  @Test func `every architecture is read back from its text as it was`() throws {
    var architectures = Architecture.names.compactMap { Architecture.named("\($0)") }
    #expect(architectures.count == Architecture.names.count)
    architectures += [
      .nn4Small2(.tensorFlow), .fastStyle(filters: 3, blocks: 2), try ManyReaders.architecture(),
      Architecture(
        name: "x", side: nil, mean: (0.1, 1e-30, -7), scale: 1 / 3,
        layers: SmallNetwork.layers.dropLast(5) + [.head([.sigmoid, .tap("last")])])
    ]
    for architecture in architectures {
      let back = try Architecture(text: architecture.text)
      #expect(back.graph == architecture.graph, "\(architecture.name)")
      #expect(back.input == architecture.input && back.isBGR == architecture.isBGR)
      #expect(back.mean == architecture.mean && back.scale == architecture.scale)
      #expect("\(back.name)" == "graph" && back.text == architecture.text)
    }
  }

  /// The named network and the one of its own text, from one weight file: 140 million weights of NN1 aside.
  @Test(arguments: Architecture.names.map { "\($0)" }.filter { $0 != "facenet-nn1" })
  func `a model that carries its network as text gives the bits of the named one`(name: String) throws {
    let named = try #require(Architecture.named(name))
    var file = TensorFile(metadata: [("architecture", "graph"), ("graph", inHeader(named.text))])
    for (name, tensor) in try initialWeights(of: named, seed: 3) { file.add(name, tensor) }
    let model = try Model(file.weightFile()), carried = try model.architecture()
    #expect(carried.layerNames == named.layerNames)
    let height = named.input.height ?? 24, width = named.input.width ?? 20
    var numbers = Numbers(seed: 5)
    let x: Tensor<Float> = try numbers.tensor([1, height, width, named.input.channels])
    func bits(_ network: Network<Float>) throws -> [UInt32] {
      let executor = Executor(network, .init(named.layerNames))
      return try executor.run(batch: 1, height: height, width: width) { input in
        input.update(from: x.pointer, count: x.count)
      } _: { answers in
        named.layerNames.indices.flatMap { i in
          let count = answers.extents(i).reduce(1, *)
          return UnsafeBufferPointer(start: answers[i], count: count).map(\.bitPattern)
        }
      }
    }
    #expect(try bits(model.network()) == bits(Network(named, weights: model.weights)))
  }

  @Test func `says what is wrong with a text, and where`() throws {
    let head = "input channels=3 height=8 width=8\n", end = "\noutput c"
    func node(_ line: String) -> String { refusal(head + line + end) }
    #expect(node("c convolution filters=4 kernel=3 < input") == "")
    let texts: [(String, String)] = [
      ("", "no line \"input\"; expected it first"),
      ("c rectifier < input", "no line \"input\"; expected it first"),
      ("input channels=2", "input: channels \"2\"; expected 1 or 3"),
      ("input height=8", "input: no width; expected width=number"),
      ("input height=0 width=8", "input: height \"0\"; expected 1 to 16384"),
      ("input mean=1,2", "input: mean \"1,2\"; expected three numbers, parted by commas"),
      ("input scale=0", "input: scale \"0.0\"; expected a number but 0"),
      ("input order=grb", "input: order \"grb\"; expected rgb or bgr"),
      ("input hight=9", "input: parameter \"hight\"; expected one that its kind has"),
      (head, "0 nodes and 0 outputs; expected one or more of each"),
      (head + "c rectifier < input", "1 nodes and 0 outputs; expected one or more of each"),
      (head + head, "a second line \"input\"; expected one"),
      (head + "c rectifier < input\noutput d", "output d: input \"d\"; expected \"input\" or a node above"),
      (head + "c rectifier < input\noutput c\noutput c", "output c twice; expected once"),
      (
        head + "c rectifier < input\noutput c = c c",
        "a line \"output c\" of 5 words; expected output name = node"
      ),
      (
        head + "c rectifier < input\nresult c\nresult c" + end,
        "a line \"result\" too many or of 2 words; expected one, result node"
      )
    ]
    for (text, reason) in texts {
      #expect(refusal(text) == "badData: graph: " + reason)
    }
    let lines: [(String, String)] = [
      ("c rectifier", "no inputs; expected name kind parameters < inputs"),
      ("c < input", "no inputs; expected name kind parameters < inputs"),
      ("c rectifier <", "0 inputs; expected 1 to 1"),
      ("c rectifier < input input", "2 inputs; expected 1 to 1"),
      ("c product < input", "1 inputs; expected 2 to 2"),
      ("c rectifier < d\nd rectifier < c", "input \"d\"; expected \"input\" or a node above"),
      ("c rectifier < c", "input \"c\"; expected \"input\" or a node above"),
      ("c convolution kernel=3 < input", "no filters; expected filters=number"),
      ("c convolution filters=4 kernel=3 filters=4 < input", "filters twice; expected once"),
      (
        "c convolution filters=4 kernel=3 depth=1 < input",
        "parameter \"depth\"; expected one that its kind has"
      ),
      ("c convolution filters kernel=3 < input", "\"filters\"; expected key=value"),
      ("c convolution filters=-4 kernel=3 < input", "filters \"-4\"; expected 1 to 16777216"),
      (
        "c convolution filters=99999999999999999999 kernel=3 < input",
        "filters \"99999999999999999999\"; expected 1 to 16777216"
      ),
      ("c convolution filters=4 kernel=3 stride=0 < input", "stride \"0\"; expected 1 to 256"),
      (
        "c convolution filters=4 kernel=3 padding=1:2:3 < input",
        "padding \"1:2:3\"; expected zeros on every side, before:after, or top:left:bottom:right, each 0 to 65536"
      ),
      ("c convolution filters=4 kernel=3 bias=maybe < input", "bias \"maybe\"; expected yes or no"),
      (
        "c convolution filters=4 kernel=3 activation=parametric < input",
        "activation \"parametric\"; expected rectifier, parametric:name or leaky:slope"
      ),
      (
        "c convolution filters=4 kernel=1 groups=2 < input",
        "c: 3 channels to 4 in 2 groups; expected equal groups"
      ),
      (
        "c convolution filters=4 kernel=9 < input",
        "a result of 0x0x4; expected sides of 1 to 65536 and 1 to 16777216 channels"
      ),
      (
        "c maxout pieces=2 < input", "maxout of 3 channels in pieces of 2; expected channels that they divide"
      ),
      ("c linear scale=x offset=0 < input", "scale \"x\"; expected a number"),
      ("c dropout probability=1 < input", "probability \"1.0\"; expected 0 or more and less than 1"),
      (
        "c pool pooling=median kernel=2 stride=2 < input",
        "pooling \"median\"; expected average, maximum or euclidean"
      )
    ]
    for (line, reason) in lines {
      #expect(node(line) == "badData: graph: c: " + reason)
    }
    #expect(
      node("c rectifier < input\nc rectifier < input") == "badData: graph: c twice; expected another name")
    #expect(
      node("c squash < input").hasPrefix("badData: graph: c: kind \"squash\"; expected one of convolution, "))
  }

  /// Sizes that would not fit a number, and lists that would not fit the memory.
  @Test func `refuses what grows beyond all measure`() throws {
    func chain(_ line: String, _ count: Int, input: String = "input height=8 width=8") -> String {
      var text = input + "\n"
      for i in 0..<count { text += "n\(i) \(line) < \(i == 0 ? "input" : "n\(i - 1)")\n" }
      return text + "output n\(count - 1)"
    }
    #expect(
      refusal(chain("upsampling factor=256", 9)).contains("a result of 524288x524288x3; expected sides"))
    #expect(refusal(chain("rectifier", 4096)) == "")
    #expect(refusal(chain("rectifier", 4097)).contains("too many nodes; expected at most 4096 nodes"))
    #expect(
      refusal(chain("convolution filters=16777216 kernel=2048 padding=2048", 2)).contains(
        "a shape of more than"))
    var text = "input height=8 width=8\n"
    for i in 0..<80 { text += "n\(i) concatenation < \(i == 0 ? "input, input" : "n\(i - 1), n\(i - 1)")\n" }
    #expect(refusal(text + "output n79").contains("expected sides of 1 to 65536 and 1 to 16777216 channels"))
    text = "input\nc concatenation < " + [String](repeating: "input", count: 1025).joined(separator: ",")
    #expect(refusal(text).contains("too many inputs of c"))
    // Where any size will do, it is known only when a picture comes.
    let free = try Architecture(text: chain("upsampling factor=256", 40, input: "input"))
    let network = try Network<Float>(free, weights: TensorFile().weightFile())
    #expect(
      outcome { try Plan(network, batch: 1, height: 8, width: 8, .init(["n39"])) }
        .hasPrefix("invalidArgument: a layer's result of"))
    #expect(free.graph.extent(of: "n39", for: Extent(height: 8, width: 8, channels: 3))?.height == 1 << 31)
  }

  @Test func `numbers in texts are exact, or refused`() {
    let values: [Double] = [
      0, 1, -2.5, 1e-5, 2e-5, 0.1, 1e22, 1 / 3.0, 5e-324, .greatestFiniteMagnitude, -0.0
    ]
    for value in values {
      let text = "input\nc linear scale=\(value) offset=0 < input\noutput c"
      let made = try? Architecture(text: text)
      // What has more digits than can be read exactly is refused as decimals and written as its bits.
      let bits = "input\nc linear scale=0x\(String(value.bitPattern, radix: 16)) offset=0 < input\noutput c"
      #expect(
        (try? Architecture(text: bits))?.text.contains("scale=\(value)") == (made != nil), "\(value)")
      if let made {
        #expect(made.text.contains("scale=\(value) "))
      }
    }
    for text in ["", ".", "1e", "1..2", "0x", "nan", "inf", "1,5", "12345678901234567890"] {
      #expect(
        refusal("input\nc linear scale=\(text) offset=0 < input\noutput c").contains("scale \"\(text)\""))
    }
  }

  // MARK: Running

  private func plain(_ x: Tensor<Double>) throws -> [String: Tensor<Double>] {
    let network = try Network<Double>(ManyReaders.architecture(), weights: ManyReaders.weights())
    let values = try network.run(x, .init(ManyReaders.outputs))
    return Dictionary(uniqueKeysWithValues: zip(ManyReaders.outputs, values))
  }

  /// Every subset of the outputs: what is in the place of what depends on who reads it.
  @Test func `a plan of values with many readers agrees with the tape`() throws {
    let x = try randomTensor([2, 8, 6, 3], seed: 12), expected = try plain(x)
    let network = try Network<Float>(ManyReaders.architecture(), weights: ManyReaders.weights())
    for mask in 1..<16 {
      let outputs = ManyReaders.outputs.indices.filter { mask >> $0 & 1 == 1 }.map { ManyReaders.outputs[$0] }
      let plan = try Plan(network, batch: 2, height: 8, width: 6, .init(outputs))
      let memory = try Storage<Float>(repeating: .nan, count: plan.count)
      for _ in 0..<2 {
        for i in 0..<x.count { plan.input(in: memory.pointer)[i] = Float(x[i]) }
        try plan.run(in: memory.pointer, Workspace())
        for (i, name) in outputs.enumerated() {
          let wanted = try #require(expected[name])
          #expect(plan.extents(of: i) == wanted.shape.extents)
          let answer = UnsafeBufferPointer(start: plan.answer(i, in: memory.pointer), count: wanted.count)
          #expect(largestDifference(Array(answer), wanted.values) < Tolerance.float, "\(name) of \(outputs)")
        }
      }
      withExtendedLifetime(memory) {}
    }
  }

  @Test func `a sum of three fills the smaller with zeros`() throws {
    let text = """
      input channels=1
      small pool pooling=maximum kernel=2 stride=2 < input
      wide concatenation < input, input
      whole sum < small, wide, input
      output whole
      """
    let network = try Network<Float>(Architecture(text: text), weights: TensorFile().weightFile())
    let y = try network.run(Tensor([1, 2, 2, 1], [1, 2, 3, 4]), .init(["whole"]))[0]
    #expect(y.shape.extents == [1, 2, 2, 2])
    let expected: [Float] = [4 + 1 + 1, 1, 2 + 2, 2, 3 + 3, 3, 4 + 4, 4]
    #expect(y.values == expected)
  }

  @Test func `each pixel is brought to unit length, by the plan and by the tape`() throws {
    let network = try Network<Float>([.unitLength, .tap("u")], weights: TensorFile().weightFile())
    let x = try Tensor<Float>([1, 1, 2, 3], [3, 0, 4, 0, 0, 2])
    #expect(try network.run(x, .init(["u"]))[0].values == [0.6, 0, 0.8, 0, 0, 1])
    let executor = Executor(network, .init(["u"]))
    let answer = try executor.run(batch: 1, height: 1, width: 2) {
      $0.update(from: x.pointer, count: 6)
    } _: { answers in
      Array(UnsafeBufferPointer(start: answers[0], count: 6))
    }
    #expect(answer == [0.6, 0, 0.8, 0, 0, 1])
  }

  @Test func `only what an output depends on is run`() throws {
    let text = """
      input channels=3
      c convolution filters=2 kernel=9 < input
      r rectifier < input
      output c
      output r
      """
    var file = TensorFile()
    file.add("c.weight", [2, 3, 9, 9], [Float](repeating: 1, count: 486))
    file.add("c.bias", [2], [0, 0])
    let network = try Network<Float>(Architecture(text: text), weights: file.weightFile())
    let x = try Tensor<Float>([1, 1, 1, 3], [-1, 2, 3])
    #expect(try network.run(x, .init(["r"]))[0].values == [0, 2, 3])
    #expect(outcome { try network.run(x, .init(["c"])) }.hasPrefix("invalidArgument"))
    #expect(outcome { try Plan(network, batch: 1, height: 1, width: 1, .init(["r"])) } == "")
  }

  // MARK: Training and looking

  @Test func `its frozen training pass is what inference gives, and its derivatives agree`() throws {
    // A head is not trained: the outputs on the way are no heads.
    let architecture = try ManyReaders.architecture(), weights = try ManyReaders.weights()
    let x = try randomTensor([2, 8, 6, 3], seed: 12)
    let network = try TrainableNetwork<Double>(architecture.graph, input: architecture.input) {
      specification throws(Failure) in
      let floats = try weights.tensor(specification.name, specification.extents)
      return try Tensor(specification.extents, floats.values.map { Double($0) })
    }
    let tape = Tape<Double>(), leaf = tape.leaf(x)
    let y = try network.run(leaf, network.leaves(on: tape), .frozen, on: tape)
    #expect(try largestDifference(y.tensor.values, #require(plain(x)["embedding"]).values) < Tolerance.double)
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in
        try network.run(x, network.leaves(on: tape), .frozen, on: tape)
      } <= 1)
  }

  @Test func `what its units see is the hull over all ways`() throws {
    let text = """
      input channels=1 height=20 width=20
      a convolution filters=1 kernel=3 padding=1 < input
      b convolution filters=1 kernel=5 padding=2 < a
      c convolution filters=1 kernel=3 padding=0:2 < input
      s sum < a, b, c
      output s
      """
    let field = try #require(ReceptiveField(of: "s", in: Architecture(text: text).graph))
    #expect(field.window == .init(size: 7, stride: 1, start: -3))
    #expect(
      field.pixels(of: .init(row: 10, column: 0), height: 20, width: 20)
        == .init(rows: 7..<14, columns: 0..<4))
  }

  @Test func `a model of a graph lists its layers, describes them and answers`() throws {
    let metadata = [("architecture", "graph"), ("graph", inHeader(ManyReaders.text))]
    let model = try Model(ManyReaders.weights(metadata))
    #expect(try model.architecture().layerNames == ManyReaders.outputs)
    #expect(try model.shape(ofLayer: "filled", height: 8, width: 6) == (8, 6, 6))
    #expect(
      outcome { try model.shape(ofLayer: "filled", height: 9, width: 6) }
        == "invalidArgument: a picture of 6x9; expected 6x8")
    let features = try model.features(
      [UInt8](0..<144).span, height: 8, width: 6, layer: "embedding", pooling: .average)
    #expect(features.shape.extents == [1, 1, 1, 5])
    #expect(
      outcome { try Model(TensorFile(metadata: [("architecture", "graph")]).weightFile()) }
        == "badData: weights: no \"graph\" in the metadata; expected the network's text")
    #expect(
      outcome { try Model(TensorFile(metadata: [("architecture", "graph"), ("graph", "x")]).weightFile()) }
        == "badData: graph: no line \"input\"; expected it first")
  }
}
