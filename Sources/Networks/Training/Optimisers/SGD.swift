import Tensors

/// Stochastic gradient descent with momentum, like PyTorch's without dampening.
/// ```
/// g = g + decay x      v = momentum v + g
/// x = x - rate v                      or, by Nesterov,  x = x - rate (g + momentum v)
/// ```
/// Source: Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
/// learning", 2013.
package struct SGD: Equatable, Sendable {
  package var momentum = 0.0
  package var isNesterov = false
  /// The factor of the squared length of the parameters (L2), half of which is added to the loss.
  package var weightDecay = 0.0

  package init(momentum: Double = 0, isNesterov: Bool = false, weightDecay: Double = 0) {
    self.momentum = momentum
    self.isNesterov = isNesterov
    self.weightDecay = weightDecay
  }

  func move<Element: Scalar>(
    _ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>,
    velocity: UnsafeMutablePointer<Element>,
    _ count: Int, _ rate: Element, _ momentum: Element?
  ) {
    let momentum = momentum ?? Element(self.momentum)
    // g + momentum v, where v already contains g; the plain step is only v.
    let (ofGradient, ofVelocity): (Element, Element) = isNesterov ? (rate, rate * momentum) : (0, rate)
    sgdLoop(x, gradient, velocity, count, ofGradient, ofVelocity, momentum, Element(weightDecay))
  }
}

extension SGD: Settings {
  package var settings: [Setting] {
    Setting("momentum", momentum, .from(0, below: 1))
    Setting("Nesterov's momentum", isNesterov).requiring(!isNesterov || momentum > 0, "a momentum above 0")
    Setting("weight decay", weightDecay, .from(0, below: 1e6))
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func sgdLoop<Element: Scalar>(
  _ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>,
  _ velocity: UnsafeMutablePointer<Element>,
  _ count: Int, _ ofGradient: Element, _ ofVelocity: Element, _ momentum: Element, _ decay: Element
) {
  for i in 0..<count {
    let g = gradient[i] + decay * x[i]
    let v = momentum * velocity[i] + g
    velocity[i] = v
    x[i] -= ofGradient * g + ofVelocity * v
  }
}
