import Tensors

extension Image {
  /// The part of the picture in a rectangle.
  /// - Throws: `.invalidArgument` unless the rectangle is at least 1x1 and lies inside.
  package func cropped(x: Int, y: Int, width: Int, height: Int) throws(Failure) -> Image {
    guard width >= 1, height >= 1, x >= 0, y >= 0,
      width <= self.width, height <= self.height, x <= self.width - width, y <= self.height - height
    else {
      throw .invalidArgument(
        "rectangle of \(width)x\(height) at (\(x), \(y)), one inside \(self.width)x\(self.height) wanted")
    }
    return try Image(width: width, height: height) { row, target in
      let source = UnsafeBufferPointer(rebasing: self.row(y + row)[(3 * x)..<(3 * (x + width))])
      _ = target.update(fromContentsOf: source)
    }
  }
}
