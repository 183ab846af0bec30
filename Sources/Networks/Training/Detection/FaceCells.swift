import Tensors

/// The results of a one-pass face detector: pictures of cells, one for each stride.
///
/// Cell (row i, column j) of stride s has 15 numbers d: the logit of its score; the box's centre, x = (j +
/// d[1]) s and y = (i + d[2]) s, its width exp(d[3]) s and its height exp(d[4]) s; the points k of 0 to 4, x =
/// (j + d[5 + 2k]) s and y = (i + d[6 + 2k]) s. Pixels count from the picture's top left corner.
package enum FaceCells {
  package static var strides: [Int] { [8, 16, 32] }
  package static var numbers: Int { 15 }
  /// The results' names in a graph.
  package static var names: [String] { ["cells8", "cells16", "cells32"] }
  /// The sides of pictures are multiples of it.
  package static var largestStride: Int { 32 }

  /// The cells of a picture, of all strides.
  package static func count(width: Int, height: Int) -> Int {
    var count = 0
    for stride in strides { count += (width / stride) * (height / stride) }
    return count
  }

  /// - Throws: `.invalidArgument` unless there is a result for each stride, [batch, height / stride, width /
  ///   stride, 15].
  static func check<Element: Scalar>(_ cells: [Tensor<Element>]) throws(Failure) {
    guard cells.count == strides.count, let coarse = cells.last?.shape, coarse.rank == 4 else {
      throw .invalidArgument("\(cells.count) pictures of cells; expected \(strides.count)")
    }
    for (tensor, stride) in zip(cells, strides) {
      let scale = largestStride / stride
      let expected = [coarse[0], coarse[1] * scale, coarse[2] * scale, numbers]
      guard tensor.shape.extents == expected, tensor.count > 0 else {
        throw .invalidArgument(
          "cells of stride \(stride) are \(tensor.shape.description); expected \(try Shape(expected).description)")
      }
    }
  }
}

/// A face that a detector learns to find, in pixels of the picture from its top left corner.
package struct FaceTarget: Equatable, Sendable {
  package var left, top, right, bottom: Float
  /// x, y of the five points, as `Face.landmarks`; empty if unknown.
  package var points: [Float]
  /// Neither to be found nor to be missed: it takes part in no loss.
  package var isIgnored: Bool

  package init(
    left: Float, top: Float, right: Float, bottom: Float, points: [Float] = [], isIgnored: Bool = false
  ) {
    (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
    (self.points, self.isIgnored) = (points, isIgnored)
  }

  package var width: Float { right - left }
  package var height: Float { bottom - top }

  /// - Throws: `.invalidArgument` for a box without an inside, and for other than 0 or five points.
  package func check() throws(Failure) {
    guard width > 0, height > 0, (width * height).isFinite, left.isFinite, top.isFinite else {
      throw .invalidArgument(
        "a face with the box \(left), \(top), \(right), \(bottom); expected left < right and top < bottom")
    }
    guard points.isEmpty || points.count == 10, points.allSatisfy({ $0.isFinite }) else {
      throw .invalidArgument("a face with points of \(points.count) numbers; expected none or 10 finite ones")
    }
  }
}
