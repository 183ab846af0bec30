import Networks
import TestSupport
import Tensors
import Testing

/// The layers that networks of other libraries have, in each of their forms, as the text of a graph.
enum LayerForms {
  /// Six channels: the picture twice.
  static let head = "input channels=3 height=7 width=6\nx concatenation < input, input\n"

  static let all = [
    "y convolution filters=4 kernel=1x3 padding=0:1:0:1 < x",
    "y convolution filters=6 kernel=3x1 stride=2x1 padding=1:0:2:0 activation=rectifier < x",
    "y convolution filters=6 kernel=3 stride=1x2 groups=6 padding=1 < x",
    "y convolution filters=6 kernel=2x3 groups=3 padding=1:2 bias=no < x",
    "y convolution filters=4 kernel=3 dilation=2 padding=2 < x",
    "y convolution filters=6 kernel=3x2 stride=2 dilation=1x3 groups=6 padding=2:0:1:3 < x",
    "y convolution filters=20 kernel=3 dilation=2x1 padding=2:1:2:1 normalisation=batch:bn < x",
    "y convolution filters=4 kernel=3 padding=1 activation=leaky:0.125 < x",
    "y convolution filters=4 kernel=3 padding=1 normalisation=batch:bn activation=leaky:0.25 < x",
    "y dense outputs=5 activation=leaky:0.5 < x",
    "y pool pooling=average kernel=3x2 stride=2x1 padding=1:0:2:1 < x",
    "y pool pooling=maximum kernel=2x3 stride=1x2 padding=0:1:1:0 rounds-up=yes < x",
    "y pool pooling=euclidean kernel=1x2 stride=1x2 < x",
    "y border top=1 left=2 bottom=0 right=3 value=-1.5 < x",
    "y clip min=-0.25 max=0.5 < x",
    "y clip max=0.25 < x",
    "y leaky-rectifier slope=0.125 < x",
    "y parametric-rectifier tensors=slopes < x",
    "y flatten < x",
    "f flatten < x\nr rectifier < x\ny dense outputs=3 < f\nz sum < r, x\noutput z",
    "y softmax channels=3 < x",
    "y resize mode=nearest coordinates=asymmetric rounding=floor rows=2 columns=1.5 < x",
    "y resize mode=nearest coordinates=half-pixel rounding=half-up height=5 width=9 < x",
    "y resize mode=bilinear coordinates=half-pixel rows=2 < x",
    "y resize mode=bilinear coordinates=half-pixel-or-zero height=1 width=9 < x",
    "y resize mode=bilinear coordinates=corners height=13 width=4 < x",
    "y resize mode=bilinear coordinates=asymmetric rows=0.5 columns=3 < x",
    "a global-average < x\ns sigmoid < a\ny product < x, s",
    "a global-average < x\ny difference < a, x",
    "a convolution filters=1 kernel=1 < x\ny addition < x, a",
    "a global-average < x\ns sigmoid < a\ny quotient < x, s",
    "y quotient < x, x",
    "y addition < x, x"
  ]

  static func architecture(_ form: String) throws -> Architecture {
    try Architecture(text: head + form + "\noutput y\n")
  }
}

@Suite struct LayerFormsTests {
  private func weights(_ architecture: Architecture) throws -> WeightFile {
    try Formula.file(architecture.graph, architecture.input)
  }

