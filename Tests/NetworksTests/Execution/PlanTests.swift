import Networks
import TestSupport
import Tensors
import Testing

/// A plan against the tape, which does the layers one after the other.
@Suite struct PlanTests {
  /// The largest difference of any tap.
  private func difference(
    _ network: Network<Float>, _ x: Tensor<Float>, _ taps: [String], _ pooling: Pooling = .average
  ) throws -> Double {
    let request = Network<Float>.Request(taps, pooling: pooling)
    let plan = try Plan(
      network, batch: x.shape[0], height: x.shape[1], width: x.shape[2], request)
    let memory = try Storage<Float>(repeating: .nan, count: plan.count), workspace = Workspace()
    var worst = 0.0
    // Twice in the same memory: nothing of the first run may be left in the second.
    for _ in 0..<2 {
      plan.input(in: memory.pointer).update(from: x.pointer, count: x.count)
      try plan.run(in: memory.pointer, workspace)
      for (i, expected) in try network.run(x, request).enumerated() {
        let answer = Array(
          UnsafeBufferPointer(start: plan.answer(i, in: memory.pointer), count: expected.count))
        worst = max(
          worst,
          plan.extents(of: i) == expected.shape.extents
            ? largestDifference(answer, expected.values) : .infinity)
      }
    }
    withExtendedLifetime((memory, x)) {}
    return worst
  }

  private func picture(_ batch: Int, _ height: Int, _ width: Int) throws -> Tensor<Float> {
    var numbers = Numbers(seed: 91)
    return try numbers.tensor([batch, height, width, 3])
  }

  @Test(arguments: [1, 3], [Pooling.average, .maximum])
  func `agrees with the tape at every layer`(batch: Int, pooling: Pooling) throws {
    let network = try SmallNetwork.network(Float.self)
    #expect(try difference(network, picture(batch, 9, 9), SmallNetwork.taps, pooling) < Tolerance.float)
    for tap in SmallNetwork.taps {
      #expect(try difference(network, picture(batch, 9, 9), [tap], pooling) < Tolerance.float, "\(tap)")
    }
  }

  /// Residuals of all kinds, in the middle of a network where the sum may take its input's place.
  @Test(
    arguments: [
      [.convolution("r", 20, kernel: 3, padding: .zeros(1))],
      [.convolution("r", 20, kernel: 1)],
      [.convolution("r", 20, kernel: 3, padding: .zeros(1), activation: .rectifier)],
      [
        .convolution("r", 20, kernel: 3, padding: .zeros(1), activation: .rectifier),
        .convolution("q", 20, kernel: 1)
      ],
      [
        .convolution("r", 20, kernel: 3, padding: .zeros(1)),
        .convolution("q", 20, kernel: 1, activation: .rectifier)
      ],
      [.convolution("r", 24, kernel: 3, padding: .zeros(1))],
      [.convolution("r", 20, kernel: 3)],
      [.rectifier]
    ] as [[Layer]], [false, true])
  func `a residual adds its body to its input`(body: [Layer], rectify: Bool) throws {
    var numbers = Numbers(seed: 92)
    var file = TensorFile()
    func add(_ layers: [Layer], _ channels: Int) {
      var channels = channels
      for case .single(.convolution(let layer)) in layers {
        let (name, outputs, kernel) = (layer.name, layer.filters, layer.kernel.height)
        file.add(
          name + ".weight", [outputs, channels, kernel, kernel],
          numbers.array(outputs * channels * kernel * kernel).map { $0 / 8 })
        file.add(name + ".bias", [outputs], numbers.array(outputs))
        channels = outputs
      }
    }
    let first: [Layer] = [.convolution("c", 20, kernel: 3, padding: .zeros(1))]
    add(first, 3)
    add(body, 20)
    let network = try Network<Float>(
      first + [.residual(body)] + (rectify ? [.rectifier] : []) + [.tap("sum")], weights: file.weightFile())
    #expect(try difference(network, picture(2, 7, 8), ["sum"]) < Tolerance.float)
  }

