import Tensors

extension Tape {
  /// `factor * sum of (x - target)^2`, a single number; `target` is a constant of as many elements.
  package func squaredDistance(
    _ x: Variable<Element>, to target: Tensor<Element>, factor: Element
  ) throws(Failure) -> Variable<Element> {
    guard x.tensor.count == target.count else {
      throw .invalidArgument("the distance of \(x.shape.description) and \(target.shape.description)")
    }
    let y = try Tensor<Element>(
      [1], [factor * Element(squaredDistanceLoop(x.tensor.pointer, target.pointer, target.count))])
    // dx = 2 factor dy (x - target)
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      scaledDifferenceLoop(x.tensor.pointer, target.pointer, dx.pointer, 2 * factor * dy[0], dx.count)
      try tape.accumulate(dx, into: x)
    }
  }

  /// `sum over i of weights[i] * terms[i]`, each term a single number.
  package func weightedSum(
    _ terms: [Variable<Element>], _ weights: [Element]
  ) throws(Failure) -> Variable<Element> {
    guard terms.count == weights.count else {
      throw .invalidArgument("\(terms.count) terms with \(weights.count) weights")
    }
    var sum: Element = 0
    for (term, weight) in zip(terms, weights) {
      guard term.tensor.count == 1 else {
        throw .invalidArgument("a term \(term.shape.description); expected a single number")
      }
      sum += weight * term.tensor[0]
    }
    // d term[i] = weights[i] dy
    return record(try Tensor([1], [sum]), from: terms) { tape, dy throws(Failure) in
      for (term, weight) in zip(terms, weights) {
        try tape.accumulate(Tensor(term.shape.extents, repeating: weight * dy[0]), into: term)
      }
    }
  }
}

/// Uses the wider type, so that a million Float squares lose no accuracy.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func squaredDistanceLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ count: Int
) -> Element.Accumulator {
  var total: Element.Accumulator = 0
  for i in 0..<count {
    let difference = a[i].accumulated - b[i].accumulated
    total += difference * difference
  }
  return total
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func scaledDifferenceLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>,
  _ factor: Element,
  _ count: Int
) {
  for i in 0..<count { y[i] = factor * (a[i] - b[i]) }
}