  /// A layer alone on a row of one-channel pixels, or on what is given, by the tape; the plan must agree.
  private func answer(
    _ form: String, _ x: Tensor<Float>, _ tensors: [String: ([Int], [Float])] = [:], channels: Int = 1
  ) throws -> [Float] {
    var file = TensorFile()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) { file.add(name, tensor.0, tensor.1) }
    let text =
      "input channels=\(channels) height=\(x.shape[1]) width=\(x.shape[2])\n\(form) < input\noutput y"
    let network = try Network<Float>(Architecture(text: text), weights: file.weightFile())
    let values = try network.run(x, .init(["y"]))[0].values
    let planned = try Executor(network, .init(["y"])).run(
      batch: 1, height: x.shape[1], width: x.shape[2], fill: { $0.update(from: x.pointer, count: x.count) }
    ) { answers in Array(UnsafeBufferPointer(start: answers[0], count: values.count)) }
    #expect(largestDifference(planned, values) < Tolerance.float, "\(form)")
    return values
  }

  private func row(_ numbers: [Float]) throws -> Tensor<Float> {
    try Tensor([1, 1, numbers.count, 1], numbers)
  }

  // MARK: All forms

  @Test(arguments: LayerForms.all)
  func `is read back from its text as it was`(form: String) throws {
    let architecture = try LayerForms.architecture(form)
    let back = try Architecture(text: architecture.text)
    #expect(back.graph == architecture.graph && back.text == architecture.text)
    // What is usual is left out.
    for word in form.split(separator: " ") where word.contains("=") && !word.contains("=0") {
      #expect(architecture.text.contains(word), "\(architecture.text)")
    }
  }

  @Test(arguments: LayerForms.all)
  func `a plan agrees with the tape in Double`(form: String) throws {
    let architecture = try LayerForms.architecture(form), weights = try weights(architecture)
    let x = try randomTensor([2, 7, 6, 3], seed: 31), outputs = architecture.layerNames
    let expected = try Network<Double>(architecture, weights: weights).run(x, .init(outputs))
    let network = try Network<Float>(architecture, weights: weights)
    let plan = try Plan(network, batch: 2, height: 7, width: 6, .init(outputs))
    let memory = try Storage<Float>(repeating: .nan, count: plan.count)
    for _ in 0..<2 {
      for i in 0..<x.count { plan.input(in: memory.pointer)[i] = Float(x[i]) }
      try plan.run(in: memory.pointer, Workspace())
      for (i, wanted) in expected.enumerated() {
        let extent = try #require(architecture.graph.extent(of: outputs[i], for: architecture.input))
        #expect(plan.extents(of: i) == wanted.shape.extents)
        #expect(
          plan.extents(of: i) == [2, try #require(extent.height), try #require(extent.width), extent.channels]
        )
        let answer = UnsafeBufferPointer(start: plan.answer(i, in: memory.pointer), count: wanted.count)
        #expect(largestDifference(Array(answer), wanted.values) < Tolerance.float)
      }
    }
    withExtendedLifetime(memory) {}
  }

  @Test(arguments: LayerForms.all.filter { !$0.contains("output") })
  func `has the gradient of its definition, and trains as it runs`(form: String) throws {
    let architecture = try LayerForms.architecture(form), weights = try weights(architecture)
    let x = try awayFromZero([2, 7, 6, 3], seed: 32)
    let network = try TrainableNetwork<Double>(architecture.graph, input: architecture.input) {
      specification throws(Failure) in
      let floats = try weights.tensor(specification.name, specification.extents)
      return try Tensor(specification.extents, floats.values.map { Double($0) })
    }
    let tape = Tape<Double>()
    let y = try network.run(tape.leaf(x), network.leaves(on: tape), .frozen, on: tape).tensor
    let expected = try Network<Double>(architecture, weights: weights).run(x, .init(["y"]))[0]
    #expect(largestDifference(y.values, expected.values) < Tolerance.double)
    #expect(
      try gradientError(at: x) { tape, x throws(Failure) in
        try network.run(x, network.leaves(on: tape), .frozen, on: tape)
      } <= 1)
  }

  // MARK: Numbers worked by hand

  @Test func `a window may be a rectangle, with strides and dilations of its own`() throws {
    let x = try row([1, 2, 3, 4]), weights = ["y.weight": ([1, 1, 1, 2], [Float(1), 10])]
    #expect(try answer("y convolution filters=1 kernel=1x2 stride=1x2 bias=no", x, weights) == [21, 43])
    #expect(try answer("y convolution filters=1 kernel=1x2 dilation=1x2 bias=no", x, weights) == [31, 42])
    #expect(
      try answer("y convolution filters=1 kernel=1x2 padding=0:1:0:0 bias=no", x, weights) == [10, 21, 32, 43]
    )
  }

  @Test func `weights of a dilated window have the gradient of the definition`() throws {
    let weights = try randomTensor([2, 3, 2, 3], seed: 33), x = try randomTensor([1, 6, 9, 3], seed: 34)
    let worst = try checkDerivatives(
      of: { tape, inputs throws(Failure) in
        try tape.convolution(
          inputs[0], weights: tape.dilated(inputs[1], by: Sides(2, 3)), bias: nil, stride: 2, strideX: 1,
          padding: .sides(top: 1, left: 2, bottom: 0, right: 3))
      }, at: [x, weights])
    #expect(worst.ratio <= 1, "\(worst.description)")
  }

  @Test func `the weights' gradient in Float agrees with Double for rectangles`() throws {
    for (outputs, channels, groups) in [(6, 6, 1), (6, 6, 6), (18, 20, 2)] {
      let weights = try randomTensor([outputs, channels / groups, 3, 2], seed: 35)
      let x = try randomTensor([2, 7, 8, channels], seed: 36)
      func gradients<Element: Scalar>(_ type: Element.Type) throws -> [Element] {
        let tape = Tape<Element>()
        let a = tape.leaf(try Tensor<Element>(x.shape.extents, x.values.map { Element($0) }))
        let b = tape.leaf(try Tensor<Element>(weights.shape.extents, weights.values.map { Element($0) }))
        let y = try tape.convolution(
          a, weights: b, bias: nil, stride: 1, strideX: 2, groups: groups,
          padding: .sides(top: 1, left: 0, bottom: 2, right: 1))
        let both = try tape.gradients(of: tape.sum(tape.square(y)), at: [a, b])
        return both[0].values + both[1].values
      }
      let expected = try gradients(Double.self), largest = expected.map { abs($0) }.max() ?? 0
      #expect(
        try largestDifference(gradients(Float.self), expected) / largest < Tolerance.float,
        "\(channels) to \(outputs) in \(groups)")
    }
  }

  @Test func `pooling pads each side by itself`() throws {
    let x = try row([1, 2, 3])
    #expect(try answer("y pool pooling=maximum kernel=1x2 stride=1x2 padding=0:1:0:0", x) == [1, 3])
    #expect(try answer("y pool pooling=average kernel=1x2 stride=1x2 padding=0:0:0:1", x) == [1.5, 3])
  }

  @Test func `bounds, slopes and borders`() throws {
    let x = try row([-1, 2, 7])
    #expect(try answer("y clip min=0 max=6", x) == [0, 2, 6])
    #expect(try answer("y clip min=3", x) == [3, 3, 7])
    #expect(try answer("y leaky-rectifier slope=0.5", x) == [-0.5, 2, 7])
    #expect(try answer("y border left=1 right=2 value=9", x) == [9, -1, 2, 7, 9, 9])
    let three = try Tensor<Float>([1, 1, 2, 3], [-2, -3, 4, 5, 6, -7])
    #expect(
      try answer("y parametric-rectifier", three, ["y.weight": ([3], [0.5, 2, 0])], channels: 3)
        == [-1, -6, 4, 5, 6, 0])
    for bad in ["y clip min=0 max=6", "y leaky-rectifier slope=0.5"] {
      #expect(try answer(bad, row([.nan]))[0].isNaN, "\(bad)")
    }
  }

  /// Origin: worked by hand from the formulas of ONNX's operator Resize.
  @Test func `a picture is resized with each kind of coordinates`() throws {
    let x = try row([0, 4])
    #expect(try answer("y resize mode=bilinear coordinates=half-pixel rows=1 columns=2", x) == [0, 1, 3, 4])
    #expect(try answer("y resize mode=bilinear coordinates=asymmetric rows=1 columns=2", x) == [0, 2, 4, 4])
    #expect(try answer("y resize mode=bilinear coordinates=corners height=1 width=3", x) == [0, 2, 4])
    #expect(try answer("y resize mode=bilinear coordinates=half-pixel-or-zero height=1 width=1", x) == [0])
    #expect(
      try answer("y resize mode=nearest coordinates=asymmetric rounding=floor rows=1 columns=1.5", x)
        == [0, 0, 4])
    #expect(
      try answer("y resize mode=nearest coordinates=asymmetric rounding=ceiling rows=1 columns=2", x)
        == [0, 4, 4, 4])
    // Places 0.5 and so on: a half down, a half up.
    let three = try row([1, 2, 3, 4])
    #expect(
      try answer("y resize mode=nearest coordinates=half-pixel rounding=half-down rows=1 columns=0.5", three)
        == [1, 3])
    #expect(
      try answer("y resize mode=nearest coordinates=half-pixel rounding=half-up rows=1 columns=0.5", three)
        == [2, 4])
  }

  @Test func `softmax over runs of channels`() throws {
    let text = """
      input channels=1 height=1 width=4
      f flatten < input
      y softmax channels=2 < f
      output y
      """
    let network = try Network<Float>(Architecture(text: text), weights: TensorFile().weightFile())
    let y = try network.run(Tensor([1, 1, 4, 1], [0, 0, 0, 1.0986123]), .init(["y"]))[0].values
    #expect(largestDifference(y, [0.5, 0.5, 0.25, 0.75]) < 1e-6)
  }

  @Test func `one pixel's channels go with every pixel's`() throws {
    let x = try Tensor<Float>([1, 1, 2, 3], [1, 2, 0, 3, 4, 2])
    func answer(_ kind: String) throws -> [Float] {
      let text = "input channels=3\na global-average < input\ny \(kind) < input, a\noutput y"
      let network = try Network<Float>(Architecture(text: text), weights: TensorFile().weightFile())
      return try network.run(x, .init(["y"]))[0].values
    }
    #expect(try answer("product") == [2, 6, 0, 6, 12, 2])
    #expect(try answer("addition") == [3, 5, 1, 5, 7, 3])
    #expect(try answer("difference") == [-1, -1, -1, 1, 1, 1])
    #expect(try answer("quotient") == [0.5, 2 / 3, 0, 1.5, 4 / 3, 2])
  }

  @Test func `bounds replace what nothing else reads, and only that`() throws {
    let text = """
      input channels=1
      r rectifier < input
      c clip max=2 < r
      l leaky-rectifier slope=0.5 < c
      s sum < l, r
      output s
      output l
      """
    let network = try Network<Float>(Architecture(text: text), weights: TensorFile().weightFile())
    for _ in 0..<2 {
      let answers = try Executor(network, .init(["s", "l"])).run(batch: 1, height: 1, width: 2) {
        $0[0] = 1
        $0[1] = 5
      } _: { answers in
        (0..<2).map { Array(UnsafeBufferPointer(start: answers[$0], count: 2)) }
      }
      #expect(answers == [[2, 7], [1, 2]])
    }
    func count(_ text: String) throws -> Int {
      let network = try Network<Float>(Architecture(text: text), weights: TensorFile().weightFile())
      return try Plan(network, batch: 1, height: 64, width: 64, .init(["y"])).count
    }
    let plain = "input channels=3\nr sigmoid < input\noutput y = r"
    #expect(try count(plain) == count("input channels=3\nr sigmoid < input\ny clip max=1 < r\noutput y"))
  }

  @Test func `a flattened picture that others read too stays as it was`() throws {
    let text = """
      input channels=1
      r rectifier < input
      f flatten < r
      u unit-length < f
      s sum < r, r
      output u
      output s
      """
    let network = try Network<Float>(
      Architecture(text: text.replacing("channels=1", with: "channels=1 height=1 width=2")),
      weights: TensorFile().weightFile())
    let answers = try Executor(network, .init(["u", "s"])).run(batch: 1, height: 1, width: 2) {
      $0[0] = 3
      $0[1] = 4
    } _: { answers in
      (0..<2).map { Array(UnsafeBufferPointer(start: answers[$0], count: 2)) }
    }
    #expect(answers == [[0.6, 0.8], [6, 8]])
  }

  // MARK: What is refused

  @Test func `says what is wrong with a layer's parameters`() {
    func refusal(_ line: String) -> String {
      outcome { try Architecture(text: LayerForms.head + "y \(line) < x\noutput y") }
    }
    let lines = [
      ("clip min=2 max=1", "min \"2.0\"; expected at most max, 1.0"),
      ("resize rows=0", "rows \"0.0\"; expected more than 0, to 256"),
      ("resize rows=2 mode=cubic", "mode \"cubic\"; expected nearest, bilinear"),
      ("resize height=2", "no width; expected width=number"),
      ("softmax channels=4", "softmax of 6 channels in runs of 4; expected channels that they divide"),
      (
        "convolution filters=1 kernel=2048 dilation=2",
        "dilation \"2x2\"; expected a window of up to 2048 with it"
      ),
      ("convolution filters=1 kernel=3x3x3", "kernel \"3x3x3\"; expected 1 to 2048"),
      ("convolution filters=1 kernel=0x1", "kernel \"0x1\"; expected 1 to 2048"),
      ("convolution filters=1 kernel=1 activation=leaky:x", "activation \"leaky:x\"; expected rectifier, ")
    ]
    for (line, reason) in lines {
      let refusal = refusal(line)
      #expect(refusal.hasPrefix("badData: graph: y: " + reason), "\(refusal)")
    }
    #expect(refusal("flatten") == "")
    #expect(
      outcome { try Architecture(text: "input\ny flatten < input\noutput y") }
        .hasPrefix("badData: graph: y: a result of 1x1x0; expected"))
  }

  @Test func `two pictures of sizes that do not fit are refused`() throws {
    let text = """
      input channels=3
      p pool pooling=average kernel=2 stride=2 < input
      y product < input, p
      output y
      """
    let network = try Network<Float>(Architecture(text: text), weights: TensorFile().weightFile())
    let x = try Tensor<Float>([1, 4, 4, 3], repeating: 1)
    let reason = "invalidArgument: the product of [1, 4, 4, 3] and [1, 2, 2, 3]; expected two of one shape, "
    #expect(outcome { try network.run(x, .init(["y"])) }.hasPrefix(reason))
    #expect(outcome { try Plan(network, batch: 1, height: 4, width: 4, .init(["y"])) }.hasPrefix(reason))
  }
}
