import Tensors

/// Adam: steps of about `rate` in each number, from running means of the gradient and its square.
/// ```
/// m = b1 m + (1 - b1) g      v = b2 v + (1 - b2) g^2
/// x = x - rate * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
/// ```
/// Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
package final class Adam<Element: Scalar> {
  private let rate: Element
  private let beta1: Element = 0.9, beta2: Element = 0.999, epsilon: Element = 1e-8
  private let mean, square: Tensor<Element>
  private var steps = 0

  package init(_ shape: Shape, rate: Element) throws(Failure) {
    self.rate = rate
    mean = try Tensor(shape.extents, repeating: 0)
    square = try Tensor(shape.extents, repeating: 0)
  }

  /// Moves `x` against `gradient`, in place.
  package func step(_ x: Tensor<Element>, _ gradient: Tensor<Element>) throws(Failure) {
    guard x.count == mean.count, gradient.count == mean.count else {
      throw .internalError("Adam for \(mean.count) numbers was given \(x.count) and a gradient of \(gradient.count)")
    }
    step(x.pointer, gradient.pointer)
  }

  /// The same for as many numbers as the optimiser was made for.
  package func step(_ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>) {
    steps += 1
    let t = Element(steps)
    let correction1 = 1 - Element.power(beta1, t), correction2 = 1 - Element.power(beta2, t)
    adamLoop(
      x, gradient, mean.pointer, square.pointer, mean.count, rate / correction1, 1 / correction2, beta1,
      beta2, epsilon)
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func adamLoop<Element: Scalar>(
  _ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>, _ mean: UnsafeMutablePointer<Element>,
  _ square: UnsafeMutablePointer<Element>, _ count: Int, _ rate: Element, _ squareScale: Element, _ beta1: Element,
  _ beta2: Element, _ epsilon: Element
) {
  for i in 0..<count {
    let g = gradient[i]
    mean[i] = beta1 * mean[i] + (1 - beta1) * g
    square[i] = beta2 * square[i] + (1 - beta2) * g * g
    x[i] -= rate * mean[i] / ((square[i] * squareScale).squareRoot() + epsilon)
  }
}
