/// What a filter looks like: enough to plan a convolution by. `inputs` are those of one group.
package struct FilterShape: Equatable, Sendable {
  package let kernel, stride, inputs, outputs, groups: Int
  /// Whether the weights are kept as narrow as the file has them, and widened when they are multiplied by.
  package let isNarrow: Bool

  package init(
    kernel: Int, stride: Int = 1, inputs: Int, outputs: Int, groups: Int = 1, isNarrow: Bool = false
  ) {
    self.kernel = kernel
    self.stride = stride
    self.inputs = inputs
    self.outputs = outputs
    self.groups = groups
    self.isNarrow = isNarrow
  }

  /// One input and one output a group.
  var isDepthwise: Bool { groups > 1 && inputs == 1 && outputs == groups }
}

/// The weights of a convolution, ready for the kernels.
package struct PackedFilter<Element: Scalar> {
  package let shape: FilterShape
  /// [kernel * kernel * inputs, outputs / groups], group after group; of a depthwise filter [kernel * kernel,
  /// channels]. Nothing where the weights are narrow.
  let plain: PackedMatrix<Element>
  let narrow: NarrowMatrix?
  /// What Winograd's method makes of the weights, kept once it was made.
  let transformed = TransformedFilter<Element>()

  /// Numbers of one group in `plain`.
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

extension PackedFilter<Float> {
  /// Of weights that stay narrow, in one group.
  init(_ shape: FilterShape, narrow: NarrowMatrix) throws(Failure) {
    self.shape = shape
    plain = PackedMatrix(
      depth: shape.kernel * shape.kernel * shape.inputs, columns: shape.outputs,
      storage: try Storage(count: 0))
    self.narrow = narrow
  }
}

extension Scalar {
  /// The groups' matrices [depth, columns], each packed, one after the other.
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
  /// [kernel * kernel * inputs, outputs / groups] of one group.
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

/// A filter's Winograd transforms, one for each size of tile, made on first use and shared.
final class TransformedFilter<Element: Scalar>: @unchecked Sendable {
  private let lock = Lock()
  private var made: [Int: Storage<Element>] = [:]

  func holds(side: Int) -> Bool { lock.hold { made[side] != nil } }

  func storage(side: Int, _ make: () throws(Failure) -> Storage<Element>) throws(Failure) -> Storage<Element>
  {
    try lock.hold { () throws(Failure) in
      if let storage = made[side] { return storage }
      let storage = try make()
      made[side] = storage
      return storage
    }
  }
}
