import CSystem
import Tensors

// Depthwise separable convolutions, planned as one operation: the depthwise convolution waits for the
// pointwise one, and a network's first convolution for the depthwise one. No picture is kept between them.

extension Planner {
  /// Whether a convolution is deferred to be computed with the one that reads it.
  func waits(_ node: PlannedNode, _ filter: Filter<Float>) throws(Failure) -> Bool {
    guard waitingMap(node.values[0]) == nil, let next = try nextFilter(node.step) else { return false }
    if filter.shape.isDepthwise {
      guard next.filter.isPointwise else { return false }
    } else {
      guard waitingConvolutions(node.values[0]).isEmpty, next.filter.shape.isDepthwise,
        try nextFilter(next.step)?.filter.isPointwise == true,
        try Float.startsRows(filter.window(over: node.inputs[0].shape()), filter.shape)
      else { return false }
    }
    wait(node, filter)
    return true
  }

  /// A pointwise convolution with those that waited for it.
  func convolve(
    _ waiting: [Filter<Float>], _ pointwise: Filter<Float>, _ x: Place, to destination: Destination?
  ) throws(Failure) -> Place {
    var filters: [(filter: Filter<Float>, window: Window)] = [], shape = try x.shape()
    for filter in waiting + [pointwise] {
      let window = try filter.window(over: shape)
      filters.append((filter, window))
      shape = try Shape([x.batch, window.outHeight, window.outWidth, filter.outputs])
    }
    let extent = Extent(height: shape[1], width: shape[2], channels: shape[3])
    let (y, accumulate, finish) = try result(extent, of: x, pointwise.finish, to: destination)
    guard let depthwise = filters.dropLast().last else {
      throw .internalError("a pointwise convolution for which none waited")
    }
    let first = filters.count > 2 ? filters[0] : nil
    record(
      from: x, to: y,
      scratch: Float.separableScratchCount(
        first.map { ($0.window, $0.filter.shape) }, depthwise.window, pointwise.shape),
      filters: filters
    ) { memory throws(Failure) in
      var opening: PassingConvolution?
      if let first {
        opening = PassingConvolution(first.window, try first.filter.forward(), first.filter.finish)
      }
      try Float.convolveSeparably(
        opening,
        PassingConvolution(depthwise.window, try depthwise.filter.forward(), depthwise.filter.finish),
        memory.pointer(x), pointwise.forward(),
        Target(memory.pointer(y), stride: y.stride, accumulate: accumulate), finish, memory.workspace)
    }
    return y
  }
}

extension Filter {
  /// Whether it sees one pixel at a time, all channels of it.
  fileprivate var isPointwise: Bool {
    kernel == 1 && kernelWidth == 1 && stride == 1 && strideX == 1 && groups == 1 && padding.rows == 0
      && padding.columns == 0
  }
}
