import Networks
import TestSupport
import Tensors
import Testing

/// What is told of fields against what moves when a pixel of the input is changed.
@Suite struct ReceptiveFieldTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let layers: [Layer]
    var window: ReceptiveField.Window?
    var height = 17, width = 14
  }

  private static func convolution(
    _ kernel: Int, stride: Int = 1, padding: Padding = .valid, _ name: String = "c"
  ) -> Layer {
    .convolution(name, 2, kernel: kernel, stride: stride, padding: padding, activation: .rectifier)
  }

  static let cases = [
    Case(testDescription: "nothing", layers: [.rectifier], window: .init(size: 1, stride: 1, start: 0)),
    Case(
      testDescription: "a strided convolution, padded unevenly",
      layers: [convolution(4, stride: 3, padding: .uneven(before: 1, after: 2))],
      window: .init(size: 4, stride: 3, start: -1)),
    Case(
      testDescription: "VGG's first layers",
      layers: [
        convolution(3, padding: .zeros(1), "a"), convolution(3, padding: .zeros(1), "b"), .chosenPool,
        convolution(3, padding: .zeros(1), "c")
      ], window: .init(size: 10, stride: 2, start: -4)),
    Case(
      testDescription: "poolings of other kinds and a border",
      layers: [
        .pool(.average, kernel: 3, stride: 2, padding: 1, roundsUp: true),
        .border(top: 1, left: 1, bottom: 2, right: 0),
        .euclideanPool(kernel: 2, stride: 1), .responseNormalisation(.torch)
      ], window: .init(size: 5, stride: 2, start: -3)),
    Case(
      testDescription: "branches and a short cut that move alike",
      layers: [
        .concatenation([[convolution(1, "a")], [convolution(5, padding: .zeros(2), "b")]]),
        .residual([convolution(3, stride: 2, "c")], shortCut: [.pool(.average, kernel: 2, stride: 2)])
      ], window: .init(size: 7, stride: 2, start: -2)),
    Case(
      testDescription: "mirrors", layers: [.reflection(2), convolution(5, stride: 2)],
      window: .init(size: 5, stride: 2, start: -2)),
    // A branch that moves by 2 where the other moves by 1, as in nn4.small2.
    Case(
      testDescription: "branches that move differently",
      layers: [
        .concatenation([
          [convolution(3, padding: .zeros(1))],
          [.pool(.average, kernel: 3, stride: 2), .border(top: 4, left: 3, bottom: 5, right: 5)]
        ])
      ]),
    Case(
      testDescription: "enlarging", layers: [convolution(3, stride: 2), .upsampling(3), convolution(3, "d")]),
    Case(
      testDescription: "a transposed convolution",
      layers: [.transposedConvolution("t", 2, kernel: 3, stride: 2, crop: 1, hasBias: false), convolution(3)]),
    Case(testDescription: "all of it", layers: [convolution(3), .globalAverage], height: 6, width: 5),
    Case(testDescription: "a dense layer", layers: [convolution(3), .dense("d", 3)], height: 6, width: 5),
    Case(
      testDescription: "instance normalisation",
      layers: [convolution(3), .instanceNormalisation("n", rectifies: false)], height: 6,
      width: 5)
  ]

  /// Weights that let every change through: none is negative.
  private func network(_ layers: [Layer], _ input: Extent) throws -> Network<Double> {
    var file = TensorFile()
    for tensor in try tensors(of: layers, input: input) {
      let values: [Float]
      switch tensor.kind {
      // No two the same, so that a mean and its picture do not move by the same.
      case .weight: values = (0..<tensor.count).map { 0.1 + 0.01 * Float($0 * 7 % 11) }
      case .gamma, .variance: values = .init(repeating: 1, count: tensor.count)
      default: values = .init(repeating: 0, count: tensor.count)
      }
      file.add(tensor.name, tensor.extents, values)
    }
    return try Network<Double>(layers, input: input, weights: file.weightFile())
  }

  /// For each unit, the rows and the columns of the pixels that move it.
  private func moved(_ test: Case) throws -> (shape: Shape, rows: [Range<Int>?], columns: [Range<Int>?]) {
    let input = Extent(height: test.height, width: test.width, channels: 1)
    let network = try network(test.layers + [.tap("unit")], input)
    var numbers = Numbers(seed: 5)
    let x: Tensor<Double> = try Tensor(
      [1, test.height, test.width, 1], (numbers.array(test.height * test.width) as [Double]).map { 2 + $0 })
    func run() throws -> Tensor<Double> { try network.run(x, .init(["unit"]))[0] }
    let before = try run(), places = before.shape[1] * before.shape[2], channels = before.shape[3]
    var rows = [Range<Int>?](repeating: nil, count: places), columns = rows
    for p in 0..<x.count {
      let kept = x[p]
      x.pointer[p] = kept + 100
      let after = try run()
      x.pointer[p] = kept
      let row = p / test.width, column = p % test.width
      for unit in 0..<places
      where (0..<channels).contains(where: { after[unit * channels + $0] != before[unit * channels + $0] }) {
        rows[unit] = min(rows[unit]?.lowerBound ?? row, row)..<max(rows[unit]?.upperBound ?? 0, row + 1)
        columns[unit] =
          min(columns[unit]?.lowerBound ?? column, column)..<max(columns[unit]?.upperBound ?? 0, column + 1)
      }
    }
    return (before.shape, rows, columns)
  }

  @Test(arguments: cases) func `agrees with what moves a unit`(test: Case) throws {
    let field = try #require(ReceptiveField(of: "unit", in: Graph(test.layers + [.tap("unit")])))
    #expect(field.window == test.window)
    let (shape, rows, columns) = try moved(test)
    for unit in 0..<(shape[1] * shape[2]) {
      let row = unit / shape[2], column = unit % shape[2]
      let told = field.pixels(of: .init(row: row, column: column), height: test.height, width: test.width)
      // A unit in a border sees nothing and is moved by nothing.
      #expect(
        rows[unit] ?? 0..<0 == told.rows && columns[unit] ?? 0..<0 == told.columns, "unit \(row), \(column)")
      guard let window = field.window, !told.isEmpty else { continue }
      let rows = window.pixels(of: row), columns = window.pixels(of: column)
      #expect(rows.lowerBound <= told.rows.lowerBound && rows.upperBound >= told.rows.upperBound)
      if rows.lowerBound >= 0, rows.upperBound <= test.height, columns.lowerBound >= 0,
        columns.upperBound <= test.width
      {
        #expect(rows == told.rows && columns == told.columns)
      }
    }
  }

  /// Origin: Araujo, Norris, Sim 2019 have 212 and 32 for VGG-16's last pooling; VGG-19 has one 3x3
  /// convolution more at each of the strides 4, 8 and 16: 212 + 2 (4 + 8 + 16) = 268.
  @Test func `knows VGG-19's fields`() throws {
    let sizes = [
      ("conv1_1", 3, 1), ("conv1_2", 5, 1), ("pool1", 6, 2), ("conv2_1", 10, 2), ("conv2_2", 14, 2),
      ("pool2", 16, 4),
      ("conv3_1", 24, 4), ("conv3_4", 48, 4), ("conv4_1", 68, 8), ("conv5_1", 156, 16), ("conv5_4", 252, 16),
      ("pool5", 268, 32)
    ]
    for (tap, size, stride) in sizes {
      let window = try #require(ReceptiveField(of: tap, in: Architecture.vgg19.graph)?.window)
      #expect(window.size == size && window.stride == stride, "\(tap)")
      // The field is centred: the first unit's window begins as far outside as it can.
      #expect(window.start == -(size - stride) / 2, "\(tap)")
    }
  }

  @Test func `a span of units sees what they see together`() throws {
    let field = try #require(ReceptiveField(of: "conv2_1", in: Architecture.vgg19.graph))
    #expect(field.window?.pixels(of: 3..<8) == 2..<20)
    #expect(
      field.pixels(of: .init(rows: 3..<8, columns: 0..<1), height: 100, width: 100)
        == .init(rows: 2..<20, columns: 0..<6))
    let whole = try #require(ReceptiveField(of: "embedding", in: Architecture.nn4Small2().graph))
    #expect(
      whole.window == nil && whole.pixels(of: .init(row: 0, column: 0), height: 96, width: 96).area == 96 * 96
    )
  }

  /// A picture too small for the network, and units that are not there.
  @Test func `sees nothing where nothing is`() throws {
    let field = try #require(ReceptiveField(of: "unit", in: Graph([Self.convolution(5), .tap("unit")])))
    #expect(field.pixels(of: .init(row: 0, column: 0), height: 1, width: 9).isEmpty)
    #expect(field.pixels(of: .init(row: 3, column: 0), height: 5, width: 9).isEmpty)
    #expect(field.pixels(of: .nothing, height: 0, width: 0).isEmpty)
  }

  @Test func `has no field of another tap`() {
    #expect(ReceptiveField(of: "fc8", in: Architecture.vgg19.graph) == nil)
  }
}
