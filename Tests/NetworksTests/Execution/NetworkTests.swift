import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// A picture computed with in plain loops, [height, width, channels].
private struct Plain {
  var height, width, channels: Int
  var values: [Double]

  init(_ height: Int, _ width: Int, _ channels: Int, _ values: [Double]? = nil) {
    (self.height, self.width, self.channels) = (height, width, channels)
    self.values = values ?? [Double](repeating: 0, count: height * width * channels)
  }

  subscript(y: Int, x: Int, c: Int) -> Double {
    get {
      y >= 0 && y < height && x >= 0 && x < width && c < channels ? values[(y * width + x) * channels + c] : 0
    }
    set { values[(y * width + x) * channels + c] = newValue }
  }

  func map(_ body: (Double, Int) -> Double) -> Plain {
    Plain(height, width, channels, values.indices.map { body(values[$0], $0 % channels) })
  }

  func convolved(_ weights: [Double], _ outputs: Int, kernel: Int, stride: Int = 1, pad: Int = 0) -> Plain {
    var y = Plain((height + 2 * pad - kernel) / stride + 1, (width + 2 * pad - kernel) / stride + 1, outputs)
    for i in 0..<y.height {
      for j in 0..<y.width {
        for o in 0..<outputs {
          for c in 0..<channels {
            for ky in 0..<kernel {
              for kx in 0..<kernel {
                y[i, j, o] +=
                  self[i * stride + ky - pad, j * stride + kx - pad, c]
                  * weights[((o * channels + c) * kernel + ky) * kernel + kx]
              }
            }
          }
        }
      }
    }
    return y
  }

  /// Each window's numbers inside the picture, made one.
  func pooled(
    _ outHeight: Int, _ outWidth: Int, kernel: Int, stride: Int, _ body: ([Double]) -> Double
  ) -> Plain {
    var y = Plain(outHeight, outWidth, channels)
    for i in 0..<outHeight {
      for j in 0..<outWidth {
        for c in 0..<channels {
          var inside: [Double] = []
          for row in i * stride..<min(i * stride + kernel, height) {
            for column in j * stride..<min(j * stride + kernel, width) { inside.append(self[row, column, c]) }
          }
          y[i, j, c] = body(inside)
        }
      }
    }
    return y
  }
}

/// One layer of each kind, small enough to be worked in plain loops. The input is 9x9x3.
enum SmallNetwork {
  static let layers: [Layer] = [
    .convolution("c1", 4, kernel: 3, padding: .zeros(1), normalisation: .batch("b1"), activation: .rectifier),
    .tap("unit"),
    .concatenation([
      [.convolution("i1", 3, kernel: 1, activation: .rectifier)],
      [.pool(.maximum, kernel: 3, stride: 2), .border(top: 2, left: 1, bottom: 3, right: 4)]
    ]), .tap("inception"),
    .residual(
      [
        .convolution("r1", 9, kernel: 3, stride: 2, normalisation: .affine, activation: .rectifier),
        .convolution("r2", 9, kernel: 3, padding: .zeros(1), normalisation: .affine)
      ],
      shortCut: [.pool(.average, kernel: 2, stride: 2, roundsUp: true)]), .tap("residual"),
    .head([.convolution("h", 2, kernel: 1, activation: .parametric("hp")), .softmax, .tap("head")]),
    .rectifier, .responseNormalisation(.torch), .chosenPool, .tap("pool"),
    .head([.globalAverage, .dense("g", 2), .tap("mean")]),
    .euclideanPool(kernel: 2, stride: 1),
    .dense("d", 6, hasBias: false), .unitLength, .tap("embedding")
  ]

  static let shapes: [(String, [Int])] = [
    ("c1.weight", [4, 3, 3, 3]), ("c1.bias", [4]), ("b1.weight", [4]), ("b1.bias", [4]),
    ("b1.running_mean", [4]), ("b1.running_var", [4]),
    ("i1.weight", [3, 4, 1, 1]), ("i1.bias", [3]),
    ("r1.weight", [9, 7, 3, 3]), ("r1.bias", [9]), ("r1.gamma", [9]), ("r1.beta", [9]),
    ("r2.weight", [9, 9, 3, 3]), ("r2.bias", [9]), ("r2.gamma", [9]), ("r2.beta", [9]),
    ("h.weight", [2, 9, 1, 1]), ("h.bias", [2]), ("hp.weight", [2]),
    ("g.weight", [2, 9]), ("g.bias", [2]),
    ("d.weight", [6, 36])
  ]

