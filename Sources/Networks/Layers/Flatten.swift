import Tensors

/// All numbers of a picture as the channels of one pixel, row by row: [b, h, w, c] to [b, 1, 1, h w c].
package struct Flatten: BareLayer {
  static var kind: StaticString { "flatten" }

  /// Without channels where the picture's size is not known.
  func output(for input: Extent) -> Extent {
    var count = min(input.channels, Extent.maxSide)
    for side in [input.height ?? 0, input.width ?? 0] {
      count = min(count * min(max(side, 0), Extent.maxSide), Extent.maxSide)
    }
    return Extent(height: 1, width: 1, channels: count)
  }

  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { nil }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    let batch = x.shape.extents.first ?? 0
    return try tape.reshaped(x, [batch, 1, 1, x.tensor.count / max(batch, 1)])
  }

  /// The picture itself if nothing else reads it.
  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0]
    guard node.isOurs else {
      let y = try planner.new(x.batch, output(for: x.extent))
      planner.record(from: x, to: y) { memory in
        memory.pointer(y).update(from: memory.pointer(x), count: y.count)
      }
      return y
    }
    let count = x.height * x.width * x.channels
    return Place(
      buffer: x.buffer, offset: x.offset, batch: x.batch, height: 1, width: 1, channels: count, stride: count)
  }
}
