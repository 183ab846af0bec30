/// The extents of a tensor, outermost first; row-major, the last one contiguous.
///
/// Pictures and feature maps are `[batch, height, width, channels]` (NHWC): the channels of a pixel lie
/// together, so that a convolution reads and writes whole vectors of channels.
package struct Shape: Equatable {
  package let extents: [Int]
  package let count: Int

  /// - Throws: `.invalidArgument` for a negative extent or a product beyond `Int`.
  package init(_ extents: [Int]) throws(Failure) {
    var count = 1
    for extent in extents {
      guard extent >= 0 else { throw .invalidArgument("extent \(extent) of a shape is negative") }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .invalidArgument("a shape of more than \(Int.max) elements") }
      count = product
    }
    self.extents = extents
    self.count = count
  }

  package var rank: Int { extents.count }
  package subscript(axis: Int) -> Int { extents[axis] }

  /// "[1, 300, 400, 64]"
  package var description: String {
    var text = "["
    for (axis, extent) in extents.enumerated() { text += (axis == 0 ? "" : ", ") + "\(extent)" }
    return text + "]"
  }
}