  private static let layers: [Layer] = [
    .convolution("l", 6, kernel: 3, stride: 2, padding: .zeros(1), activation: .rectifier),
    .convolution("l", 8, kernel: 3, groups: 2, padding: .uneven(before: 1, after: 2), hasBias: false),
    .convolution("l", 12, kernel: 1, normalisation: .batch("n"), activation: .parametric("p")),
    .convolution("l", 12, kernel: 3, padding: .zeros(1), normalisation: .affine),
    .transposedConvolution("l", 5, kernel: 3, stride: 2),
    .transposedConvolution("l", 5, kernel: 3, stride: 2, crop: 1),
    .dense("l", 7, activation: .rectifier),
    .pool(.average, kernel: 3, stride: 2, padding: 1), .pool(.maximum, kernel: 3, stride: 2, padding: 1),
    .pool(.average, kernel: 2, stride: 2, roundsUp: true),
    .pool(.euclidean, kernel: 2, stride: 2, roundsUp: true),
    .chosenPool, .euclideanPool(kernel: 3, stride: 2, padding: 1), .globalAverage,
    .rectifier, .sigmoid, .softmax, .maxout(pieces: 3), .batchNormalisation("l"),
    .batchNormalisation("l", activation: .rectifier),
    .instanceNormalisation("l"), .instanceNormalisation("l", rectifies: true), .dropout(0.5),
    .responseNormalisation(.torch), .responseNormalisation(.tensorFlow), .unitLength,
    .border(top: 1, left: 2, bottom: 3, right: 0), .reflection(2), .upsampling(2), .depthToSpace(2),
    .hyperbolicTangent,
    .linear(scale: -2, offset: 0.5), .concatenation([[.rectifier], [.convolution("l", 3, kernel: 1)]]),
    .residual([.convolution("l", 12, kernel: 1)]), .residual([.pool(.average, kernel: 2, stride: 2)]),
    .head([.sigmoid, .tap("side")])
  ]

  /// Weights for layers, seeded; variances are positive.
  private func weights(_ layers: [Layer], _ input: Extent) throws -> WeightFile {
    var numbers = Numbers(seed: 95), file = TensorFile(), known: Set<String> = []
    for tensor in try tensors(of: layers, input: input) where known.insert(tensor.name).inserted {
      let values: [Float] = numbers.array(tensor.count)
      file.add(tensor.name, tensor.extents, tensor.kind == .variance ? values.map { 1 + $0 / 2 } : values)
    }
    return try file.weightFile()
  }

  /// Of twelve channels and many pixels: what is done to a picture may not be what is done to each of its
  /// pixels.
  @Test(arguments: PlanTests.layers, [Pooling.average, .maximum, .euclidean])
  func `each layer means the same to both, alone, in a branch, in a residual, and behind a tap`(
    layer: Layer, pooling: Pooling
  ) throws {
    let input = Extent(height: 6, width: 9, channels: 12)
    var numbers = Numbers(seed: 96)
    let x: Tensor<Float> = try numbers.tensor([2, 6, 9, 12])
    let first = Layer.convolution("first", 12, kernel: 3, padding: .zeros(1))
    var networks: [(layers: [Layer], taps: [String])] = [
      ([.tap("before"), layer, .tap("after")], ["before", "after"]),
      ([first, layer, .tap("after")], ["after"]),
      // What is tapped must stay, wherever it was tapped.
      ([first, .tap("before"), layer, .tap("after")], ["before", "after"]),
      ([first, .head([.tap("before")]), layer, .tap("after")], ["before", "after"]),
      ([first, .residual([layer]), .tap("after")], ["after"]),
      ([first, .residual([.head([.tap("before")]), layer]), .tap("after")], ["before", "after"]),
      ([first, .residual([layer]), .rectifier, .tap("after")], ["after"])
    ]
    if case .head = layer {
    } else {
      networks.append(([first, .concatenation([[layer], [layer]]), .tap("after")], ["after"]))
    }
    for (layers, taps) in networks {
      let network = try Network<Float>(layers, input: input, weights: weights(layers, input))
      let worst = try difference(network, x, taps, pooling)
      #expect(worst < Tolerance.float, "\(layers)")
    }
  }

  private static let depthwise = Layer.convolution(
    "d", 8, kernel: 3, groups: 8, padding: .zeros(1), normalisation: .batch("n"), activation: .rectifier)
  private static let halving = Layer.convolution(
    "d", 8, kernel: 3, stride: 2, groups: 8, padding: .zeros(1), activation: .rectifier)
  private static let pointwise = Layer.convolution("p", 8, kernel: 1, activation: .parametric("s"))

