import CSystem
import Tensors

/// How far a window may reach over the edges of a picture.
package enum Padding: Equatable, Sendable {
  /// Not at all.
  case valid
  /// By `n` zeros on every side.
  case zeros(Int)
}

/// The weights of a convolution, arranged for the kernels on first use and shared by all who run it.
///
/// Weights come as files have them, [outputs, inputs / groups, kernelHeight, kernelWidth] (OIHW), and become for each
/// group a matrix [kernelHeight * kernelWidth * inputs / groups, outputs / groups] for NHWC pictures.
package final class Filter<Element: Scalar>: @unchecked Sendable {
  package let outputs, inputs, kernel, stride, groups: Int
  package let padding: Padding
  let finish: Finish<Element>
  private let weights: () throws(Failure) -> Tensor<Element>
  private let narrowWeights: (() throws(Failure) -> NarrowTensor?)?
  private let lock = Lock()
  private var packed: PackedFilter<Element>?
  private var turned: PackedFilter<Element>?

  /// - Parameters:
  ///   - extents: of the weights.
  ///   - weights: called when they are needed, which for a gradient may be never.
  ///   - narrow: the same in fewer bits, if they have them and shall stay so.
  package init(
    _ extents: [Int], finish: Finish<Element>, stride: Int = 1, groups: Int = 1, padding: Padding,
    weights: @escaping () throws(Failure) -> Tensor<Element>, narrow: (() throws(Failure) -> NarrowTensor?)? = nil
  ) throws(Failure) {
    guard extents.count == 4, extents[2] == extents[3], extents.allSatisfy({ $0 > 0 }), stride > 0, groups > 0,
      extents[0] % groups == 0
    else {
      throw .invalidArgument(
        "filter weights of shape \(try Shape(extents).description) in \(groups) groups, wanted [outputs, inputs, k, k]")
    }
    outputs = extents[0]
    inputs = extents[1] * groups
    kernel = extents[2]
    self.stride = stride
    self.groups = groups
    self.padding = padding
    self.finish = finish
    self.weights = weights
    narrowWeights = groups == 1 && Element.takesNarrowWeights ? narrow : nil
  }

  package convenience init(
    weights: Tensor<Element>, finish: Finish<Element>, stride: Int = 1, groups: Int = 1, padding: Padding
  ) throws(Failure) {
    try self.init(weights.shape.extents, finish: finish, stride: stride, groups: groups, padding: padding) {
      () throws(Failure) in weights
    }
  }

  /// What a forward pass multiplies by.
  package func forward() throws(Failure) -> PackedFilter<Element> {
    try lock.hold { () throws(Failure) in
      if let packed { return packed }
      let made = try pack(inputs: inputs, outputs: outputs, stride: stride, isTurned: false)
      packed = made
      return made
    }
  }

  /// The weights turned by 180 degrees with inputs and outputs exchanged: they carry the gradient to the input.
  package func backward() throws(Failure) -> PackedFilter<Element> {
    try lock.hold { () throws(Failure) in
      if let turned { return turned }
      let made = try pack(inputs: outputs, outputs: inputs, stride: 1, isTurned: true)
      turned = made
      return made
    }
  }

  private func pack(inputs: Int, outputs: Int, stride: Int, isTurned: Bool) throws(Failure) -> PackedFilter<Element> {
    let taps = kernel * kernel, depth = taps * inputs
    func arranged<Number: BitwiseCopyable>(_ weights: Storage<Number>) throws(Failure) -> Storage<Number> {
      let matrix = try Storage<Number>(count: weights.count)
      let each = self.outputs / groups, length = self.inputs / groups
      for group in 0..<groups {
        let first = group * taps * length * each
        if isTurned {
          turnedFilterMatrix(weights.pointer + first, matrix.pointer + first, each, length, taps)
        } else {
          filterMatrix(weights.pointer + first, matrix.pointer + first, each, length, taps)
        }
      }
      withExtendedLifetime(weights) {}
      return matrix
    }
    switch try narrowWeights?() {
    case .codes(let codes, let table):
      let packed = try NarrowMatrix(depth: depth, columns: outputs, codes: arranged(codes), table: table)
      return try Element.filter(kernel: kernel, stride: stride, inputs: inputs, outputs: outputs, narrow: packed)
    case .halves(let halves):
      let packed = try NarrowMatrix(depth: depth, columns: outputs, halves: arranged(halves))
      return try Element.filter(kernel: kernel, stride: stride, inputs: inputs, outputs: outputs, narrow: packed)
    case nil:
      let matrix = try arranged(weights().storage)
      return try withExtendedLifetime(matrix) { () throws(Failure) in
        try PackedFilter<Element>(
          kernel: kernel, stride: stride, inputs: inputs / groups, outputs: outputs, groups: groups, matrix: matrix.pointer)
      }
    }
  }

  package var shape: FilterShape {
    FilterShape(
      kernel: kernel, stride: stride, inputs: inputs / groups, outputs: outputs, groups: groups, isNarrow: narrowWeights != nil)
  }
  package var backwardShape: FilterShape {
    FilterShape(
      kernel: kernel, inputs: outputs / groups, outputs: inputs, groups: groups, isNarrow: narrowWeights != nil)
  }

  var pad: Int { padding.count }

  /// The sweep over a picture [batch, height, width, inputs].
  package func window(over shape: Shape) throws(Failure) -> Window {
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

  /// The sweep of the turned filter over the gradient of a result, for a stride of 1.
  package func backwardWindow(of window: Window, height: Int, width: Int) -> Window {
    Window(
      batch: window.batch, height: height, width: width, channels: outputs, kernelHeight: kernel, kernelWidth: kernel,
      strideY: 1, strideX: 1, padTop: kernel - 1 - window.padTop, padLeft: kernel - 1 - window.padLeft,
      outHeight: window.height, outWidth: window.width)
  }
}

/// matrix[t * I + i, o] = weights[o, i, t]
@_specialize(where Element == Float)
@_specialize(where Element == Double)
@_specialize(where Element == UInt8)
@_specialize(where Element == UInt16)
private func filterMatrix<Element: BitwiseCopyable>(
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
@_specialize(where Element == UInt8)
@_specialize(where Element == UInt16)
private func turnedFilterMatrix<Element: BitwiseCopyable>(
  _ weights: UnsafePointer<Element>, _ matrix: UnsafeMutablePointer<Element>, _ outputs: Int, _ inputs: Int, _ taps: Int
) {
  for o in 0..<outputs {
    for i in 0..<inputs {
      for t in 0..<taps { matrix[((taps - 1 - t) * outputs + o) * inputs + i] = weights[(o * inputs + i) * taps + t] }
    }
  }
}
