import Faces
import Networks
import TestSupport
import Testing

@Suite struct CellGridTests {
  /// The faces of a grid whose cells are without a face but for those given.
  private func faces(
    _ cells: [Int: [Float]], side: Int = 16, columns: Int = 3, height: Int = 32, width: Int = 48,
    minLogit: Float = 0, _ place: CellGrid.Mapping = .init()
  ) -> [Face] {
    var numbers = [Float](repeating: -100, count: 15 * 6)
    for (cell, values) in cells { numbers.replaceSubrange((15 * cell)..<(15 * cell + 15), with: values) }
    var found: [Face] = []
    numbers.withUnsafeBufferPointer { numbers in
      guard let start = numbers.baseAddress else { return }
      let grid = CellGrid(numbers: start, side: side, columns: columns, height: height, width: width)
      grid.forEachFace(minLogit: minLogit, place) { found.append($0) }
    }
    return found
  }

  /// log 3 and log 0.5; a score of 1 / (1 + 1 / 3).
  private static let cell: [Float] = [
    1.0986123, 0.25, 0.75, 1.0986123, -0.6931472, 0, 0, 1, 0, 0.5, 0.5, 0.125, 1, 0.875, 1.5
  ]

  /// Cell 4 of three per row is in row 1, column 1.
  @Test func `a cell's numbers are its box, its score and five points`() throws {
    let face = try #require(faces([4: Self.cell]).first)
    #expect(abs(face.score - 0.75) < 1e-6)
    let box = face.box
    // Centre (1.25, 1.75) * 16, width 3 * 16, height 0.5 * 16.
    #expect(abs(box.left - -4) < 1e-4 && abs(box.right - 44) < 1e-4)
    #expect(abs(box.top - 24) < 1e-4 && abs(box.bottom - 32) < 1e-4)
    // Half a pixel less: the centre of the first pixel is (0, 0).
    let expected: [Point] = [
      Point(15.5, 15.5), Point(31.5, 15.5), Point(23.5, 23.5), Point(17.5, 31.5), Point(29.5, 39.5)
    ]
    #expect(face.landmarks == expected)
  }

  @Test func `cells are found in order, from the logit asked for`() {
    var weaker = Self.cell, none = Self.cell
    weaker[0] = 0.5
    none[0] = .nan
    let cells = [0: weaker, 2: none, 5: Self.cell]
    #expect(faces(cells).count == 2 && faces(cells).first.map { $0.score < 0.7 } == true)
    #expect(faces(cells, minLogit: 0.5).count == 2 && faces(cells, minLogit: 0.6).count == 1)
    #expect(faces(cells, minLogit: .infinity).isEmpty)
    #expect(faces([:]).isEmpty && faces([:], minLogit: -.infinity).count == 6)
  }

  @Test func `cells behind the picture's end are not looked at`() {
    let all = Dictionary(uniqueKeysWithValues: (0..<6).map { ($0, Self.cell) })
    #expect(faces(all, height: 17, width: 33).count == 6)
    #expect(faces(all, height: 17, width: 32).count == 4)
    #expect(faces(all, height: 16, width: 48).count == 3)
    #expect(faces(all, height: 1, width: 1).count == 1)
  }

  @Test func `places are moved, then scaled, to those of the searched picture`() throws {
    let place = CellGrid.Mapping(across: 2, down: 3, left: 100, top: 10)
    let face = try #require(faces([4: Self.cell], place).first)
    #expect(abs(face.box.left - 2 * 96) < 1e-3 && abs(face.box.right - 2 * 144) < 1e-3)
    #expect(abs(face.box.top - 3 * 34) < 1e-3 && abs(face.box.bottom - 3 * 42) < 1e-3)
    #expect(face.landmarks[0] == Point(2 * 116 - 0.5, 3 * 26 - 0.5))
  }

  @Test func `numbers that make no face are left out`() {
    for i in 1..<15 {
      for number in [Float.nan, .infinity, 1e30] {
        var cell = Self.cell
        cell[i] = number
        #expect(faces([1: cell]).isEmpty, "\(i) \(number)")
      }
    }
    var cell = Self.cell
    cell[0] = .infinity
    #expect(faces([1: cell]).first?.score == 1)
  }
}