  static func values(_ name: String, _ extents: [Int]) -> [Float] {
    var numbers = Numbers(seed: UInt64(name.utf8.reduce(7) { $0 &* 31 &+ UInt32($1) }))
    let values: [Float] = numbers.array(extents.reduce(1, *))
    return name.hasSuffix("running_var") ? values.map { abs($0) + 0.1 } : values
  }

  static func file(without: String = "", reshaping: (String, [Int])? = nil) throws -> WeightFile {
    var file = TensorFile()
    for (name, extents) in shapes where name != without {
      file.add(name, reshaping?.0 == name ? reshaping!.1 : extents, values(name, extents))
    }
    return try file.weightFile()
  }

  static func network<Element: Scalar>(_: Element.Type = Element.self) throws -> Network<Element> {
    try Network<Element>(layers, side: 9, weights: file())
  }

  static let taps = ["unit", "inception", "residual", "head", "pool", "mean", "embedding"]

  /// The same layers in plain loops, in Double.
  fileprivate static func plain(_ x: Plain, _ pooling: Pooling) -> [Plain] {
    let weights = Dictionary(uniqueKeysWithValues: shapes.map { ($0.0, values($0.0, $0.1).map(Double.init)) })
    func w(_ name: String) -> [Double] { weights[name] ?? [] }
    func open(_ x: Double, _: Int) -> Double { max(x, 0) }

    var unit = x.convolved(w("c1.weight"), 4, kernel: 3, pad: 1).map { $0 + w("c1.bias")[$1] }
    unit = unit.map {
      ($0 - w("b1.running_mean")[$1]) / (w("b1.running_var")[$1] + 1e-5).squareRoot() * w("b1.weight")[$1]
        + w("b1.bias")[$1]
    }.map(open)

    let one = unit.convolved(w("i1.weight"), 3, kernel: 1).map { max($0 + w("i1.bias")[$1], 0) }
    let pooled = unit.pooled(4, 4, kernel: 3, stride: 2) { $0.max()! }
    var inception = Plain(9, 9, 7)
    for i in 0..<9 {
      for j in 0..<9 {
        for c in 0..<7 { inception[i, j, c] = c < 3 ? one[i, j, c] : pooled[i - 2, j - 1, c - 3] }
      }
    }

    let r1 = inception.convolved(w("r1.weight"), 9, kernel: 3, stride: 2).map {
      max(($0 + w("r1.bias")[$1]) * w("r1.gamma")[$1] + w("r1.beta")[$1], 0)
    }
    let r2 = r1.convolved(w("r2.weight"), 9, kernel: 3, pad: 1).map {
      ($0 + w("r2.bias")[$1]) * w("r2.gamma")[$1] + w("r2.beta")[$1]
    }
    let shortCut = inception.pooled(5, 5, kernel: 2, stride: 2) { $0.reduce(0, +) / Double($0.count) }
    var residual = Plain(5, 5, 9)
    for i in 0..<5 {
      for j in 0..<5 { for c in 0..<9 { residual[i, j, c] = r2[i, j, c] + shortCut[i, j, c] } }
    }

    let h = residual.convolved(w("h.weight"), 2, kernel: 1).map { sum, c in
      let sum = sum + w("h.bias")[c]
      return sum < 0 ? sum * w("hp.weight")[c] : sum
    }
    var head = h
    for p in 0..<25 {
      let a = exp(h.values[2 * p]), b = exp(h.values[2 * p + 1])
      (head.values[2 * p], head.values[2 * p + 1]) = (a / (a + b), b / (a + b))
    }

    let rectified = residual.map(open)
    var normalised = rectified
    for i in 0..<5 {
      for j in 0..<5 {
        for c in 0..<9 {
          let sum = (max(0, c - 2)...min(8, c + 2)).reduce(0) {
            $0 + rectified[i, j, $1] * rectified[i, j, $1]
          }
          normalised[i, j, c] = rectified[i, j, c] / pow(1 + 1e-4 / 5 * sum, 0.75)
        }
      }
    }
    let pool = normalised.pooled(3, 3, kernel: 2, stride: 2) {
      pooling == .average ? $0.reduce(0, +) / Double($0.count) : $0.max()!
    }
    let mean = (0..<9).map { c -> Double in
      (0..<9).reduce(0.0) { (sum: Double, i: Int) in sum + pool.values[i * 9 + c] } / 9
    }
    let g = (0..<2).map { o -> Double in
      (0..<9).reduce(w("g.bias")[o]) { (sum: Double, i: Int) in sum + mean[i] * w("g.weight")[o * 9 + i] }
    }

    let lengths = pool.pooled(2, 2, kernel: 2, stride: 1) { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let d = (0..<6).map { o in (0..<36).reduce(0) { $0 + lengths.values[$1] * w("d.weight")[o * 36 + $1] } }
    let length = d.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return [unit, inception, residual, head, pool, Plain(1, 1, 2, g), Plain(1, 1, 6, d.map { $0 / length })]
  }
}

@Suite struct NetworkTests {
  private func picture(batch: Int = 2) throws -> Tensor<Double> {
    try randomTensor([batch, 9, 9, 3], seed: 101)
  }

