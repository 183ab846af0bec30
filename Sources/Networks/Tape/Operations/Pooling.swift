import CSystem
import Tensors

package enum Pooling: Int32, CaseIterable, Sendable {
  case average = 0
  case maximum = 1
  /// `y = 0.78 sqrt(sum over the window of x^2)`: the factor of style-transfer-pytorch, with which features
  /// keep about the size that a maximum gives them.
  case euclidean = 2

  static let euclideanScale: Float = 0.78
}

extension Tape {
  /// Pooling over k x k windows, channel by channel, [batch, height, width, channels].
  /// maximum: `y = max over the window of x`; average: `y = mean over the window of x`.
  ///
  /// Where a window reaches over an edge it covers only what lies inside: an average is divided by the number
  /// of pixels covered (TensorFlow's 'same' padding).
  ///
  /// - Parameter roundsUp: the last window may reach over the lower and right edge ('same' for k = stride);
  ///   otherwise every window ends inside the padded picture.
  package func pool(
    _ x: Variable<Element>, _ kind: Pooling, kernel: Int, stride: Int, padding: Int = 0,
    roundsUp: Bool = false
  ) throws(Failure) -> Variable<Element> {
    if kind == .euclidean {
      let roots = try euclideanPool(x, kernel: kernel, stride: stride, padding: padding, roundsUp: roundsUp)
      return try scaled(roots, by: Element(Pooling.euclideanScale))
    }
    let window = try poolingWindow(x.shape, kernel, stride, padding, roundsUp)
    let y = try Tensor<Element>([window.batch, window.outHeight, window.outWidth, window.channels])
    Element.pool(window, isMaximum: kind == .maximum, x.tensor.pointer, y.pointer)
    // average: dx = sum over the windows that cover a pixel of dy / covered.
    // maximum: dy goes to the first pixel of the window that equals y.
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      try Element.poolGradient(
        window, kind == .average ? .average : .maximum, x.tensor.pointer, y.pointer, dy.pointer, dx.pointer)
      try tape.accumulate(dx, into: x)
    }
  }

  /// Mean over all pixels: [batch, height, width, channels] to [batch, 1, 1, channels].
  package func globalAverage(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 4 else { throw .invalidArgument("global average of \(x.shape.description)") }
    let window = Window(
      batch: x.shape[0], height: x.shape[1], width: x.shape[2], channels: x.shape[3],
      kernelHeight: x.shape[1],
      kernelWidth: x.shape[2], strideY: 1, strideX: 1, padTop: 0, padLeft: 0, outHeight: 1, outWidth: 1)
    let y = try Tensor<Element>([window.batch, 1, 1, window.channels])
    Element.pool(window, isMaximum: false, x.tensor.pointer, y.pointer)
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      try Element.poolGradient(window, .average, x.tensor.pointer, y.pointer, dy.pointer, dx.pointer)
      try tape.accumulate(dx, into: x)
    }
  }

  /// L2 pooling (FaceNet): `y = sqrt(sum over the window of x^2)`; what lies over the edges adds nothing.
  package func euclideanPool(
    _ x: Variable<Element>, kernel: Int, stride: Int, padding: Int = 0, roundsUp: Bool = false
  ) throws(Failure) -> Variable<Element> {
    let window = try poolingWindow(x.shape, kernel, stride, padding, roundsUp)
    let y = try Tensor<Element>([window.batch, window.outHeight, window.outWidth, window.channels])
    Element.euclideanPool(window, x.tensor.pointer, y.pointer)
    // dx = dy x / y; 0 where the whole window is 0
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      try Element.poolGradient(window, .euclidean, x.tensor.pointer, y.pointer, dy.pointer, dx.pointer)
      try tape.accumulate(dx, into: x)
    }
  }
}

/// Windows along a side of the picture.
func pooledSide(_ side: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ roundsUp: Bool) -> Int {
  let room = side + 2 * padding - kernel
  guard room >= 0 else { return roundsUp && side > 0 ? 1 : 0 }
  let count = (room + (roundsUp ? stride - 1 : 0)) / stride + 1
  // A window that would begin past the picture covers nothing.
  return (count - 1) * stride < side + padding ? count : count - 1
}

func poolingWindow(
  _ shape: Shape, _ kernel: Int, _ stride: Int, _ padding: Int, _ roundsUp: Bool
) throws(Failure) -> Window {
  guard shape.rank == 4 else {
    throw .invalidArgument("pooling of \(shape.description), wanted [batch, height, width, channels]")
  }
  func outputs(_ side: Int) -> Int { pooledSide(side, kernel, stride, padding, roundsUp) }
  let window = Window(
    batch: shape[0], height: shape[1], width: shape[2], channels: shape[3], kernelHeight: kernel,
    kernelWidth: kernel,
    strideY: stride, strideX: stride, padTop: padding, padLeft: padding, outHeight: outputs(shape[1]),
    outWidth: outputs(shape[2]))
  guard window.outHeight > 0, window.outWidth > 0 else {
    throw .invalidArgument("a picture \(shape.description) is smaller than the \(kernel)x\(kernel) window")
  }
  return window
}
