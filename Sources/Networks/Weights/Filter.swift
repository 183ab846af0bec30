import CSystem
import Tensors

/// How far windows extend past the edges of a picture.
package enum Padding: Equatable, Sendable {
  /// Not at all.
  case valid
  /// By `n` zeros on every side.
  case zeros(Int)
  /// By zeros, in different numbers above and to the left than below and to the right.
  case uneven(before: Int, after: Int)
  /// By zeros, in a number for each side.
  case sides(top: Int, left: Int, bottom: Int, right: Int)

  /// The zeros of each side.
  private var counts: (top: Int, left: Int, bottom: Int, right: Int) {
    switch self {
    case .valid: (0, 0, 0, 0)
    case .zeros(let n): (n, n, n, n)
    case .uneven(let before, let after): (before, before, after, after)
    case .sides(let top, let left, let bottom, let right): (top, left, bottom, right)
    }
  }

  var top: Int { counts.top }
  var left: Int { counts.left }
  var bottom: Int { counts.bottom }
  var right: Int { counts.right }
  /// Of both sides of an axis.
  var rows: Int { counts.top + counts.bottom }
  var columns: Int { counts.left + counts.right }
}

/// The weights of a convolution, packed for the kernels on first use and shared by all callers.
///
/// Weights are in the order of files, [outputs, inputs / groups, kernelHeight, kernelWidth] (OIHW).
package final class Filter<Element: Scalar>: @unchecked Sendable {
  package typealias Reader = FilterPanels.Reader<Element>

  /// `kernel` and `stride` are those of rows.
  package let outputs, inputs, kernel, kernelWidth, stride, strideX, groups: Int
  package let padding: Padding
  let finish: Finish<Element>
  /// Reads them from the file until they are packed, then from the panels.
  private var weights: () throws(Failure) -> Reader
  private let narrowWeights: WeightReader?
  /// The filters that this one joins, side by side.
  private var parts: [Filter] = []
  private let lock = Lock()
  private var packed: PackedFilter<Element>?
  private var turned: PackedFilter<Element>?

  /// - Parameters:
  ///   - extents: of the weights.
  ///   - strideX: of columns; nil: that of rows.
  ///   - weights: called when needed, which for the gradient may be never.
  ///   - narrow: the same in fewer bits, if they have them and shall stay so.
  package init(
    _ extents: [Int], finish: Finish<Element>, stride: Int = 1, strideX: Int? = nil, groups: Int = 1,
    padding: Padding, weights: @escaping () throws(Failure) -> Reader,
    narrow: WeightReader? = nil
  ) throws(Failure) {
    let strideX = strideX ?? stride
    guard extents.count == 4, extents.allSatisfy({ $0 > 0 }), stride > 0, strideX > 0, groups > 0,
      extents[0] % groups == 0
    else {
      throw .invalidArgument(
        "filter weights of shape \(try Shape(extents).description) in \(groups) groups; expected [outputs, inputs, height, width]"
      )
    }
    outputs = extents[0]
    inputs = extents[1] * groups
    (kernel, kernelWidth) = (extents[2], extents[3])
    (self.stride, self.strideX) = (stride, strideX)
    self.groups = groups
    self.padding = padding
    self.finish = finish
    self.weights = weights
    narrowWeights = groups == 1 && Element.takesNarrowWeights ? narrow : nil
  }

  package convenience init(
    weights: Tensor<Element>, finish: Finish<Element>, stride: Int = 1, strideX: Int? = nil,
    groups: Int = 1, padding: Padding
  ) throws(Failure) {
    try self.init(
      weights.shape.extents, finish: finish, stride: stride, strideX: strideX, groups: groups,
      padding: padding
    ) {
      { output, first, count, target in
        target.update(
          from: weights.pointer + output * (weights.count / weights.shape[0]) + first, count: count)
      }
    }
  }

  /// The packed weights of a forward pass.
  package func forward() throws(Failure) -> PackedFilter<Element> {
    try lock.hold { () throws(Failure) in
      if let packed { return packed }
      let made = try pack(shape, isTurned: false)
      packed = made
      if let stored = made.stored {
        weights = { stored }
        var first = 0
        for part in parts {
          part.read(stored, from: first)
          first += part.outputs
        }
      }
      return made
    }
  }

  /// The weights turned by 180 degrees, with inputs and outputs exchanged: they propagate the gradient to the
  /// input.
  package func backward() throws(Failure) -> PackedFilter<Element> {
    try lock.hold { () throws(Failure) in
      if let turned { return turned }
      let made = try pack(backwardShape, isTurned: true)
      turned = made
      return made
    }
  }

  private func pack(_ shape: FilterShape, isTurned: Bool) throws(Failure) -> PackedFilter<Element> {
    guard let narrow = narrowWeights else {
      return try PackedFilter<Element>(shape, isTurned: isTurned, read: weights())
    }
    let each = kernel * kernelWidth * inputs
    let bytes: FilterPanels.Reader<UInt8> = { output, first, count, target in
      narrow.copy(output * each + first, count, to: target)
    }
    let packed: NarrowMatrix
    switch narrow.numbers {
    case .codes(let table):
      packed = try NarrowMatrix(shape, isTurned: isTurned, table: table.storage, codes: bytes)
    case .levels(let scales):
      packed = try NarrowMatrix(shape, isTurned: isTurned, scales: scales.storage, levels: bytes)
    case .halves, .singles:
      packed = try NarrowMatrix(shape, isTurned: isTurned) { output, first, count, halves in
        narrow.copy(output * each + first, count, to: halves)
      }
    }
    return try Element.filter(shape, narrow: packed)
  }

  /// Takes its weights from a filter that has them packed, from output `offset` on.
  private func read(_ stored: @escaping Reader, from offset: Int) {
    lock.hold {
      if packed == nil { weights = { { stored($0 + offset, $1, $2, $3) } } }
    }
  }

  private func reader() throws(Failure) -> Reader {
    try lock.hold { () throws(Failure) in try weights() }
  }

  package var shape: FilterShape {
    FilterShape(
      kernel: kernel, kernelWidth: kernelWidth, stride: stride, inputs: inputs / groups, outputs: outputs,
      groups: groups, isNarrow: narrowWeights != nil)
  }
  package var backwardShape: FilterShape {
    FilterShape(
      kernel: kernel, kernelWidth: kernelWidth, inputs: outputs / groups, outputs: inputs, groups: groups,
      isNarrow: narrowWeights != nil)
  }

  /// The sweep over a picture [batch, height, width, inputs].
  package func window(over shape: Shape) throws(Failure) -> Window {
    guard shape.rank == 4, shape[3] == inputs else {
      throw .invalidArgument("a picture \(shape.description) for a filter of \(inputs) channels")
    }
    let height = shape[1] + padding.rows, width = shape[2] + padding.columns
    guard height >= kernel, width >= kernelWidth else {
      throw .invalidArgument(
        "a picture \(shape.description) is smaller than the \(kernelWidth)x\(kernel) window")
    }
    return Window(
      batch: shape[0], height: shape[1], width: shape[2], channels: inputs, kernelHeight: kernel,
      kernelWidth: kernelWidth,
      strideY: stride, strideX: strideX, padTop: padding.top, padLeft: padding.left,
      outHeight: (height - kernel) / stride + 1, outWidth: (width - kernelWidth) / strideX + 1)
  }

  /// The sweep of the turned filter over the gradient of a result, for a stride of 1.
  package func backwardWindow(of window: Window, height: Int, width: Int) -> Window {
    Window(
      batch: window.batch, height: height, width: width, channels: outputs, kernelHeight: kernel,
      kernelWidth: kernelWidth,
      strideY: 1, strideX: 1, padTop: kernel - 1 - window.padTop,
      padLeft: kernelWidth - 1 - window.padLeft,
      outHeight: window.height, outWidth: window.width)
  }
}