  /// Where a depthwise convolution waits for a pointwise one, a first one for both, or neither may wait.
  @Test(
    arguments: [
      [.tap("x"), depthwise, pointwise, .tap("y")],
      [.tap("x"), halving, pointwise, .tap("y")],
      [.tap("x"), depthwise, .tap("middle"), pointwise, .tap("y")],
      [depthwise, .head([.sigmoid, .tap("side")]), pointwise, .tap("y")],
      [depthwise, pointwise, .head([depthwise, pointwise, .tap("side")]), depthwise, pointwise, .tap("y")],
      [depthwise, .rectifier, pointwise, .tap("y")],
      [depthwise, depthwise, pointwise, .tap("y")],
      [.residual([depthwise, pointwise]), .tap("y")],
      [.residual([depthwise, .convolution("q", 8, kernel: 1)]), .rectifier, .tap("y")],
      [depthwise, pointwise, .residual([depthwise, .convolution("q", 8, kernel: 1)]), .rectifier, .tap("y")],
      [.concatenation([[depthwise, pointwise], [halving, pointwise, .upsampling(2)]]), .tap("y")],
      [.upsampling(2), depthwise, pointwise, .tap("y")],
      [
        depthwise, pointwise, .residual([halving, pointwise, .upsampling(2)]), depthwise, pointwise, .tap("y")
      ],
      [.residual([halving, .upsampling(2)]), .rectifier, .tap("y")],
      [.convolution("q", 8, kernel: 1), pointwise, .tap("y")],
      [depthwise, .convolution("q", 8, kernel: 1, stride: 2), .tap("y")],
      [depthwise, .convolution("q", 8, kernel: 1, groups: 2), .tap("y")],
      [depthwise, .convolution("q", 8, kernel: 1, padding: .zeros(1)), .tap("y")]
    ] as [[Layer]], [(1, false), (2, false), (2, true)])
  func `depthwise separable convolutions mean the same wherever they stand`(
    layers: [Layer], before: (stride: Int, isTapped: Bool)
  ) throws {
    let first = Layer.convolution(
      "c", 8, kernel: 3, stride: before.stride, padding: .zeros(1), activation: .rectifier)
    let whole = [first] + (before.isTapped ? [.tap("first")] : []) + layers
    var taps: [String] = []
    for output in Graph(whole).outputs where !taps.contains(output.name) { taps.append(output.name) }
    let input = Extent(height: 12, width: 20, channels: 3)
    let network = try Network<Float>(whole, input: input, weights: weights(whole, input))
    #expect(try difference(network, picture(2, 12, 20), taps) < Tolerance.float, "\(layers)")
    #expect(try difference(network, picture(1, 12, 20), ["y"]) < Tolerance.float, "\(layers)")
  }

  private static func one(
    _ name: String, _ filters: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1,
    _ activation: Activation = .none
  ) -> Layer {
    .convolution(
      name, filters, kernel: kernel, stride: stride, groups: groups, padding: .zeros(kernel / 2),
      activation: activation)
  }

  private static let wide = one("w", 16, kernel: 3, groups: 16, .rectifier)
  private static func side(_ layers: [Layer], _ name: String) -> Layer { .head(layers + [.tap(name)]) }

  /// As heads of detectors stand: with convolutions of their own behind them or without, read by others, in
  /// sums and branches, and beside some that are not alike.
  @Test(
    arguments: [
      [side([one("a", 1)], "1"), side([one("b", 4), .sigmoid], "2"), one("c", 10), .tap("y")],
      [
        side([one("a", 1), one("d", 1, kernel: 3), .sigmoid], "1"),
        side([one("b", 4), one("e", 4, kernel: 3, groups: 4)], "2"), one("c", 10),
        one("f", 10, kernel: 3, groups: 10), .tap("y")
      ],
      [
        side([one("a", 1), one("d", 1, kernel: 3), one("g", 1, kernel: 3)], "1"), one("b", 4),
        one("e", 4, kernel: 3, groups: 4), one("h", 4, kernel: 3, groups: 4), .tap("y")
      ],
      [
        wide, side([one("a", 2, .rectifier)], "1"), side([one("b", 3)], "2"),
        side([one("c", 7, .rectifier)], "3"), one("d", 5), .tap("y")
      ],
      [wide, side([one("a", 3)], "1"), one("b", 5, .rectifier), .tap("y")],
      [wide, side([one("a", 3)], "1"), one("b", 5), .tap("y")],
      [wide, .tap("middle"), side([one("a", 3)], "1"), one("b", 5), .tap("y")],
      [
        side([one("a", 3, .parametric("s"))], "1"), one("b", 5, .parametric("t")),
        one("c", 5, kernel: 3, groups: 5), .tap("y")
      ],
      [
        side([one("a", 3), one("d", 3, kernel: 3, groups: 3)], "1"), one("b", 5),
        one("c", 5, kernel: 3, stride: 2, groups: 5), .tap("y")
      ],
      [
        side([one("a", 3), .tap("whole"), one("d", 3, kernel: 3, groups: 3)], "1"), one("b", 5),
        one("c", 5, kernel: 3, groups: 5), .tap("y")
      ],
      [.concatenation([[one("a", 3)], [one("b", 5), .sigmoid], [one("c", 6, kernel: 3)]]), .tap("y")],
      [one("q", 1), side([one("a", 1, kernel: 3)], "1"), one("b", 1, kernel: 3), .tap("y")],
      [side([one("a", 40)], "1"), side([one("b", 16)], "2"), one("c", 3), .tap("y")]
    ] as [[Layer]])
  func `convolutions side by side mean the same as one after the other`(layers: [Layer]) throws {
    try checkSides(layers, Tolerance.float)
  }

