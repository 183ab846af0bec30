import Tensors

extension Tensor where Element: Scalar {
  /// Every number times `factor`.
  func scaled(by factor: Element) throws(Failure) -> Tensor {
    let product = try Tensor(shape)
    let (x, y) = (pointer, product.pointer)
    forEachSlice(of: count) { scaleLoop(x + $0.lowerBound, y + $0.lowerBound, factor, $0.count) }
    return product
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func scaleLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ factor: Element, _ count: Int
) {
  for i in 0..<count { y[i] = factor * x[i] }
}