extension Filter {
  /// The filters of several convolutions that read one picture as one: their outputs side by side, then
  /// outputs of zeros. Channelwise ones read as many channels, each its own.
  /// - Parameter outputs: with the zeros.
  static func joined(_ filters: [Filter], outputs: Int) throws(Failure) -> Filter {
    guard let first = filters.first else { throw .internalError("a joint filter of nothing") }
    let finish = try Finish.joined(filters.map { ($0.finish, $0.outputs) }, columns: outputs)
    let joint = try Filter(
      [outputs, first.isChannelwise ? 1 : first.inputs, first.kernel, first.kernelWidth], finish: finish,
      stride: first.stride, strideX: first.strideX, groups: first.isChannelwise ? outputs : 1,
      padding: first.padding,
      weights: { () throws(Failure) in
        var readers: [Reader] = []
        for filter in filters { readers.append(try filter.reader()) }
        return { output, first, count, target in
          var place = output
          for (filter, read) in zip(filters, readers) {
            guard place >= filter.outputs else { return read(place, first, count, target) }
            place -= filter.outputs
          }
          target.update(repeating: 0, count: count)
        }
      })
    joint.parts = filters
    return joint
  }

  /// Whether each output sees one channel, and each channel has one output.
  var isChannelwise: Bool { groups == inputs && outputs == inputs }

  /// Whether a filter could be joined with this one.
  func isLike(_ other: Filter) -> Bool {
    kernel == other.kernel && kernelWidth == other.kernelWidth && stride == other.stride
      && strideX == other.strideX && padding == other.padding && finish.activation == other.finish.activation
      && (isChannelwise && other.isChannelwise
        || groups == 1 && other.groups == 1 && inputs == other.inputs && !shape.isNarrow
          && !other.shape.isNarrow)
  }
}

extension Filter<Float> {
  /// What a forward or backward pass over this window will add to the filter.
  func missingWeights(over window: Window, isTurned: Bool = false) throws(Failure) -> [MissingWeights] {
    let each = try bytesEach(), shape = isTurned ? backwardShape : self.shape
    let missing = lock.hold {
      PackedFilter.missingBytes(
        isTurned ? turned : packed, shape, isTurned: isTurned, bytesEach: each, over: window)
    }
    let filter = ObjectIdentifier(self)
    return [
      MissingWeights(filter: filter, isTurned: isTurned, side: 0, bytes: missing.plain),
      MissingWeights(filter: filter, isTurned: isTurned, side: missing.side, bytes: missing.transform)
    ].filter { $0.bytes > 0 }
  }

  /// Of a packed weight.
  private func bytesEach() throws(Failure) -> Int {
    switch narrowWeights?.numbers {
    case .codes, .levels: 1
    case .halves: 2
    case .singles, nil: 4
    }
  }
}

/// Weights that a filter will allocate in one layout; several plans may need the same.
package struct MissingWeights: Hashable {
  let filter: ObjectIdentifier
  let isTurned: Bool
  /// Of Winograd's tiles; 0 for the weights themselves.
  let side: Int
  package let bytes: Int
}
