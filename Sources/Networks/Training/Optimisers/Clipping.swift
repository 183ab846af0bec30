import Tensors

/// The length of all gradients as one vector, summed in Double; not finite if one of their numbers is not.
/// The same bits for any number of threads.
package func gradientNorm<Element: Scalar>(_ gradients: [Tensor<Element>]) -> Double {
  var sum = 0.0
  for gradient in gradients {
    sum += sumOfProducts(gradient, gradient)
  }
  return sum.squareRoot()
}

/// Whether all numbers, and the sum of their squares, are finite.
package func isFinite<Element: Scalar>(_ x: UnsafePointer<Element>, count: Int) -> Bool {
  sumOfProducts(x, x, count).isFinite
}

/// Scales the gradients, as one vector, to a length of at most `limit`.
///
/// - Returns: the original length. If it is not finite the gradients stay unchanged: the caller skips the
///   step or stops.
/// - Throws: `.invalidArgument` unless the limit is more than 0.
/// Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", 2013,
/// algorithm 1.
package func clip<Element: Scalar>(
  _ gradients: inout [Tensor<Element>], toNorm limit: Double
) throws(Failure) -> Double {
  guard limit > 0 else {
    throw .invalidArgument("gradients clipped to a length of \(limit); expected more than 0")
  }
  let norm = gradientNorm(gradients)
  guard norm.isFinite, norm > limit else { return norm }
  let factor = Element(limit / norm)
  try change(&gradients) { scale($0, into: $1, $2, by: factor) }
  return norm
}

/// Clamps every number of the gradients to `-limit...limit`. NaN propagates.
/// - Throws: `.invalidArgument` unless the limit is more than 0.
package func clip<Element: Scalar>(
  _ gradients: inout [Tensor<Element>], toValue limit: Element
) throws(Failure) {
  guard limit > 0 else {
    throw .invalidArgument("gradients clipped to \(Double(limit)); expected more than 0")
  }
  try change(&gradients) { source, target, count in
    forEachSlice(of: count) { clampLoop(source + $0.lowerBound, target + $0.lowerBound, $0.count, limit) }
  }
}

/// In place, unless another tensor shares the numbers: a tape may give one tensor to two leaves.
private func change<Element: Scalar>(
  _ gradients: inout [Tensor<Element>],
  _ body: (UnsafePointer<Element>, UnsafeMutablePointer<Element>, Int) -> Void
) throws(Failure) {
  for i in gradients.indices {
    let target = try gradients[i].isUnique() ? gradients[i] : Tensor(gradients[i].shape)
    withPointers(gradients[i], target) { body($0, $1, target.count) }
    gradients[i] = target
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func clampLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int, _ limit: Element
) {
  for i in 0..<count { y[i] = x[i] > limit ? limit : x[i] < -limit ? -limit : x[i] }
}

/// `sum of a[i] b[i]`, of tensors with the same count.
func sumOfProducts<Element: Scalar>(_ a: Tensor<Element>, _ b: Tensor<Element>) -> Double {
  withPointers(a, b) { sumOfProducts($0, $1, a.count) }
}

/// `sum of a[i] b[i]`, in Double, over slices of a fixed length, in order.
func sumOfProducts<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ count: Int
) -> Double {
  let slice = 1 << 15, slices = (count + slice - 1) / slice
  var total = 0.0
  withUnsafeTemporaryAllocation(of: Double.self, capacity: slices) { sums in
    guard let sums = sums.baseAddress else { return }
    ThreadPool.shared.run(slices) { task, _ in
      let first = task * slice
      sums[task] = productLoop(a + first, b + first, min(slice, count - first))
    }
    for i in 0..<slices { total += sums[i] }
  }
  return total
}

/// Uses eight independent sums.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func productLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ count: Int
) -> Double {
  var (s0, s1, s2, s3, s4, s5, s6, s7) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
  let whole = count / 8 * 8
  for i in stride(from: 0, to: whole, by: 8) {
    s0 += Double(a[i]) * Double(b[i])
    s1 += Double(a[i + 1]) * Double(b[i + 1])
    s2 += Double(a[i + 2]) * Double(b[i + 2])
    s3 += Double(a[i + 3]) * Double(b[i + 3])
    s4 += Double(a[i + 4]) * Double(b[i + 4])
    s5 += Double(a[i + 5]) * Double(b[i + 5])
    s6 += Double(a[i + 6]) * Double(b[i + 6])
    s7 += Double(a[i + 7]) * Double(b[i + 7])
  }
  var total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
  for i in whole..<count { total += Double(a[i]) * Double(b[i]) }
  return total
}
