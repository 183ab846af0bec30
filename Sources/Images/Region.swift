import Tensors

/// A part of a picture, in its pixels.
package struct Region: Equatable {
  package var x, y, width, height: Int

  package init(x: Int, y: Int, width: Int, height: Int) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  /// - Throws: `.invalidArgument` unless it is at least 1x1 and lies in a picture of `width` x `height`.
  package func check(inside width: Int, _ height: Int) throws(Failure) {
    guard self.width >= 1, self.height >= 1, x >= 0, y >= 0,
      self.width <= width, self.height <= height, x <= width - self.width, y <= height - self.height
    else {
      throw .invalidArgument(
        "rectangle of \(self.width)x\(self.height) at (\(x), \(y)); expected one inside \(width)x\(height)")
    }
  }
}
