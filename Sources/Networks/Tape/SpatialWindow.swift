import Tensors

/// A sweep of a window over one, two or three axes of [batch, n1 ... nd, channels], shared by spatial
/// convolution and pooling. Missing axes are leading axes of extent 1.
struct SpatialWindow {
  let batch, channels: Int
  /// Extents of the input, the window and the output along each of three axes.
  let extents, kernel, outputs: [Int]
  private let strides, paddings: [Int]
  /// Counts per member of the batch, and per window.
  let inputPixels, outputPixels, taps: Int
  /// Only the output's own extents: n1' ... nd'.
  let outputExtents: [Int]

  /// `n' = (n + 2 padding - k) / stride + 1` along each axis.
  /// - Throws: `.invalidArgument` unless there are one to three axes, or if the window exceeds the padded
  ///   input.
  init(_ shape: Shape, kernel: [Int], stride: Int, padding: Int) throws(Failure) {
    let axes = shape.rank - 2
    guard axes >= 1, axes <= 3, kernel.count == axes else {
      throw .invalidArgument(
        "\(shape.description) for a window of \(kernel.count) axes; expected [batch, n1 ... nd, channels] with 1 to 3 axes"
      )
    }
    // Rejects sides beyond 2^31, so that no sum of them overflows.
    let largest = 1 << 31
    guard stride >= 1, stride < largest, padding >= 0, padding < largest else {
      throw .invalidArgument("stride \(stride) and padding \(padding); expected 1 or more and 0 or more")
    }
    let missing = [Int](repeating: 1, count: 3 - axes)
    var outputs: [Int] = []
    for axis in 0..<axes {
      let side = shape[axis + 1]
      guard kernel[axis] >= 1, kernel[axis] < largest, side < largest, side + 2 * padding >= kernel[axis]
      else {
        throw .invalidArgument(
          "a window of \(kernel[axis]) over \(side) with padding \(padding); expected a window that fits")
      }
      outputs.append((side + 2 * padding - kernel[axis]) / stride + 1)
    }
    // Rejects a product beyond Int, even for an empty batch.
    outputPixels = try Shape(outputs).count
    inputPixels = try Shape(Array(shape.extents[1...axes])).count
    taps = try Shape(kernel).count
    batch = shape[0]
    channels = shape[axes + 1]
    extents = missing + shape.extents[1...axes]
    outputExtents = outputs
    self.kernel = missing + kernel
    self.outputs = missing + outputs
    strides = missing + [Int](repeating: stride, count: axes)
    paddings = missing.map { _ in 0 } + [Int](repeating: padding, count: axes)
  }

  /// The sweep of convolution weights [outputs, inputs, k1 ... kd].
  init(_ x: Shape, weights: Shape, stride: Int, padding: Int) throws(Failure) {
    guard weights.rank >= 3, weights.rank == x.rank, weights.count > 0, weights[1] == x.extents.last else {
      throw .invalidArgument(
        "weights \(weights.description) for \(x.description); expected [outputs, inputs, k1 ... kd] for [batch, n1 ... nd, inputs]"
      )
    }
    try self.init(x, kernel: Array(weights.extents[2...]), stride: stride, padding: padding)
  }

  /// For each output pixel and each input pixel that its window covers: the indices of both and of the tap,
  /// and the number of pixels covered.
  @inline(__always)
  func forEachTap(_ body: (_ output: Int, _ input: Int, _ tap: Int, _ covered: Int) -> Void) {
    let (n0, n1, n2) = (extents[0], extents[1], extents[2])
    let (k0, k1, k2) = (kernel[0], kernel[1], kernel[2])
    let (m0, m1, m2) = (outputs[0], outputs[1], outputs[2])
    for i in 0..<m0 {
      let a = i * strides[0] - paddings[0], low0 = max(a, 0), high0 = min(a + k0, n0)
      for j in 0..<m1 {
        let b = j * strides[1] - paddings[1], low1 = max(b, 0), high1 = min(b + k1, n1)
        for k in 0..<m2 {
          let c = k * strides[2] - paddings[2], low2 = max(c, 0), high2 = min(c + k2, n2)
          guard low0 < high0, low1 < high1, low2 < high2 else { continue }
          let output = (i * m1 + j) * m2 + k
          let covered = (high0 - low0) * (high1 - low1) * (high2 - low2)
          for p in low0..<high0 {
            for q in low1..<high1 {
              for r in low2..<high2 {
                let tap = ((p - a) * k1 + (q - b)) * k2 + (r - c)
                body(output, (p * n1 + q) * n2 + r, tap, covered)
              }
            }
          }
        }
      }
    }
  }
}
