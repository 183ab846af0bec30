import Tensors

/// A factor and an addend per channel, then an activation: a batch normalisation with known statistics. `y[c]
/// = f(scale[c] x[c] + bias[c])`
struct Scaling<Element: Scalar> {
  let scales, biases: [Element]
  /// Only the activation.
  let finish: Finish<Element>
}

extension Planner {
  func rescale(_ node: PlannedNode, _ scaling: Scaling<Float>) throws(Failure) -> Place {
    let x = node.inputs[0]
    guard scaling.scales.count == x.channels else {
      throw .invalidArgument("\(scaling.scales.count) factors for a picture of \(x.channels) channels")
    }
    let target = try plainPlace(node, x.extent)
    record(from: x, to: target) { memory in
      scaleRows(memory.pointer(x), memory.pointer(target), yStride: target.stride, rows: x.pixels, scaling)
    }
    return target
  }
}

extension Tape {
  /// `y[c] = f(scale[c] x[c] + bias[c])` over the last axis, with constants.
  func scaled(_ x: Variable<Element>, _ scaling: Scaling<Element>) throws(Failure) -> Variable<Element> {
    let channels = scaling.scales.count
    guard x.shape.extents.last == channels, channels > 0 else {
      throw .invalidArgument("\(channels) factors for the channels of \(x.shape.description)")
    }
    let y = try Tensor<Element>(x.shape)
    let rows = y.count / channels
    scaleRows(x.tensor.pointer, y.pointer, yStride: channels, rows: rows, scaling)
    // dx[c] = scale[c] f'(scale[c] x[c] + bias[c]) dy[c]
    let activation = scaling.finish.activation
    return record(y, from: [x]) { tape, dy throws(Failure) in
      if activation == .rectifier { try tape.passBack(&dy, throughRectifier: y) }
      let dx = try Tensor<Element>(x.shape)
      for i in 0..<dx.count {
        let c = i % channels, scale = scaling.scales[c]
        let isBent = activation == .parametric && x.tensor[i] * scale + scaling.biases[c] < 0
        dx.pointer[i] = dy[i] * scale * (isBent ? scaling.finish.slope(c) : 1)
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

/// Rows with as many channels as there are factors; rows of `y` are `yStride` apart.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func scaleRows<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, yStride: Int, rows: Int,
  _ scaling: Scaling<Element>
) {
  let channels = scaling.scales.count, finish = scaling.finish
  let rowsPerTask = max(1, (1 << 14) / max(1, channels))
  let tasks = (rows + rowsPerTask - 1) / rowsPerTask
  scaling.scales.withUnsafeBufferPointer { scales in
    scaling.biases.withUnsafeBufferPointer { biases in
      guard let scales = scales.baseAddress, let biases = biases.baseAddress else { return }
      ThreadPool.shared.run(tasks) { task, _ in
        for row in (task * rowsPerTask)..<min((task + 1) * rowsPerTask, rows) {
          let x = x + row * channels, y = y + row * yStride
          switch finish.activation {
          case .none: for c in 0..<channels { y[c] = x[c] * scales[c] + biases[c] }
          case .rectifier:
            for c in 0..<channels {
              let sum = x[c] * scales[c] + biases[c]
              y[c] = sum < 0 ? 0 : sum
            }
          case .parametric:
            for c in 0..<channels { y[c] = finish.apply(x[c] * scales[c] + biases[c], column: c) }
          }
        }
      }
    }
  }
}
