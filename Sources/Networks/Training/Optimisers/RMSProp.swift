import Tensors

/// RMSProp: divides each gradient by the root of a running mean of its square, like PyTorch.
/// ```
/// g = g + decay x      v = alpha v + (1 - alpha) g^2
/// u = momentum u + g / (sqrt(v) + epsilon)      x = x - rate u
/// ```
/// Source: Tieleman and Hinton, "Lecture 6.5 - rmsprop", Coursera: Neural networks for machine learning,
/// 2012.
package struct RMSProp: Equatable, Sendable {
  package var alpha = 0.99, epsilon = 1e-8, momentum = 0.0
  package var weightDecay = 0.0

  package init(alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0, weightDecay: Double = 0) {
    self.alpha = alpha
    self.epsilon = epsilon
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  func move<Element: Scalar>(
    _ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>,
    square: UnsafeMutablePointer<Element>,
    velocity: UnsafeMutablePointer<Element>, _ count: Int, _ rate: Element, _ momentum: Element?
  ) {
    rmsPropLoop(
      x, gradient, square, velocity, count, rate, Element(alpha), Element(1 - alpha), Element(epsilon),
      momentum ?? Element(self.momentum), Element(weightDecay))
  }
}

extension RMSProp: Settings {
  package var settings: [Setting] {
    Setting("alpha", alpha, .from(0, below: 1))
    Setting("epsilon", epsilon, .from(.leastNormalMagnitude, below: 1))
    Setting("momentum", momentum, .from(0, below: 1))
    Setting("weight decay", weightDecay, .from(0, below: 1e6))
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func rmsPropLoop<Element: Scalar>(
  _ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>,
  _ square: UnsafeMutablePointer<Element>,
  _ velocity: UnsafeMutablePointer<Element>, _ count: Int, _ rate: Element, _ keep: Element, _ take: Element,
  _ epsilon: Element, _ momentum: Element, _ decay: Element
) {
  for i in 0..<count {
    let g = gradient[i] + decay * x[i]
    let v = keep * square[i] + take * g * g
    let u = momentum * velocity[i] + g / (root(v) + epsilon)
    square[i] = v
    velocity[i] = u
    x[i] -= rate * u
  }
}
