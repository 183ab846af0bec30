/// Numbers in a shape. Copies share storage; an operation writes only tensors that it has just created.
///
/// `Scalar` is the number type: `Float` for work, `Double` and `Dual` for checking gradients.
@usableFromInline
package struct Tensor<Element: BitwiseCopyable> {
  package let shape: Shape
  @usableFromInline package private(set) var storage: Storage<Element>

  /// Creates a tensor with uninitialised elements.
  package init(_ shape: Shape) throws(Failure) {
    self.shape = shape
    storage = try Storage(count: shape.count)
  }

  package init(_ extents: [Int]) throws(Failure) { try self.init(Shape(extents)) }

  package init(_ extents: [Int], repeating value: Element) throws(Failure) {
    try self.init(Shape(extents))
    storage.pointer.initialize(repeating: value, count: shape.count)
  }

  /// - Throws: `.invalidArgument` if the number of values does not match the shape.
  package init(_ extents: [Int], _ values: [Element]) throws(Failure) {
    try self.init(Shape(extents))
    guard values.count == shape.count else {
      throw .invalidArgument("\(values.count) values for shape \(shape.description)")
    }
    for (index, value) in values.enumerated() { storage.pointer[index] = value }
  }

  private init(shape: Shape, storage: Storage<Element>) {
    self.shape = shape
    self.storage = storage
  }

  /// The same numbers in another shape with the same element count.
  package func reshaped(_ extents: [Int]) throws(Failure) -> Tensor {
    let shape = try Shape(extents)
    guard shape.count == self.shape.count else {
      throw .invalidArgument("shape \(self.shape.description) cannot become \(shape.description)")
    }
    return Tensor(shape: shape, storage: storage)
  }

  package func copy() throws(Failure) -> Tensor {
    let copy = try Tensor(shape)
    copy.pointer.update(from: pointer, count: count)
    return copy
  }

  /// Whether no other tensor shares these numbers, so that they may be changed in place.
  package mutating func isUnique() -> Bool { isKnownUniquelyReferenced(&storage) }

  package var count: Int { shape.count }
  @inlinable package var pointer: UnsafeMutablePointer<Element> { storage.pointer }
  package var values: [Element] { withExtendedLifetime(storage) { Array(storage.buffer) } }
  package subscript(index: Int) -> Element { pointer[index] }
}
