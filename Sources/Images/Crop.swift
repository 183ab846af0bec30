import Tensors

extension Image {
  /// The part of the picture in a rectangle.
  /// - Throws: `.invalidArgument` unless the rectangle is at least 1x1 and lies inside.
  package func cropped(x: Int, y: Int, width: Int, height: Int) throws(Failure) -> Image {
    try cropped(Region(x: x, y: y, width: width, height: height))
  }

  package func cropped(_ region: Region) throws(Failure) -> Image {
    try region.check(inside: width, height)
    return try Image(width: region.width, height: region.height) { row, target in
      let bytes = (3 * region.x)..<(3 * (region.x + region.width))
      _ = target.update(fromContentsOf: UnsafeBufferPointer(rebasing: self.row(region.y + row)[bytes]))
    }
  }
}
