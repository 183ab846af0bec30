import Tensors

// Forward mode: a computation on dual numbers carries its derivative along. One pass yields the derivative of
// all results in one direction; the tape's backward pass yields that of one result in all directions.

/// `f(x)` and `f'(x)` of a function of one number.
package func derivative(of function: (Dual) -> Dual, at x: Double) -> (value: Double, derivative: Double) {
  let y = function(Dual(x, derivative: 1))
  return (y.value, y.derivative)
}

/// `f(x)` and `d/dt f(x + t v)` at t = 0 of a function built from operations of the tape.
///
/// - Parameters:
///   - function: of one variable per input; its result may have any shape.
///   - inputs: x.
///   - direction: v, a tensor for each input, with as many numbers.
package func directionalDerivative(
  of function: (Tape<Dual>, [Variable<Dual>]) throws(Failure) -> Variable<Dual>, at inputs: [Tensor<Double>],
  along direction: [Tensor<Double>]
) throws(Failure) -> (value: Tensor<Double>, derivative: Tensor<Double>) {
  guard direction.count == inputs.count else {
    throw .invalidArgument("\(direction.count) directions for \(inputs.count) inputs; expected one for each")
  }
  // Constants: nothing is recorded, the derivatives travel with the numbers.
  let tape = Tape<Dual>()
  var variables: [Variable<Dual>] = []
  for (input, change) in zip(inputs, direction) {
    guard change.count == input.count else {
      throw .invalidArgument(
        "a direction \(change.shape.description) for an input \(input.shape.description)")
    }
    let dual = try Tensor<Dual>(input.shape)
    for i in 0..<dual.count { dual.pointer[i] = Dual(input[i], derivative: change[i]) }
    variables.append(tape.constant(dual))
  }
  let y = try function(tape, variables).tensor
  let value = try Tensor<Double>(y.shape), derivative = try Tensor<Double>(y.shape)
  for i in 0..<y.count {
    value.pointer[i] = y[i].value
    derivative.pointer[i] = y[i].derivative
  }
  return (value, derivative)
}

/// The central difference with respect to number i: `df/dx[i] ~ (f(x + h e[i]) - f(x - h e[i])) / 2h` with `h
/// = step max(1, |x[i]|)`
///
/// - Parameter x: modified during the call, and restored.
package func centralDifference(
  of function: (Storage<Double>) throws(Failure) -> Double, at x: Storage<Double>, _ i: Int, step: Double
) throws(Failure) -> Double {
  let centre = x[i], h = step * max(1, centre.magnitude)
  let right = centre + h, left = centre - h
  defer { x[i] = centre }
  x[i] = right
  let above = try function(x)
  x[i] = left
  let below = try function(x)
  // The actual distance between the rounded points.
  return (above - below) / (right - left)
}

/// Four ways to compute a derivative.
package enum DerivativeWay: Int32, CaseIterable, Sendable { case forward = 0, reverse, numeric, symbolic }

/// `f(x[i])` and `f'(x[i])` for each number of x.
package func differentiate(
  _ function: ElementwiseFunction, at x: Tensor<Double>, _ way: DerivativeWay
) throws(Failure) -> (value: Tensor<Double>, derivative: Tensor<Double>) {
  switch way {
  case .forward:
    return try directionalDerivative(
      of: { tape, x throws(Failure) in try tape.map(x[0], function) }, at: [x],
      along: [Tensor(x.shape.extents, repeating: 1)])
  case .reverse:
    // Elementwise, so the gradient of the sum is f' of each.
    let tape = Tape<Double>(), leaf = tape.leaf(x), y = try tape.map(leaf, function)
    return (y.tensor, try tape.gradients(of: tape.sum(y), at: [leaf])[0])
  case .numeric:
    let value = try Tensor<Double>(x.shape), slope = try Tensor<Double>(x.shape), moved = try x.copy()
    for i in 0..<x.count {
      value.storage[i] = function(x[i])
      slope.storage[i] = try centralDifference(
        of: { x throws(Failure) in function(x[i]) }, at: moved.storage, i, step: 1e-6)
    }
    return (value, slope)
  case .symbolic:
    let expression = try Expression(function), slope = try expression.derivative(0)
    let values = try Tensor<Double>(x.shape), slopes = try Tensor<Double>(x.shape)
    for (expression, target) in [(expression, values), (slope, slopes)] {
      try expression.evaluate(
        x.count, input: { i, _ in x[i] }, answer: { i, value in target.storage[i] = value })
    }
    return (values, slopes)
  }
}

/// The element of a gradient with the worst agreement between two ways to compute it.
package struct GradientComparison {
  package var index = 0
  package var analytic = 0.0, numeric = 0.0
  /// |analytic - numeric| / (absolute + relative |numeric|): passes if at most 1; infinite if either is not a
  /// number.
  package var ratio = -1.0

  package init() {}

  /// Keeps the worse of this and the current element.
  package mutating func compare(
    _ index: Int, _ analytic: Double, _ numeric: Double, absolute: Double, relative: Double
  ) {
    var ratio = (analytic - numeric).magnitude / (absolute + relative * numeric.magnitude)
    if ratio.isNaN { ratio = analytic == numeric ? 0 : .infinity }
    if ratio > self.ratio {
      (self.index, self.analytic, self.numeric, self.ratio) = (index, analytic, numeric, ratio)
    }
  }
}
