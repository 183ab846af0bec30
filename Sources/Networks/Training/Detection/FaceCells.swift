import Tensors

/// The results of a one-pass face detector, as a training sees them: pictures of cells, one for each stride.
///
/// Cell (row i, column j) of stride s has 15 numbers d: the logit of its score; the box's centre, x = (j +
/// d[1]) s and y = (i + d[2]) s, its width exp(d[3]) s and its height exp(d[4]) s; the points k of 0 to 4, x
/// = (j + d[5 + 2k]) s and y = (i + d[6 + 2k]) s. Pixels count from the picture's top left corner.
package enum FaceCells {
  package static var strides: [Int] { YuNet.cellSides }
  package static var numbers: Int { YuNet.numbersPerCell }
  /// The results' names in a graph.
  package static var names: [String] { strides.map { YuNet.cells(ofSide: $0) } }

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
      let scale = YuNet.sideStep / stride
      let expected = [coarse[0], coarse[1] * scale, coarse[2] * scale, numbers]
      guard tensor.shape.extents == expected, tensor.count > 0 else {
        throw .invalidArgument(
          "cells of stride \(stride) are \(tensor.shape.description); expected \(try Shape(expected).description)"
        )
      }
    }
  }
}

/// The box that a cell's numbers say, in pixels of the network's picture from its top left corner.
package struct CellBox<Element: Scalar> {
  package let left, top, right, bottom: Element
  package let width, height: Element

  /// - Parameter d: the cell's numbers 1 to 4.
  package init(
    _ d: (x: Element, y: Element, width: Element, height: Element), row: Element, column: Element,
    stride: Element
  ) {
    let x = (column + d.x) * stride, y = (row + d.y) * stride
    width = Element.exponential(d.width) * stride
    height = Element.exponential(d.height) * stride
    (left, top, right, bottom) = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
  }
}

extension Architecture {
  /// What a training requires of a one-pass detector's network.
  /// - Throws: `.invalidArgument` unless every result of `FaceCells` has its stride and numbers.
  func checkCells() throws(Failure) {
    let side = 4 * YuNet.sideStep
    let input = Extent(height: side, width: side, channels: self.input.channels)
    for (name, stride) in zip(FaceCells.names, FaceCells.strides) {
      let expected = Extent(height: side / stride, width: side / stride, channels: FaceCells.numbers)
      let found = graph.extent(of: name, for: input)
      guard found == expected else {
        throw .invalidArgument(
          "\(name) is \(found.map { $0.description } ?? "missing") for a picture of \(side)x\(side); expected \(expected.description)"
        )
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

  /// - Throws: `.invalidArgument` for a box without an inside, for other than 0 or five points, and for
  ///   places more than a million pixels away, with which the losses could not compute.
  package func check() throws(Failure) {
    func isNear(_ place: Float) -> Bool { place.magnitude <= 1e6 }
    let isBox = width > 0 && height > 0 && width * height > 0
    guard isBox, isNear(left), isNear(top), isNear(right), isNear(bottom) else {
      throw .invalidArgument(
        "the box \(left), \(top), \(right), \(bottom); expected left < right and top < bottom, within a million"
      )
    }
    guard points.isEmpty || points.count == 10, points.allSatisfy(isNear) else {
      throw .invalidArgument("points of \(points.count) numbers; expected none or 10, within a million")
    }
  }
}
