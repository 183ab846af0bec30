import Tensors

/// The weights of styles with a sum of 1; equal ones if none are given.
/// - Throws: `.invalidArgument` unless there is one for each, 0 to 1e6, not all 0.
func styleShares(_ weights: [Float], of count: Int) throws(Failure) -> [Double] {
  guard !weights.isEmpty else { return [Double](repeating: 1 / Double(count), count: count) }
  guard weights.count == count else {
    throw .invalidArgument("\(weights.count) weights for \(count) styles; expected one for each")
  }
  var sum = 0.0
  for weight in weights {
    guard weight >= 0, weight <= 1e6 else {
      throw .invalidArgument("weight \(weight) of a style; expected 0 to 1e6")
    }
    sum += Double(weight)
  }
  guard sum > 0 else { throw .invalidArgument("the styles' weights are all 0; expected one above") }
  return weights.map { Double($0) / sum }
}
