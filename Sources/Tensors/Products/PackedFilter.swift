/// The shape of a filter, from which a convolution can be planned. `inputs` are those of one group.
package struct FilterShape: Equatable, Sendable {
  /// `kernel` is the window's height.
  package let kernel, kernelWidth, stride, inputs, outputs, groups: Int
  /// Whether the weights stay as narrow as in the file, and are widened when they are multiplied by.
  package let isNarrow: Bool

  /// - Parameter kernelWidth: nil: the window is square.
  package init(
    kernel: Int, kernelWidth: Int? = nil, stride: Int = 1, inputs: Int, outputs: Int, groups: Int = 1,
    isNarrow: Bool = false
  ) {
    self.kernel = kernel
    self.kernelWidth = kernelWidth ?? kernel
    self.stride = stride
    self.inputs = inputs
    self.outputs = outputs
    self.groups = groups
    self.isNarrow = isNarrow
  }

  package var taps: Int { kernel * kernelWidth }

  /// One input and one output per group.
  package var isDepthwise: Bool { groups > 1 && inputs == 1 && outputs == groups }
}

/// The weights of a convolution, packed for the kernels.
package struct PackedFilter<Element: Scalar> {
  package let shape: FilterShape
  /// [taps * inputs, outputs / groups], group after group; for a depthwise filter [taps, channels]. Empty if
  /// the weights are narrow.
  let plain: PackedMatrix<Element>
  let narrow: NarrowMatrix?
  /// The weights as transformed by Winograd's method, kept once made.
  let transformed = TransformedFilter<Element>()

  /// Count of the numbers of one group in `plain`.
  var groupCount: Int { plain.storage.count / shape.groups }
}

extension PackedFilter {
  /// - Parameter matrix: [groups][kernel * kernel * inputs, outputs / groups], row by row.
  package init(
    kernel: Int, stride: Int, inputs: Int, outputs: Int, groups: Int = 1, matrix: UnsafePointer<Element>
  ) throws(Failure) {
    shape = FilterShape(kernel: kernel, stride: stride, inputs: inputs, outputs: outputs, groups: groups)
    narrow = nil
    let depth = kernel * kernel * inputs, columns = outputs / groups
    if shape.isDepthwise {
      let storage = try Storage<Element>(count: kernel * kernel * groups)
      for group in 0..<groups {
        for tap in 0..<depth { storage.pointer[tap * groups + group] = matrix[group * depth + tap] }
      }
      plain = PackedMatrix(depth: depth, columns: 1, storage: storage)
      return
    }
    plain = try Element.pack(groups: groups, depth: depth, columns: columns, matrix)
  }
}

extension PackedFilter {
  /// Reads the weights as files have them back from the panels; nil for those of several groups and narrow
  /// ones.
  package var stored: FilterPanels.Reader<Element>? {
    guard shape.groups == 1, narrow == nil else { return nil }
    let panels = FilterPanels(shape, isTurned: false, width: Element.panelWidth), plain = plain
    return { output, first, count, target in
      let column =
        plain.storage.pointer + output / panels.width * panels.depth * panels.width + output % panels.width
      for i in 0..<count {
        let (input, tap) = ((first + i) / panels.taps, (first + i) % panels.taps)
        target[i] = column[(tap * panels.inputs + input) * panels.width]
      }
    }
  }
}

extension PackedFilter<Float> {
  /// Weights that stay narrow, in one group.
  init(_ shape: FilterShape, narrow: NarrowMatrix) throws(Failure) {
    self.shape = shape
    plain = PackedMatrix(
      depth: shape.taps * shape.inputs, columns: shape.outputs,
      storage: try Storage(count: 0))
    self.narrow = narrow
  }
}

extension Scalar {
  /// Packs the groups' matrices [depth, columns], one after another.
  fileprivate static func pack(
    groups: Int, depth: Int, columns: Int, _ matrix: UnsafePointer<Self>
  ) throws(Failure) -> PackedMatrix<Self> {
    let first = try pack(depth: depth, columns: columns, matrix, rowStride: columns, columnStride: 1)
    guard groups > 1 else { return first }
    let each = first.storage.count
    let all = try Storage<Self>(count: groups * each)
    for group in 0..<groups {
      let part = try pack(
        depth: depth, columns: columns, matrix + group * depth * columns, rowStride: columns, columnStride: 1)
      (all.pointer + group * each).update(from: part.storage.pointer, count: each)
    }
    return PackedMatrix(depth: depth, columns: columns, storage: all)
  }
}

extension PackedFilter where Element: PlainScalar {
  /// One group's matrix, [taps * inputs, outputs / groups].
  func matrix(ofGroup group: Int) throws(Failure) -> PackedMatrix<Element> {
    guard shape.groups > 1 else { return plain }
    let one = try Storage<Element>(count: groupCount)
    for i in 0..<groupCount {
      one.pointer[i] =
        shape.isDepthwise
        ? plain.storage.pointer[i * shape.groups + group] : plain.storage.pointer[group * groupCount + i]
    }
    return PackedMatrix(depth: plain.depth, columns: plain.columns, storage: one)
  }
}

/// A filter's transforms, one per tile size, made on first use and shared. They go where memory runs short.
final class TransformedFilter<Element: Scalar>: @unchecked Sendable {
  private let made = Transforms<Element>()
  private let making = Lock()

  init() { made.register() }

  deinit { made.unregister() }

  func holds(side: Int) -> Bool { made.storage(side) != nil }

  /// - Parameter make: nil where there is no room for it.
  func storage(
    side: Int, _ make: () throws(Failure) -> Storage<Element>?
  ) throws(Failure) -> Storage<Element>? {
    if let storage = made.storage(side) { return storage }
    return try making.hold { () throws(Failure) in
      if let storage = made.storage(side) { return storage }
      let storage = try make()
      made.keep(storage, side)
      return storage
    }
  }
}

private final class Transforms<Element: Scalar>: Reclaimable, @unchecked Sendable {
  private let lock = Lock()
  private var storages: [Int: Storage<Element>] = [:]

  func storage(_ side: Int) -> Storage<Element>? { lock.hold { storages[side] } }
  func keep(_ storage: Storage<Element>?, _ side: Int) { lock.hold { storages[side] = storage } }

  override func empty() {
    // Freed after the lock.
    let gone: [Int: Storage<Element>] = lock.hold {
      let gone = storages
      storages = [:]
      return gone
    }
    _ = consume gone
  }
}
