import Features
import Images
import Networks
import Tensors
import TestSupport
import Testing

/// The search against all answers of a plain run, sorted.
@Suite struct UnitSearchTests {
  /// A network of one size whose branches move differently, so that fields are not windows.
  private func faces() throws -> Model {
    var file = TensorFile(metadata: [("architecture", "nn4.small2")])
    for tensor in try Architecture.nn4Small2().tensors() {
      if tensor.kind == .variance {
        file.add(tensor.name, tensor.extents, [Float](repeating: 1, count: tensor.count))
      } else {
        Formula.add(&file, [tensor])
      }
    }
    return try Model(file.weightFile())
  }

  /// A VGG-19 with weights in its first two layers.
  private func vgg() throws -> Model {
    var file = TensorFile(metadata: [("architecture", "vgg19")])
    for tensor in try Architecture.vgg19.tensors() {
      guard tensor.kind == .weight else {
        file.add(tensor.name, tensor.extents, [Float](repeating: 0, count: tensor.count))
        continue
      }
      let codes =
        tensor.name.hasPrefix("conv1_")
        ? Formula.numbers(tensor.name, tensor.count).map { UInt8(($0 + 1) * 127) }
        : [UInt8](repeating: 127, count: tensor.count)
      file.add(tensor.name + ".indices", "U8", tensor.extents, codes)
      file.add(tensor.name + ".table", [256], (0..<256).map { (Float($0) - 127) / 4096 })
    }
    return try Model(file.weightFile())
  }

  private struct Place { var activation: Float, picture, row, column: Int }

  /// All answers above 0 of a unit, the strongest first, then in the order of pictures, rows and columns.
  private func answers(_ model: Model, _ layer: String, _ unit: Int, _ pictures: [Image]) throws -> [Place] {
    var places: [Place] = []
    for (number, picture) in pictures.enumerated() {
      let features = try picture.pixels.withSpan {
        try model.features(
          $0, height: picture.height, width: picture.width, layer: layer, pooling: .maximum)
      }
      let (columns, channels) = (features.shape[2], features.shape[3])
      for i in 0..<(features.shape[1] * columns) where features[i * channels + unit] > 0 {
        places.append(
          Place(
            activation: features[i * channels + unit], picture: number, row: i / columns, column: i % columns)
        )
      }
    }
    // Sorting is stable.
    return places.sorted { $0.activation > $1.activation }
  }

  private func search(
    _ model: Model, _ layer: String, _ pictures: [Image],
    _ change: (inout UnitSearch.Options) -> Void = { _ in }
  ) throws -> UnitSearch {
    var options = UnitSearch.Options()
    change(&options)
    let search = try UnitSearch(model, layer: layer, options)
    for picture in pictures { try search.add(picture) }
    return search
  }

  @Test func `finds what sorting all answers finds, also places that lie apart`() throws {
    let model = try vgg(),
      pictures = try [(30, 21), (1, 1), (16, 40), (25, 25)].enumerated().map {
        try Formula.picture("search \($0)", width: $1.0, height: $1.1)
      }
    let found = try search(model, "pool1", pictures) {
      $0.patchesPerPicture = 3
      $0.patches = 7
    }
    for unit in [0, 17, 63] {
      var expected: [Place] = []
      for place in try answers(model, "pool1", unit, pictures) where expected.count < 7 {
        let others = expected.filter { $0.picture == place.picture }
        // pool1 sees 6x6 pixels and moves by 2.
        func isNear(_ a: Place) -> Bool {
          let shared = max(0, 6 - 2 * abs(a.row - place.row)) * max(0, 6 - 2 * abs(a.column - place.column))
          return 2 * shared > 36
        }
        if others.count < 3, !others.contains(where: isNear) { expected.append(place) }
      }
      let patches = try found.patches(of: unit)
      #expect(patches.map(\.activation) == expected.map(\.activation))
      #expect(
        patches.map { [$0.picture, $0.row, $0.column] } == expected.map { [$0.picture, $0.row, $0.column] })
      #expect(
        patches.allSatisfy {
          $0.field == Region(x: 2 * $0.column - 2, y: 2 * $0.row - 2, width: 6, height: 6)
        })
    }
  }

  @Test func `a network of one size gets it, and places are told in the picture's own pixels`() throws {
    let model = try faces(), picture = try Formula.picture("face", width: 150, height: 100)
    let scaled = try picture.resized(width: 96, height: 96, filter: .bilinear)
    let found = try search(model, "3a", [picture])
    let field = try #require(ReceptiveField(of: "3a", in: Architecture.nn4Small2().graph))
    var alive = 0
    for unit in 0..<256 {
      guard let expected = try answers(model, "3a", unit, [scaled]).first else {
        #expect(try found.patches(of: unit).isEmpty)
        continue
      }
      alive += 1
      let first = try #require(try found.patches(of: unit).first)
      #expect(
        first.activation == expected.activation && first.row == expected.row
          && first.column == expected.column)
      let seen = field.pixels(of: .init(row: first.row, column: first.column), height: 96, width: 96)
      #expect(!seen.isEmpty && first.region == first.field)
      #expect(
        first.region.x == seen.columns.lowerBound * 150 / 96
          && first.region.y == seen.rows.lowerBound * 100 / 96)
      #expect(first.region.x + first.region.width == (seen.columns.upperBound * 150 + 95) / 96)
      #expect(first.region.y + first.region.height == (seen.rows.upperBound * 100 + 95) / 96)
    }
    #expect(alive > 64)
  }

  @Test func `fields inside are whole, and a picture smaller than a field has none`() throws {
    let model = try vgg(),
      pictures = try [(5, 40), (12, 9)].map { try Formula.picture("inside", width: $0, height: $1) }
    let found = try search(model, "pool1", pictures) { $0.isInside = true }
    for unit in 0..<64 {
      let patches = try found.patches(of: unit)
      #expect(patches.count <= 1 && patches.allSatisfy { $0.picture == 1 && $0.field == $0.region })
    }
  }

  @Test func `says what it cannot search for`() throws {
    let model = try vgg()
    func told(_ change: (inout UnitSearch.Options) -> Void) -> String {
      outcome { try search(model, "conv1_1", [], change) }
    }
    #expect(
      told { $0.units = [3, 64] } == "invalidArgument: unit 64; expected less than 64, the units of conv1_1")
    #expect(told { $0.units = [] } == "invalidArgument: no units; expected one at least")
    #expect(told { $0.patches = 65 } == "invalidArgument: 65 patches; expected 1 to 64")
    #expect(
      told { $0.longestSide = 65_501 } == "invalidArgument: a longest side of 65501; expected 0 to 65500")
    #expect(
      outcome { try search(model, "conv1_3", []) }
        == "notFound: vgg19 has no layer \"conv1_3\", it has 21, conv1_1 to pool5; the nearest is conv1_1")
    #expect(
      outcome { try search(model, "conv1_1", []) { $0.units = [3] }.patches(of: 4) }
        == "invalidArgument: unit 4; expected one that the search was asked for")
  }
}
