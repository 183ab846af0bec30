import Tensors

/// The eight ways in which a picture can lie, numbered as EXIF tag 274 does: what must be done to make it
/// upright. Source: CIPA DC-008 (Exif 2.32), 4.6.4 A; the same eight as Pillow's `ImageOps.exif_transpose`.
package enum Orientation: Int, CaseIterable {
  case upright = 1
  case mirrored = 2  // left and right exchanged
  case rotated180 = 3
  case flipped = 4  // top and bottom exchanged
  case transposed = 5  // x and y exchanged
  case rotated90 = 6  // clockwise
  case transversed = 7  // x and y exchanged, then turned by 180 degrees
  case rotated270 = 8

  /// - Throws: `.invalidArgument` unless `degrees`, clockwise, is 0, 90, 180 or 270.
  package init(clockwise degrees: Int) throws(Failure) {
    switch degrees {
    case 0: self = .upright
    case 90: self = .rotated90
    case 180: self = .rotated180
    case 270: self = .rotated270
    default: throw .invalidArgument("rotation of \(degrees) degrees; expected 0, 90, 180 or 270")
    }
  }

  /// Turned clockwise, and then, if `isMirrored`, left and right exchanged.
  package init(clockwise degrees: Int, isMirrored: Bool) throws(Failure) {
    try self.init(clockwise: degrees)
    guard isMirrored else { return }
    switch self {
    case .rotated90: self = .transposed
    case .rotated180: self = .flipped
    case .rotated270: self = .transversed
    default: self = .mirrored
    }
  }

  var exchangesSides: Bool { rawValue >= 5 }

  /// Whether the first row becomes the last one, or the last column.
  var turnsRowsOver: Bool {
    switch self {
    case .rotated180, .flipped, .rotated90, .transversed: return true
    case .upright, .mirrored, .transposed, .rotated270: return false
    }
  }

  /// Where the new picture's pixel (0, 0) lies in a picture of `width` x `height`, and the steps, in pixels,
  /// that one step to the right and one step down make there.
  func walk(width w: Int, height h: Int) -> (start: Int, right: Int, down: Int) {
    let last = w * h - 1
    switch self {
    case .upright: return (0, 1, w)
    case .mirrored: return (w - 1, -1, w)
    case .rotated180: return (last, -1, -w)
    case .flipped: return (last - (w - 1), 1, -w)
    case .transposed: return (0, w, 1)
    case .rotated90: return (last - (w - 1), -w, 1)
    case .transversed: return (last, -w, -1)
    case .rotated270: return (w - 1, w, -1)
    }
  }
}

extension Image {
  /// The picture made upright.
  package func turned(_ orientation: Orientation) throws(Failure) -> Image {
    orientation == .upright ? self : try changed(by: Turning(orientation: orientation))
  }
}
