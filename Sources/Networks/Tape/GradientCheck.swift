import Tensors

/// Compares the tape's gradient with central differences in Double.
///
/// - Parameter function: builds a variable of any shape from one of `input`'s shape. The result is weighted
///   by fixed numbers and summed, so that a transposed gradient cannot pass. Called once per evaluation.
/// - Returns: the largest |tape - numeric| / (absolute + relative * |numeric|); passes if at most 1.
package func checkGradient(
  of function: (Tape<Double>, Variable<Double>) throws(Failure) -> Variable<Double>, at input: Tensor<Double>,
  step: Double = 1e-6, absolute: Double = 1e-5, relative: Double = 1e-3
) throws(Failure) -> Double {
  let tape = Tape<Double>()
  let leaf = tape.leaf(input)
  let y = try tape.projected(function(tape, leaf))
  let gradient = try tape.gradients(of: y, at: [leaf])[0]
  var worst = GradientComparison()
  let moved = try input.copy()
  for i in 0..<input.count {
    let numeric = try centralDifference(
      of: { _ throws(Failure) in
        let tape = Tape<Double>()
        return try tape.projected(function(tape, tape.constant(moved))).scalar
      }, at: moved.storage, i, step: step)
    worst.compare(i, gradient[i], numeric, absolute: absolute, relative: relative)
  }
  return max(0, worst.ratio)
}

/// The worst disagreement between reverse mode, forward mode and central differences.
package struct DerivativeComparison {
  /// The indices of the input and of its number.
  package var input = 0, index = 0
  package var reverse = 0.0, forward = 0.0, numeric = 0.0
  /// Passes if at most 1; infinite if one of them is not a number.
  package var ratio = 0.0

  package var description: String {
    "input \(input), number \(index): reverse \(reverse), forward \(forward), numeric \(numeric), ratio \(ratio)"
  }
}

/// Compares all three ways to compute a derivative, in Double, for each number of each input.
///
/// Reverse and forward mode are exact, so they must agree up to rounding; central differences up to
/// `absolute` and `relative`. All three use dual numbers: the tape's gradient is read from their values.
///
/// - Parameters:
///   - function: builds a variable of any shape from one variable per input; it is weighted by fixed numbers
///     and summed. Called once per evaluation.
///   - exact: the tolerance between reverse and forward mode, for numbers of order 1.
package func checkDerivatives(
  of function: (Tape<Dual>, [Variable<Dual>]) throws(Failure) -> Variable<Dual>, at inputs: [Tensor<Double>],
  step: Double = 1e-6, absolute: Double = 1e-5, relative: Double = 1e-3, exact: Double = 1e-9
) throws(Failure) -> DerivativeComparison {
  let tape = Tape<Dual>()
  var leaves: [Variable<Dual>] = []
  for input in inputs { leaves.append(tape.leaf(try dual(input))) }
  let y = try tape.projected(function(tape, leaves))
  let gradients = try tape.gradients(of: y, at: leaves)

  var moved: [Tensor<Dual>] = []
  for input in inputs { moved.append(try dual(input)) }
  func value() throws(Failure) -> Dual {
    let tape = Tape<Dual>()
    var variables: [Variable<Dual>] = []
    for tensor in moved { variables.append(tape.constant(tensor)) }
    return try tape.projected(function(tape, variables)).scalar
  }

  var worst = DerivativeComparison()
  for (n, input) in inputs.enumerated() {
    let numbers = moved[n].storage, copy = try input.copy().storage
    for i in 0..<input.count {
      numbers[i] = Dual(input[i], derivative: 1)
      let forward = try value().derivative
      numbers[i] = Dual(input[i])
      let numeric = try centralDifference(
        of: { x throws(Failure) in
          numbers[i] = Dual(x[i])
          return try value().value
        }, at: copy, i, step: step)
      numbers[i] = Dual(input[i])
      let reverse = gradients[n][i].value
      var comparison = GradientComparison()
      comparison.compare(i, reverse, forward, absolute: exact, relative: exact)
      comparison.compare(i, reverse, numeric, absolute: absolute, relative: relative)
      comparison.compare(i, forward, numeric, absolute: absolute, relative: relative)
      if comparison.ratio > worst.ratio {
        worst = DerivativeComparison(
          input: n, index: i, reverse: reverse, forward: forward, numeric: numeric, ratio: comparison.ratio)
      }
    }
  }
  return worst
}

private func dual(_ x: Tensor<Double>) throws(Failure) -> Tensor<Dual> {
  let y = try Tensor<Dual>(x.shape)
  for i in 0..<y.count { y.pointer[i] = Dual(x[i]) }
  return y
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
