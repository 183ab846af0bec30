import Tensors

/// The eight ways in which a picture can lie, numbered as EXIF tag 274 does: what must be done to make it upright.
/// Source: CIPA DC-008 (Exif 2.32), 4.6.4 A; the same eight as Pillow's `ImageOps.exif_transpose`.
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
    default: throw .invalidArgument("rotation of \(degrees) degrees, 0, 90, 180 or 270 wanted")
    }
  }

  var exchangesSides: Bool { rawValue >= 5 }

  /// Where the new picture's pixel (0, 0) lies in a picture of `width` x `height`, and the steps, in pixels, that
  /// one step to the right and one step down make there.
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
    if orientation == .upright { return self }
    let out = try Image(
      width: orientation.exchangesSides ? height : width, height: orientation.exchangesSides ? width : height)
    let walk = orientation.walk(width: width, height: height)
    // Squares, so that a walk down the columns of the source finds its lines still in the cache.
    let side = 64
    for top in Swift.stride(from: 0, to: out.height, by: side) {
      for left in Swift.stride(from: 0, to: out.width, by: side) {
        for y in top..<min(top + side, out.height) {
          var source = pixels.pointer + 3 * (walk.start + y * walk.down + left * walk.right)
          var target = out.pixels.pointer + 3 * (y * out.width + left)
          for _ in left..<min(left + side, out.width) {
            target[0] = source[0]
            target[1] = source[1]
            target[2] = source[2]
            target += 3
            source += 3 * walk.right
          }
        }
      }
    }
    return out
  }
}
