import Tensors

/// Compares the tape's gradient with central differences in Double.
/// `df/dx[i] ~ (f(x + h e[i]) - f(x - h e[i])) / 2h`
///
/// - Parameter function: builds a variable from one of `input`'s shape; any shape: it is weighted by fixed numbers
///   and summed, so that a transposed gradient cannot pass. It is called afresh for each evaluation.
/// - Returns: the largest of |tape - numeric| / (absolute + relative * |numeric|): at most 1 is a pass.
package func checkGradient(
  of function: (Tape<Double>, Variable<Double>) throws(Failure) -> Variable<Double>, at input: Tensor<Double>,
  step: Double = 1e-6, absolute: Double = 1e-5, relative: Double = 1e-3
) throws(Failure) -> Double {
  func value(_ tape: Tape<Double>, _ x: Variable<Double>) throws(Failure) -> Variable<Double> {
    let y = try function(tape, x)
    return try tape.projected(y)
  }
  let tape = Tape<Double>()
  let leaf = tape.leaf(input)
  let gradient = try tape.gradients(of: try value(tape, leaf), at: [leaf])[0]
  var worst = 0.0
  for i in 0..<input.count {
    let moved = try input.copy()
    func at(_ x: Double) throws(Failure) -> Double {
      moved.pointer[i] = x
      let tape = Tape<Double>()
      return try value(tape, tape.constant(moved)).scalar
    }
    let numeric = (try at(input[i] + step) - (try at(input[i] - step))) / (2 * step)
    let ratio = (gradient[i] - numeric).magnitude / (absolute + relative * numeric.magnitude)
    worst = ratio.isNaN ? .infinity : max(worst, ratio)
  }
  return worst
}

extension Tape {
  /// `sum of weights[i] * y[i]` with fixed weights between 0.5 and 1.5, no two alike.
  fileprivate func projected(_ y: Variable<Element>) throws(Failure) -> Variable<Element> {
    func weight(_ i: Int) -> Element { 0.5 + Element((i * 7919 + 13) % 1009) / 1009 }
    var sum: Element = 0
    for i in 0..<y.tensor.count { sum += weight(i) * y.tensor[i] }
    return record(try Tensor([1], [sum]), from: [y]) { tape, dy throws(Failure) in
      let gradient = try Tensor<Element>(y.shape)
      for i in 0..<gradient.count { gradient.pointer[i] = weight(i) * dy[0] }
      try tape.accumulate(gradient, into: y)
    }
  }
}