  /// Several together may be computed by Winograd's method, each alone is not.
  @Test(
    arguments: [
      [
        side([one("a", 2, kernel: 3), .sigmoid], "1"), side([one("b", 8, kernel: 3)], "2"),
        one("c", 20, kernel: 3), .tap("y")
      ],
      [.residual([one("a", 9, kernel: 3)], shortCut: [one("b", 9, kernel: 3)]), .rectifier, .tap("y")]
    ] as [[Layer]])
  func `so do those with larger windows`(layers: [Layer]) throws {
    try checkSides(layers, Tolerance.winogradSix(depth: 9 * 16))
  }

  private func checkSides(_ layers: [Layer], _ tolerance: Double) throws {
    let whole = [Self.one("first", 16, kernel: 3, .rectifier)] + layers
    let taps = Graph(whole).outputs.map { $0.name }, input = Extent(height: 13, width: 22, channels: 3)
    let network = try Network<Float>(whole, input: input, weights: weights(whole, input))
    #expect(try difference(network, picture(2, 13, 22), taps) < tolerance, "\(layers)")
    for tap in taps {
      #expect(try difference(network, picture(1, 13, 22), [tap]) < tolerance, "\(tap) of \(layers)")
    }
  }

  @Test func `a tap before a residual keeps its value`() throws {
    var numbers = Numbers(seed: 93)
    var file = TensorFile()
    for name in ["c", "r"] {
      file.add(name + ".weight", [3, 3, 3, 3], numbers.array(81))
      file.add(name + ".bias", [3], numbers.array(3))
    }
    func convolution(_ name: String) -> Layer { .convolution(name, 3, kernel: 3, padding: .zeros(1)) }
    let tap = Layer.tap("before")
    for middle in [
      [tap, .residual([convolution("r")])], [.head([tap]), .residual([convolution("r")])],
      [.residual([tap, convolution("r")])]
    ] as [[Layer]] {
      let layers = [convolution("c")] + middle + [.tap("sum")]
      let network = try Network<Float>(layers, weights: file.weightFile())
      #expect(try difference(network, picture(1, 7, 8), ["before", "sum"]) < Tolerance.float)
    }
  }

  /// As CascadeCNN's networks join a smaller one that is joined with a smaller one still: each branch at a
  /// size of its own.
  @Test func `concatenations inside others are laid out by the size of their own input`() throws {
    var numbers = Numbers(seed: 94)
    var file = TensorFile()
    func convolution(_ name: String) -> Layer { .convolution(name, 4, kernel: 3) }
    for name in ["a", "b", "c"] {
      file.add(name + ".weight", [4, 3, 3, 3], numbers.array(108))
      file.add(name + ".bias", [4], numbers.array(4))
    }
    let inner: [Layer] = [
      .pool(.average, kernel: 2, stride: 2),
      .concatenation([
        [convolution("b"), .globalAverage], [convolution("c"), .globalAverage]
      ])
    ]
    let layers: [Layer] = [.concatenation([[convolution("a"), .globalAverage], inner]), .tap("joined")]
    let network = try Network<Float>(layers, weights: file.weightFile())
    #expect(try difference(network, picture(2, 7, 8), ["joined"]) < Tolerance.float)
  }

  @Test func `refuses what the network refuses`() throws {
    let network = try SmallNetwork.network(Float.self)
    func reason(_ side: Int, _ taps: [String]) -> String {
      outcome { try Plan(network, batch: 1, height: side, width: side, .init(taps)) }
    }
    #expect(reason(9, ["conv9_9"]) == "notFound: the network has no layer \"conv9_9\"")
    #expect(reason(2, ["residual"]).hasPrefix("invalidArgument"))
    #expect(reason(12, ["embedding"]).hasPrefix("invalidArgument"))
    #expect(reason(30, ["unit"]) == "")
  }
}