  private func float(_ x: Tensor<Double>) throws -> Tensor<Float> {
    try Tensor(x.shape.extents, x.values.map { Float($0) })
  }

  @Test(arguments: [Pooling.average, .maximum])
  func `agrees with its plain twin at every layer`(pooling: Pooling) throws {
    let x = try picture()
    let results = try SmallNetwork.network(Double.self).run(x, .init(SmallNetwork.taps, pooling: pooling))
    let each = 9 * 9 * 3
    for n in 0..<2 {
      let expected = SmallNetwork.plain(Plain(9, 9, 3, Array(x.values[n * each..<(n + 1) * each])), pooling)
      for (tap, (result, plain)) in zip(SmallNetwork.taps, zip(results, expected)) {
        #expect(result.shape.extents == [2, plain.height, plain.width, plain.channels], "\(tap)")
        let count = plain.values.count
        #expect(
          largestDifference(Array(result.values[n * count..<(n + 1) * count]), plain.values)
            < Tolerance.double, "\(tap)")
      }
    }
  }

  @Test func `Float agrees with Double`() throws {
    let x = try picture()
    let wide = try SmallNetwork.network(Double.self).run(x, .init(SmallNetwork.taps))
    let narrow = try SmallNetwork.network(Float.self).run(float(x), .init(SmallNetwork.taps))
    for (tap, (a, b)) in zip(SmallNetwork.taps, zip(narrow, wide)) {
      let size = b.values.map { abs($0) }.max() ?? 1
      #expect(largestDifference(a.values, b.values) / max(size, 1) < Tolerance.float, "\(tap)")
    }
  }

