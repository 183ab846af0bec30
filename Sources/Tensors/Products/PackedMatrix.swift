/// The right side of many products, arranged once for the kernels: `depth` x `columns`.
///
/// For `Float` the columns lie in panels of a register tile's width; other types keep them as they are.
package struct PackedMatrix<Element: Scalar> {
  package let depth: Int
  package let columns: Int
  let storage: Storage<Element>
}

/// Applied to a product column by column: `y = f(x + bias)`.
package struct Finish<Element: Scalar> {
  package enum Activation { case none, rectifier, parametric }

  package let activation: Activation
  let bias: Storage<Element>?
  let slopes: Storage<Element>?

  package static var nothing: Finish { Finish(activation: .none, bias: nil, slopes: nil) }

  private init(activation: Activation, bias: Storage<Element>?, slopes: Storage<Element>?) {
    self.activation = activation
    self.bias = bias
    self.slopes = slopes
  }

  /// - Parameters:
  ///   - bias: one per column.
  ///   - slopes: one per column, for negative sums: `f(x) = max(x, 0) + slope * min(x, 0)` (He et al. 2015,
  ///     PReLU).
  package init(bias: [Element]?, rectify: Bool = false, slopes: [Element]? = nil) throws(Failure) {
    activation = slopes != nil ? .parametric : rectify ? .rectifier : .none
    self.bias = try Finish.padded(bias)
    self.slopes = try Finish.padded(slopes)
  }

  /// Those of several sums side by side, with their activation, which is one; zeros after them up to
  /// `columns`.
  package static func joined(
    _ parts: [(finish: Finish, columns: Int)], columns: Int
  ) throws(Failure) -> Finish {
    func joined(_ numbers: (Finish) -> Storage<Element>?) throws(Failure) -> Storage<Element>? {
      guard parts.contains(where: { numbers($0.finish) != nil }) else { return nil }
      var values: [Element] = []
      for part in parts {
        let known = numbers(part.finish)
        for column in 0..<part.columns { values.append(known.map { $0.pointer[column] } ?? 0) }
      }
      values += [Element](repeating: 0, count: columns - values.count)
      return try padded(values)
    }
    return Finish(
      activation: parts.first?.finish.activation ?? .none, bias: try joined { $0.bias },
      slopes: try joined { $0.slopes })
  }

  /// The same bias with another activation.
  package func activated(_ activation: Activation) -> Finish {
    Finish(activation: activation, bias: bias, slopes: slopes)
  }

  package func slope(_ column: Int) -> Element { slopes.map { $0.pointer[column] } ?? 0 }

  package func apply(_ x: Element, column: Int) -> Element {
    let sum = x + (bias.map { $0.pointer[column] } ?? 0)
    switch activation {
    case .none: return sum
    case .rectifier: return sum < 0 ? 0 : sum
    case .parametric: return sum < 0 ? sum * slope(column) : sum
    }
  }

  // The kernels read whole panels of bias and slopes, so zeros follow the last column.
  private static func padded(_ values: [Element]?) throws(Failure) -> Storage<Element>? {
    guard let values else { return nil }
    let storage = try Storage<Element>(repeating: 0, count: values.count + 64)
    for (index, value) in values.enumerated() { storage.pointer[index] = value }
    return storage
  }
}
