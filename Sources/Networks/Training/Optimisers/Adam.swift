import Tensors

/// Adam: steps of about `rate` in each number, based on running means of the gradient and its square.
/// ```
/// m = b1 m + (1 - b1) g      v = b2 v + (1 - b2) g^2
/// x = x - rate * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
/// ```
/// Weight decay is added to the gradient (`g + decay x`) or, decoupled from it, subtracted from the number
/// (`x - rate decay x`): the latter is AdamW. Source: Kingma and Ba, "Adam: a method for stochastic
/// optimization", 2015, algorithm 1; Loshchilov and Hutter, "Decoupled weight decay regularization", 2019,
/// algorithm 2.
package struct Adam: Equatable, Sendable {
  package var beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8
  package var weightDecay = 0.0
  package var isDecoupled = false

  package init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
    isDecoupled: Bool = false
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.isDecoupled = isDecoupled
  }

  func move<Element: Scalar>(
    _ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>,
    mean: UnsafeMutablePointer<Element>,
    square: UnsafeMutablePointer<Element>, _ count: Int, step: Int, _ rate: Element, _ momentum: Element?
  ) {
    let beta1 = momentum.map { Double($0) } ?? self.beta1
    // In Double: 1 - 0.999 loses three digits in Float.
    let correction1 = 1 - Double.power(beta1, Double(step)),
      correction2 = 1 - Double.power(beta2, Double(step))
    adamLoop(
      x, gradient, mean, square, count,
      AdamFactors(
        rate: Element(Double(rate) / correction1), squareScale: Element(1 / correction2),
        keep1: Element(beta1),
        take1: Element(1 - beta1), keep2: Element(beta2), take2: Element(1 - beta2),
        epsilon: Element(epsilon),
        toGradient: isDecoupled ? 0 : Element(weightDecay),
        shrink: isDecoupled ? Element(1 - Double(rate) * weightDecay) : 1))
  }
}

extension Adam: Settings {
  package var settings: [Setting] {
    Setting("beta 1", beta1, .from(0, below: 1))
    Setting("beta 2", beta2, .from(0, below: 1))
    Setting("epsilon", epsilon, .from(.leastNormalMagnitude, below: 1))
    Setting("weight decay", weightDecay, .from(0, below: 1e6))
    Setting("decoupled weight decay", isDecoupled)
  }
}

private struct AdamFactors<Element: Scalar> {
  let rate, squareScale, keep1, take1, keep2, take2, epsilon, toGradient, shrink: Element
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func adamLoop<Element: Scalar>(
  _ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>,
  _ mean: UnsafeMutablePointer<Element>,
  _ square: UnsafeMutablePointer<Element>, _ count: Int, _ f: AdamFactors<Element>
) {
  for i in 0..<count {
    let g = gradient[i] + f.toGradient * x[i]
    let m = f.keep1 * mean[i] + f.take1 * g
    let v = f.keep2 * square[i] + f.take2 * g * g
    mean[i] = m
    square[i] = v
    x[i] = f.shrink * x[i] - f.rate * m / (root(v * f.squareScale) + f.epsilon)
  }
}
