import Images
import Tensors

/// The position of each pixel of a frame in the previous frame: [height, width, 2], dx and dy.
package struct Flow {
  package let width, height: Int
  private let values: UnsafeBufferPointer<Float>

  /// - Parameter values: 2 * width * height, which must outlive this.
  package init(_ values: UnsafeBufferPointer<Float>, width: Int, height: Int) {
    precondition(values.count == 2 * width * height)
    (self.values, self.width, self.height) = (values, width, height)
  }

  /// nil if it is not finite, or larger than any picture.
  package func at(_ x: Int, _ y: Int) -> (dx: Float, dy: Float)? {
    let i = 2 * (y * width + x), (dx, dy) = (values[i], values[i + 1])
    return abs(dx) < 1e6 && abs(dy) < 1e6 ? (dx, dy) : nil
  }

  /// Interpolated linearly between pixels; nil outside.
  func at(x: Float, y: Float) -> (dx: Float, dy: Float)? {
    guard let place = Bilinear(x, y, width, height) else { return nil }
    var sum: (dx: Float, dy: Float) = (0, 0)
    for (column, row, weight) in place.corners {
      guard let value = at(column, row) else { return nil }
      sum.dx += weight * value.dx
      sum.dy += weight * value.dy
    }
    return sum
  }

  /// Whether the flow has no edge at a pixel: `|dx'|^2 + |dy'|^2 <= 0.01 |flow|^2 + 0.002`.
  func isSmooth(_ x: Int, _ y: Int) -> Bool {
    guard let here = at(x, y) else { return false }
    var change: Float = 0
    for (column, row) in [(x + 1, y), (x, y + 1)] where column < width && row < height {
      guard let there = at(column, row) else { return false }
      change += (there.dx - here.dx) * (there.dx - here.dx) + (there.dy - here.dy) * (there.dy - here.dy)
    }
    return change <= 0.01 * (here.dx * here.dx + here.dy * here.dy) + 0.002
  }
}

extension Image {
  /// This frame as it should look one frame later, and a mask: white where that is known.
  /// - Parameter back: from this frame to the next; where the two disagree, `|flow + back|^2 > 0.01 (|flow|^2
  ///   + |back|^2) + 0.5`, the pixel was hidden.
  /// Source: Ruder, Dosovitskiy, Brox, "Artistic style transfer for videos", 2016, equations 5 and 6.
  package func moved(by flow: Flow, back: Flow?) throws(Failure) -> (frame: Image, mask: Image) {
    let frame = try Image(width: width, height: height), mask = try Image(width: width, height: height)
    ThreadPool.shared.run(height) { y, _ in
      let colours = frame.pixels.pointer + y * stride, known = mask.pixels.pointer + y * stride
      for x in 0..<width {
        let move = flow.at(x, y)
        let place = move.flatMap { Bilinear(Float(x) + $0.dx, Float(y) + $0.dy, width, height) }
        var isKnown = place != nil && flow.isSmooth(x, y)
        if isKnown, let back, let move {
          if let there = back.at(x: Float(x) + move.dx, y: Float(y) + move.dy) {
            let (dx, dy) = (move.dx + there.dx, move.dy + there.dy)
            let lengths = move.dx * move.dx + move.dy * move.dy + there.dx * there.dx + there.dy * there.dy
            isKnown = dx * dx + dy * dy <= 0.01 * lengths + 0.5
          } else {
            isKnown = false
          }
        }
        // A pixel that came from outside keeps its colour.
        var corners = [(x: x, y: y, weight: Float(1))]
        if let place { corners = place.corners }
        for c in 0..<3 {
          var level: Float = 0
          for corner in corners { level += corner.weight * Float(self.row(corner.y)[3 * corner.x + c]) }
          colours[3 * x + c] = UInt8(min(max(level.rounded(), 0), 255))
          known[3 * x + c] = isKnown ? 255 : 0
        }
      }
    }
    return (frame, mask)
  }
}

/// A place between four pixels.
private struct Bilinear {
  private let x, y: Int
  private let right, below: Float
  private let width, height: Int

  /// nil outside the picture.
  init?(_ x: Float, _ y: Float, _ width: Int, _ height: Int) {
    guard x >= 0, y >= 0, x <= Float(width - 1), y <= Float(height - 1) else { return nil }
    (self.x, self.y) = (Int(x), Int(y))
    (right, below) = (x - x.rounded(.down), y - y.rounded(.down))
    (self.width, self.height) = (width, height)
  }

  var corners: [(x: Int, y: Int, weight: Float)] {
    let (next, under) = (min(x + 1, width - 1), min(y + 1, height - 1))
    return [
      (x, y, (1 - right) * (1 - below)), (next, y, right * (1 - below)), (x, under, (1 - right) * below),
      (next, under, right * below)
    ]
  }
}
