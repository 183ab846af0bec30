import Networks

/// The receptive fields of a layer's units in one picture.
struct UnitFields {
  let field: ReceptiveField
  let window: ReceptiveField.Window?
  let height, width: Int

  /// The part of the field inside the picture.
  func visible(_ row: Int, _ column: Int) -> ReceptiveField.Box {
    field.pixels(of: .init(row: row, column: column), height: height, width: width)
  }

  /// The whole field, which may extend past the edges if fields are windows.
  func whole(_ row: Int, _ column: Int) -> ReceptiveField.Box {
    guard let window else { return visible(row, column) }
    return .init(rows: window.pixels(of: row), columns: window.pixels(of: column))
  }

  /// The rows and columns whose fields lie entirely inside the picture.
  func inside(_ rows: Int, _ columns: Int) -> (Range<Int>, Range<Int>) {
    guard let window else { return (0..<rows, 0..<columns) }
    func inside(_ units: Int, _ side: Int) -> Range<Int> {
      var all = 0..<units
      while !all.isEmpty, window.pixels(of: all.lowerBound).lowerBound < 0 { all = all.dropFirst() }
      while !all.isEmpty, window.pixels(of: all.upperBound - 1).upperBound > side { all = all.dropLast() }
      return all
    }
    return (inside(rows, height), inside(columns, width))
  }

  /// Whether two fields share more than half of the smaller one's area.
  func overlap(_ a: (row: Int, column: Int), _ b: (row: Int, column: Int)) -> Bool {
    if a == b { return true }
    let first = whole(a.row, a.column), second = whole(b.row, b.column)
    return 2 * first.clamped(to: second).area > min(first.area, second.area)
  }
}
