import Tensors

extension Expression {
  /// The expression at `count` points, some at a time through all nodes, so that what is between lies in the
  /// cache. What has no value is NaN.
  ///
  /// - Parameters:
  ///   - input: the number of a point's variable.
  ///   - answer: takes the value at a point.
  package func evaluate<Element: Scalar>(
    _ count: Int, input: (_ point: Int, _ variable: Int) -> Element,
    answer: (_ point: Int, _ value: Element) -> Void
  ) throws(Failure) {
    let block = min(Expression.pointsAtATime(nodes.count), max(count, 1))
    let numbers = try Storage<Element>(count: nodes.count * block)
    numbers.withPointer { numbers in
      for first in stride(from: 0, to: count, by: block) {
        let points = min(block, count - first)
        for (place, node) in nodes.enumerated() {
          let y = numbers + place * block
          switch node {
          case .constant(let bits): y.update(repeating: Element(Double(bitPattern: bits)), count: points)
          case .variable(let index): for i in 0..<points { y[i] = input(first + i, Int(index)) }
          case .function(let function, let a): function.apply(numbers + Int(a) * block, y, points)
          case .arithmetic(let operation, let a, let b):
            operation.apply(numbers + Int(a) * block, numbers + Int(b) * block, y, points)
          }
        }
        let y = numbers + (nodes.count - 1) * block
        for i in 0..<points { answer(first + i, y[i]) }
      }
    }
  }

  /// At most a megabyte of numbers between.
  private static func pointsAtATime(_ nodes: Int) -> Int { min(max((1 << 16) / nodes, 1), 256) }

  /// `values[i] = f(points[i])`; points are [count, variables].
  package func evaluate(
    _ points: UnsafePointer<Double>, _ count: Int, values: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    let width = variables.count
    try evaluate(
      count, input: { points[$0 * width + $1] }, answer: { (point, value: Double) in values[point] = value })
  }

  /// `gradients[i, v] = df/dv` at a point, in any of the four ways; [count, variables].
  package func differentiate(
    _ way: DerivativeWay, _ points: UnsafePointer<Double>, _ count: Int,
    gradients: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    let width = variables.count
    switch way {
    case .forward:
      for v in 0..<width {
        try evaluate(
          count, input: { Dual(points[$0 * width + $1], derivative: $1 == v ? 1 : 0) },
          answer: { (point, value: Dual) in gradients[point * width + v] = value.derivative })
      }
    case .reverse: try reverse(points, count, gradients)
    case .numeric:
      let point = try Storage<Double>(count: width)
      for i in 0..<count {
        point.withPointer { $0.update(from: points + i * width, count: width) }
        for v in 0..<width {
          gradients[i * width + v] = try centralDifference(
            of: { x throws(Failure) in try value(at: x) }, at: point, v, step: 1e-6)
        }
      }
    case .symbolic:
      for v in 0..<width {
        try derivative(v).evaluate(
          count, input: { points[$0 * width + $1] },
          answer: { (point, value: Double) in gradients[point * width + v] = value })
      }
    }
  }

  private func value(at point: Storage<Double>) throws(Failure) -> Double {
    var value = Double.nan
    try evaluate(1, input: { point[$1] }, answer: { value = $1 })
    return value
  }

  /// On the tape that trains networks: a tensor of some points for each node.
  private func reverse(
    _ points: UnsafePointer<Double>, _ count: Int, _ gradients: UnsafeMutablePointer<Double>
  ) throws(Failure) {
    let width = variables.count, block = Expression.pointsAtATime(nodes.count)
    for first in stride(from: 0, to: count, by: block) {
      let here = min(block, count - first)
      let tape = Tape<Double>()
      var leaves: [Variable<Double>] = []
      for v in 0..<width {
        let leaf = try Tensor<Double>([here])
        leaf.withPointer { for i in 0..<here { $0[i] = points[(first + i) * width + v] } }
        leaves.append(tape.leaf(leaf))
      }
      // Each point's value has a gradient of its own: that of their sum.
      let y = try record(on: tape, leaves, count: here)
      for (v, gradient) in try tape.gradients(of: tape.sum(y), at: leaves).enumerated() {
        gradient.withPointer { for i in 0..<here { gradients[(first + i) * width + v] = $0[i] } }
      }
    }
  }

  /// The expression of tensors of one shape.
  private func record<Element: Scalar>(
    on tape: Tape<Element>, _ leaves: [Variable<Element>], count: Int
  ) throws(Failure) -> Variable<Element> {
    var results: [Variable<Element>] = []
    results.reserveCapacity(nodes.count)
    for node in nodes {
      switch node {
      case .constant(let bits):
        results.append(
          tape.constant(try Tensor([count], repeating: Element(Double(bitPattern: bits)))))
      case .variable(let index): results.append(leaves[Int(index)])
      case .function(let function, let a): results.append(try tape.map(results[Int(a)], function))
      case .arithmetic(let operation, let first, let second):
        let a = results[Int(first)], b = results[Int(second)]
        switch operation {
        case .sum: results.append(try tape.sum(a, b))
        case .difference: results.append(try tape.difference(a, b))
        case .product: results.append(try tape.product(a, b))
        case .quotient: results.append(try tape.quotient(a, b))
        case .power:
          if let exponent = nodes[Int(second)].constant {
            results.append(try tape.power(a, Element(exponent)))
          } else {
            results.append(try tape.power(a, b))
          }
        case .negation: results.append(try tape.scaled(a, by: -1))
        }
      }
    }
    return results[nodes.count - 1]
  }
}