  /// JAX's check_grads: one random direction of the input, a single number of all taps.
  @Test(arguments: [Pooling.average, .maximum])
  func `the gradient of the whole is right in a random direction`(pooling: Pooling) throws {
    let network = try SmallNetwork.network(Double.self)
    let x = try picture(batch: 1), direction = try randomTensor([1, 9, 9, 3], seed: 102)
    func value(_ tape: Tape<Double>, _ x: Variable<Double>) throws -> Variable<Double> {
      var terms: [Variable<Double>] = []
      for (i, y) in try network.run(x, .init(SmallNetwork.taps, pooling: pooling), on: tape).enumerated() {
        terms.append(
          try tape.squaredDistance(y, to: randomTensor(y.shape.extents, seed: 110 + UInt64(i)), factor: 1))
      }
      return try tape.weightedSum(terms, (0..<terms.count).map { 1 + Double($0) / 7 })
    }
    let tape = Tape<Double>()
    let leaf = tape.leaf(x)
    let gradient = try tape.gradients(of: value(tape, leaf), at: [leaf])[0]
    let along = (0..<x.count).reduce(0) { $0 + gradient[$1] * direction[$1] }
    func at(_ step: Double) throws -> Double {
      let moved = try Tensor<Double>(x.shape.extents, (0..<x.count).map { x[$0] + step * direction[$0] })
      let tape = Tape<Double>()
      return try value(tape, tape.constant(moved)).scalar
    }
    let numeric = (try at(1e-6) - at(-1e-6)) / 2e-6
    #expect(
      abs(along - numeric) <= Tolerance.gradientAbsolute + Tolerance.gradientRelative * abs(numeric),
      "\(along) against \(numeric)")
    #expect(abs(numeric) > 1e-2)  // a direction that says something
  }

  @Test func `the gradient in Float agrees with Double`() throws {
    func gradient<Element: Scalar>(_: Element.Type, _ x: Tensor<Element>) throws -> [Double] {
      let network = try SmallNetwork.network(Element.self)
      let tape = Tape<Element>()
      let leaf = tape.leaf(x)
      let y = try network.run(leaf, .init(["embedding"]), on: tape)[0]
      let target = try Tensor<Element>(y.shape.extents, repeating: 1)
      return try tape.gradients(of: tape.squaredDistance(y, to: target, factor: 1), at: [leaf])[0].values.map
      { Double($0) }
    }
    let x = try picture(batch: 1)
    #expect(
      largestDifference(try gradient(Float.self, float(x)), try gradient(Double.self, x)) < Tolerance.float)
  }

  @Test func `counts the numbers that it reads`() throws {
    let expected = SmallNetwork.shapes.reduce(0) { $0 + $1.1.reduce(1, *) }
    #expect(try SmallNetwork.network(Float.self).parameterCount == expected)
    #expect(try SmallNetwork.file().parameterCount == expected)
  }

  @Test(arguments: SmallNetwork.shapes.map(\.0))
  func `names a tensor that is missing`(name: String) throws {
    let file = try SmallNetwork.file(without: name)
    #expect(
      outcome { try Network<Float>(SmallNetwork.layers, side: 9, weights: file) }
        == "badData: weights: \(name) is missing")
  }

  @Test(arguments: SmallNetwork.shapes.map(\.0))
  func `names a tensor of another shape`(name: String) throws {
    let extents = SmallNetwork.shapes.first { $0.0 == name }!.1
    let file = try SmallNetwork.file(reshaping: (name, [1] + extents))
    let reason = outcome { try Network<Float>(SmallNetwork.layers, side: 9, weights: file) }
    #expect(
      reason.hasPrefix("badData: weights: \(name) is \(try Shape([1] + extents).description); expected ["),
      "\(reason)")
  }

  /// Weights are read when they are first multiplied by; what is wrong with them is known before.
  @Test func `names a code book that cannot be read, when it is made`() throws {
    let layers: [Layer] = [.convolution("c", 2, kernel: 1)]
    func reason(_ table: [UInt8]?, _ type: String = "F32", _ extents: [Int] = [256]) -> String {
      outcome {
        var file = TensorFile()
        file.add("c.weight.indices", "U8", [2, 3, 1, 1], [0, 1, 2, 3, 4, 5])
        if let table { file.add("c.weight.table", type, extents, table) }
        file.add("c.bias", [2], [0, 0])
        _ = try Network<Float>(layers, weights: file.weightFile())
      }
    }
    #expect(reason([UInt8](repeating: 0, count: 1024)) == "")
    #expect(reason(nil) == "badData: weights: c.weight.table is missing")
    #expect(
      reason([UInt8](repeating: 0, count: 512), "F32", [128])
        == "badData: weights: c.weight.table is [128]; expected [256]")
    #expect(
      reason([UInt8](repeating: 0, count: 256), "U8")
        == "badData: weights: c.weight.table is stored as bytes without a code book")
  }

  @Test func `names levels whose scales cannot be used, when it is made`() throws {
    let layers: [Layer] = [.convolution("c", 2, kernel: 1)]
    func reason(_ scales: [Float]?) -> String {
      outcome {
        var file = TensorFile()
        file.add("c.weight", "I8", [2, 3, 1, 1], [0, 1, 2, 3, 4, 5])
        if let scales { file.add("c.weight_scale", [scales.count], scales) }
        file.add("c.bias", [2], [0, 0])
        _ = try Network<Float>(layers, weights: file.weightFile())
      }
    }
    #expect(reason([0.5, 0]) == "")
    #expect(reason(nil) == "badData: weights: c.weight_scale is missing")
    #expect(reason([1]) == "badData: weights: c.weight_scale is [1]; expected [2]")
    #expect(
      reason([1, -1]) == "badData: weights: scale 1 of c.weight is -1.0; expected a finite one of 0 or more")
  }

  /// Three channels in three groups of one: each result is its channel times its weights.
  @Test func `runs a convolution in groups`() throws {
    let layers: [Layer] = [.convolution("c", 6, kernel: 1, groups: 3, activation: .rectifier), .tap("c")]
    var file = TensorFile()
    file.add("c.weight", [6, 1, 1, 1], [1, -1, 2, 3, 10, 100])
    file.add("c.bias", [6], [0, 0, 1, 0, 0, 0])
    let network = try Network<Float>(layers, weights: file.weightFile())
    #expect(network.parameterCount == 12)
    #expect(try network.run(Tensor([1, 1, 1, 3], [5, 7, -1]), .init(["c"]))[0].values == [5, 0, 15, 21, 0, 0])
    #expect(
      Graph(layers).extent(of: "c", for: Extent(height: 4, width: nil, channels: 3))
        == Extent(height: 4, width: nil, channels: 6))
    var whole = TensorFile()
    whole.add("c.weight", [6, 3, 1, 1], [Float](repeating: 0, count: 18))
    #expect(
      outcome { try Network<Float>(layers, weights: whole.weightFile()) }
        == "badData: weights: c.weight is [6, 3, 1, 1]; expected [6, 1, 1, 1]")
  }

  @Test func `gives the taps in the order asked for, twice too`() throws {
    let x = try float(picture(batch: 1))
    let network = try SmallNetwork.network(Float.self)
    let results = try network.run(x, .init(["pool", "unit", "pool"]))
    #expect(results.map(\.shape.extents) == [[1, 3, 3, 9], [1, 9, 9, 4], [1, 3, 3, 9]])
    #expect(try network.run(x, .init([])).isEmpty)
  }

  @Test func `has no layer that was not named`() throws {
    let x = try float(picture(batch: 1))
    #expect(
      outcome { try SmallNetwork.network(Float.self).run(x, .init(["unit", "conv9_9"])) }
        == "notFound: the network has no layer \"conv9_9\"")
    #expect(
      outcome { try SmallNetwork.network(Float.self).run(x, .init([""])) }
        == "notFound: the network has no layer \"\"")
  }

  /// The layers behind the last tap asked for would refuse this picture: a dense layer takes 9x9 alone.
  @Test func `stops once it has what was asked for`() throws {
    let x = try Tensor<Float>([1, 30, 20, 3], repeating: 1)
    #expect(try SmallNetwork.network(Float.self).run(x, .init(["unit"]))[0].shape.extents == [1, 30, 20, 4])
    #expect(
      outcome { try SmallNetwork.network(Float.self).run(x, .init(["embedding"])) }.hasPrefix(
        "invalidArgument"))
  }

  @Test func `refuses pictures of other channels or too small`() throws {
    let network = try SmallNetwork.network(Float.self)
    #expect(
      outcome { try network.run(Tensor([1, 9, 9, 4], repeating: 0), .init(["unit"])) }.hasPrefix(
        "invalidArgument"))
    #expect(
      outcome { try network.run(Tensor([1, 2, 2, 3], repeating: 0), .init(["residual"])) }.hasPrefix(
        "invalidArgument"))
  }

  @Test func `a dense layer needs the size of the picture`() throws {
    #expect(
      outcome { try Network<Float>(SmallNetwork.layers, weights: SmallNetwork.file()) }.hasPrefix(
        "internalError"))
  }

  @Test func `gives the same bits for one to four threads`() throws {
    let x = try float(picture())
    let network = try SmallNetwork.network(Float.self)
    var results: [[UInt32]] = []
    for threads in 1...4 {
      try withPool(threads: threads) {
        let all = try network.run(x, .init(SmallNetwork.taps))
        results.append(all.flatMap { $0.values.map(\.bitPattern) })
      }
    }
    for other in results.dropFirst() { #expect(other == results[0]) }
  }

  @Test func `serves several threads at once`() throws {
    let x = try float(picture()), network = try SmallNetwork.network(Float.self)
    let expected = try network.run(x, .init(["embedding"]))[0].values
    let wrong = try Storage<Int>(repeating: 0, count: 4)
    onThreads(4) { caller in
      for _ in 0..<20 where (try? network.run(x, .init(["embedding"]))[0].values) != expected {
        wrong.pointer[caller] += 1
      }
    }
    #expect(wrong.values == [0, 0, 0, 0])
  }
}
