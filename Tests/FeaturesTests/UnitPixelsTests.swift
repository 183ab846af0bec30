import Features
import Images
import Networks
import Tensors
import TestSupport
import Testing

/// A unit's pixels, of which only its field is computed, against the way back through the whole picture.
@Suite struct UnitPixelsTests {
  /// Windows of several sizes and strides, in blue, green, red, with a mirrored edge.
  private static let layers: [Layer] = [
    .reflection(1), .convolution("c1", 4, kernel: 3, activation: .rectifier),
    .pool(.maximum, kernel: 2, stride: 2),
    .convolution("c2", 5, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("second"),
    .pool(.maximum, kernel: 3, stride: 2, roundsUp: true),
    .convolution("c3", 4, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("third"),
    .convolution("c4", 3, kernel: 1), .instanceNormalisation("c5"), .tap("whole")
  ]

  private func model(_ change: (inout [Float], String) -> Void = { _, _ in }) throws -> Model {
    let architecture = Architecture(
      name: "x", side: nil, isBGR: true, mean: (100, 110, 120), scale: 1 / 64, layers: UnitPixelsTests.layers)
    let text = architecture.text.split(separator: "\n").joined(separator: "\\n")
    var file = TensorFile(metadata: [("architecture", "graph"), ("graph", text)])
    for tensor in try architecture.graph.tensors(for: architecture.input) {
      let gain = tensor.kind == .weight ? (6 / Double(tensor.count / tensor.extents[0])).squareRoot() : 0.2
      var values = Formula.numbers(tensor.name, tensor.count).map { Float($0 * gain) }
      change(&values, tensor.name)
      file.add(tensor.name, tensor.extents, values)
    }
    return try Model(file.weightFile())
  }

  /// [height, width, 3] by R, G, B, through the whole picture.
  private func whole(
    _ model: Model, _ picture: Image, _ layer: String, _ place: (Int, Int, Int), _ way: WayBack
  ) throws -> [Float] {
    let architecture = try model.architecture()
    let x = try architecture.input(picture.pixels, height: picture.height, width: picture.width)
    let dx = try model.network().pixels(behind: place, of: layer, x, pooling: .maximum, way)
    return stride(from: 0, to: dx.count, by: 3).flatMap { i in [2, 1, 0].map { dx[i + $0] / 64 } }
  }

  @Test(arguments: WayBack.allCases)
  func `the field alone gives what the whole picture gives, at every place`(way: WayBack) throws {
    let model = try model(), picture = try Formula.picture("pixels", width: 33, height: 22)
    for (layer, rows, columns) in [("second", 11, 16), ("third", 5, 8), ("whole", 5, 8)] {
      for row in 0..<rows {
        for column in 0..<columns {
          let found = try UnitPixels(
            model, picture, layer: layer, unit: 1, place: (row, column), pooling: .maximum, way)
          let expected = try whole(model, picture, layer, (row, column, 1), way)
          let largest = Double(expected.map(abs).max() ?? 0)
          #expect(found.values.shape.extents == [22, 33, 3])
          #expect(
            largestDifference(found.values.values, expected) <= Tolerance.float * max(largest, 1e-3),
            "\(layer) \(row) \(column)")
          #expect(found.patch.row == row && found.patch.column == column && found.patch.picture == 0)
        }
      }
    }
  }

  @Test func `without a place the strongest answer is taken, the first of equal ones`() throws {
    let model = try model(), picture = try Formula.picture("pixels", width: 33, height: 22)
    let answers = try picture.pixels.withSpan {
      try model.features($0, height: 22, width: 33, layer: "third", pooling: .maximum)
    }
    for unit in 0..<4 {
      let of = (0..<answers.shape[1] * answers.shape[2]).map { answers[4 * $0 + unit] }
      let best = try #require(of.indices.max { of[$0] < of[$1] })
      let found = try UnitPixels(
        model, picture, layer: "third", unit: unit, pooling: .maximum, .deconvolution)
      #expect(found.patch.activation == of[best])
      #expect((found.patch.row, found.patch.column) == (best / answers.shape[2], best % answers.shape[2]))
    }
    let silent = try self.model { values, name in
      if name == "c2.bias" { values = values.map { _ in -1e6 } }
    }
    let found = try UnitPixels(
      silent, picture, layer: "second", unit: 0, pooling: .maximum, .gradient)
    #expect(found.patch.row == 0 && found.patch.column == 0 && found.patch.activation == 0)
    #expect(found.values.values.allSatisfy { $0 == 0 })
  }

  @Test func `outside the field all is 0`() throws {
    let model = try model(), picture = try Formula.picture("pixels", width: 40, height: 40)
    let found = try UnitPixels(
      model, picture, layer: "second", unit: 0, place: (10, 12), pooling: .maximum, .deconvolution)
    let field = found.patch.region
    #expect(field == Region(x: 21, y: 17, width: 8, height: 8))
    for y in 0..<40 {
      for x in 0..<40
      where !(field.x..<field.x + field.width).contains(x)
        || !(field.y..<field.y + field.height).contains(y)
      {
        #expect((0..<3).allSatisfy { found.values[3 * (40 * y + x) + $0] == 0 })
      }
    }
  }

  @Test func `units, places and layers that are not there, and damaged weights, are refused`() throws {
    let picture = try Formula.picture("pixels", width: 33, height: 22), known = try model()
    func refusal(
      _ model: Model, _ layer: String, _ unit: Int, _ place: (row: Int, column: Int)? = nil
    ) -> String {
      outcome {
        try UnitPixels(model, picture, layer: layer, unit: unit, place: place, pooling: .maximum, .guided)
      }
    }
    #expect(
      refusal(known, "third", 4) == "invalidArgument: unit 4; expected less than 4, the units of third")
    #expect(
      refusal(known, "third", 0, (5, 0))
        == "invalidArgument: row 5 and column 0 of third; expected less than 5 and 8")
    #expect(refusal(known, "third", 0, (0, 8)).hasPrefix("invalidArgument: row 0 and column 8"))
    #expect(refusal(known, "fourth", 0).hasPrefix("notFound: graph has no layer \"fourth\""))
    let damaged = try model { values, name in if name == "c1.bias" { values[0] = .nan } }
    #expect(refusal(damaged, "second", 0).hasPrefix("badData: the model answers nan"))
  }
}
