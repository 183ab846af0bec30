import CSystem
import Tensors

/// How far a window may reach over the edges of a picture.
package enum Padding: Equatable, Sendable {
  /// Not at all.
  case valid
  /// By `n` zeros on every side.
  case zeros(Int)
}

/// The weights of a convolution, arranged once for the kernels and shared by all who run it.
///
/// `weights` come as files have them, [outputs, inputs, kernelHeight, kernelWidth] (OIHW), and become a matrix
/// [kernelHeight * kernelWidth * inputs, outputs] for NHWC pictures.
package final class Filter<Element: Scalar>: @unchecked Sendable {
  package let outputs, inputs, kernel, stride: Int
  package let padding: Padding
  let forward: PackedFilter<Element>
  /// The weights turned by 180 degrees with inputs and outputs exchanged: they carry the gradient to the input.
  let backward: PackedFilter<Element>?
  let finish: Finish<Element>

  package init(
    weights: Tensor<Element>, finish: Finish<Element>, stride: Int = 1, padding: Padding, isDifferentiable: Bool
  ) throws(Failure) {
    let extents = weights.shape.extents
    guard extents.count == 4, extents[2] == extents[3], weights.count > 0 else {
      throw .invalidArgument("filter weights of shape \(weights.shape.description), wanted [outputs, inputs, k, k]")
    }
    outputs = extents[0]
    inputs = extents[1]
    kernel = extents[2]
    self.stride = stride
    self.padding = padding
    self.finish = finish
    let taps = kernel * kernel
    let matrix = try Tensor<Element>([taps * inputs, outputs])
    filterMatrix(weights.pointer, matrix.pointer, outputs, inputs, taps)
    forward = try PackedFilter(kernel: kernel, stride: stride, inputs: inputs, outputs: outputs, matrix: matrix.pointer)
    guard isDifferentiable else {
      backward = nil
      return
    }
    let turned = try Tensor<Element>([taps * outputs, inputs])
    turnedFilterMatrix(weights.pointer, turned.pointer, outputs, inputs, taps)
    backward = try PackedFilter(kernel: kernel, stride: 1, inputs: outputs, outputs: inputs, matrix: turned.pointer)
  }

  var pad: Int { padding.count }

  /// The sweep over a picture [batch, height, width, inputs].
  func window(over shape: Shape) throws(Failure) -> Window {
    guard shape.rank == 4, shape[3] == inputs else {
      throw .invalidArgument("a picture \(shape.description) for a filter of \(inputs) channels")
    }
    let outHeight = (shape[1] + 2 * pad - kernel) / stride + 1
    let outWidth = (shape[2] + 2 * pad - kernel) / stride + 1
    guard shape[1] + 2 * pad >= kernel, shape[2] + 2 * pad >= kernel else {
      throw .invalidArgument("a picture \(shape.description) is smaller than the \(kernel)x\(kernel) window")
    }
    return Window(
      batch: shape[0], height: shape[1], width: shape[2], channels: inputs, kernelHeight: kernel, kernelWidth: kernel,
      strideY: stride, strideX: stride, padTop: pad, padLeft: pad, outHeight: outHeight, outWidth: outWidth)
  }
}

/// matrix[t * I + i, o] = weights[o, i, t]
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func filterMatrix<Element: Scalar>(
  _ weights: UnsafePointer<Element>, _ matrix: UnsafeMutablePointer<Element>, _ outputs: Int, _ inputs: Int, _ taps: Int
) {
  for o in 0..<outputs {
    for i in 0..<inputs {
      for t in 0..<taps { matrix[(t * inputs + i) * outputs + o] = weights[(o * inputs + i) * taps + t] }
    }
  }
}

/// matrix[t * O + o, i] = weights[o, i, taps - 1 - t]
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func turnedFilterMatrix<Element: Scalar>(
  _ weights: UnsafePointer<Element>, _ matrix: UnsafeMutablePointer<Element>, _ outputs: Int, _ inputs: Int, _ taps: Int
) {
  for o in 0..<outputs {
    for i in 0..<inputs {
      for t in 0..<taps { matrix[((taps - 1 - t) * outputs + o) * inputs + i] = weights[(o * inputs + i) * taps + t] }
    }
  }
}
