/// The size of a picture between layers; height and width are nil where any size is accepted.
package struct Extent: Equatable, Sendable {
  package var height, width: Int?
  package var channels: Int

  package init(height: Int?, width: Int?, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// "300x400x64", the width first.
  package var description: String { "\(width ?? 0)x\(height ?? 0)x\(channels)" }

  /// Upper bound of sides. Sums and products of sides below it do not overflow.
  static let maxSide = 1 << 31

  /// Applies a function to each side.
  func mapped(_ side: (Int) -> Int, channels: Int? = nil) -> Extent {
    mapped(rows: side, columns: side, channels: channels)
  }

  func mapped(rows: (Int) -> Int, columns: (Int) -> Int, channels: Int? = nil) -> Extent {
    func held(_ value: Int) -> Int { min(max(value, -Extent.maxSide), Extent.maxSide) }
    return Extent(
      height: height.map { held(rows($0)) }, width: width.map { held(columns($0)) },
      channels: channels ?? self.channels)
  }
}
