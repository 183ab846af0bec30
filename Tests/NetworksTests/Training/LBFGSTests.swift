import Networks
import TestSupport
import Tensors
import Testing

/// `f(x) = sum of 100 (x[i + 1] - x[i]^2)^2 + (1 - x[i])^2`, least at 1, 1, ... : Rosenbrock 1960.
private func rosenbrock<Element: Scalar>(_ x: Tensor<Element>, _ gradient: Tensor<Element>) -> Double {
  var sum = 0.0
  let v = x.values.map { Double($0) }
  var g = [Double](repeating: 0, count: v.count)
  for i in 0..<(v.count - 1) {
    let bend = v[i + 1] - v[i] * v[i]
    sum += 100 * bend * bend + (1 - v[i]) * (1 - v[i])
    g[i] += -400 * v[i] * bend - 2 * (1 - v[i])
    g[i + 1] += 200 * bend
  }
  for i in g.indices { gradient.pointer[i] = Element(g[i]) }
  return sum
}

@Suite struct LBFGSTests {
  private func follow<Element: Scalar>(
    _ name: String, _ options: LBFGS<Element>.Options
  ) throws -> (losses: Double, end: Double) {
    let reference = try OptimisersReference.load()
    let wanted = try #require(reference.trainings.first { $0.name == name })
    let training = try SmallTraining<Element>(reference)
    let x = try training.vector()
    let optimiser = try LBFGS<Element>(x.count, options)
    var losses: [Double] = []
    for _ in 0..<20 { losses.append(try optimiser.run(x) { training.evaluate($0, $1) }.first) }
    losses.append(training.evaluate(x, try x.copy()))
    return (
      largestDifference(losses, wanted.losses), largestDifference(x.values.map { Double($0) }, wanted.end)
    )
  }

  @Test func `follows PyTorch's training of twenty steps`() throws {
    for (name, iterations, evaluations, history) in [("lbfgs", 4, 5, 10), ("lbfgs short", 1, 100, 3)] {
      let double = try follow(
        name, LBFGS<Double>.Options(history: history, iterations: iterations, evaluations: evaluations))
      #expect(double.losses < Tolerance.double)
      let float = try follow(
        name, LBFGS<Float>.Options(history: history, iterations: iterations, evaluations: evaluations))
      #expect(float.losses < Tolerance.float)
    }
  }

  // f = sum of c[i] x[i]^2 / 2 with c from 1 to 10000: with S = 1 / sqrt(c), c is 1 for z.
  @Test func `a preconditioner that evens the curvature out saves evaluations`() throws {
    let curvature: [Double] = (1...40).map { (i: Int) -> Double in 6.25 * Double(i * i) }
    func run(_ preconditioner: LBFGS<Double>.Preconditioner?) throws -> LBFGS<Double>.Outcome {
      let begin: [Double] = (0..<40).map { (i: Int) -> Double in Double(1 + i % 3) }
      let x = try Tensor<Double>([40], begin)
      let optimiser = try LBFGS<Double>(
        40, LBFGS<Double>.Options(iterations: 500, evaluations: 1000), preconditioner: preconditioner)
      let outcome = try optimiser.run(x) { x, gradient in
        var value = 0.0
        for i in 0..<40 {
          gradient.pointer[i] = curvature[i] * x[i]
          value += curvature[i] * x[i] * x[i] / 2
        }
        return value
      }
      #expect(x.values.allSatisfy { abs($0) < 1e-4 })
      return outcome
    }
    let plain = try run(nil)
    let even = try run { numbers in
      for i in 0..<40 { numbers.pointer[i] /= curvature[i].squareRoot() }
    }
    #expect(even.evaluations <= 6)
    #expect(plain.evaluations > 20)
  }

  @Test func `finds the bottom of Rosenbrock's valley and says so`() throws {
    for count in [2, 5] {
      let x = try Tensor<Double>([count], (0..<count).map { $0 % 2 == 0 ? -1.2 : 1 })
      let optimiser = try LBFGS<Double>(count, LBFGS<Double>.Options(iterations: 200))
      let outcome = try optimiser.run(x) { rosenbrock($0, $1) }
      #expect(outcome.reason == .converged || outcome.reason == .smallChange, "\(outcome)")
      #expect(outcome.last < 1e-9 && outcome.iterations < 80)
      #expect(x.values.allSatisfy { abs($0 - 1) < 1e-4 })
      // Called again it has nothing to do.
      #expect(try optimiser.run(x) { rosenbrock($0, $1) }.iterations <= 2)
    }
  }

  @Test func `says why it ended`() throws {
    func run(
      _ options: LBFGS<Double>.Options = LBFGS<Double>.Options(),
      _ evaluate: @escaping (Double) -> (Double, Double)
    ) throws
      -> (outcome: LBFGS<Double>.Outcome, x: Double)
    {
      let x = try Tensor<Double>([1], [1])
      let outcome = try LBFGS<Double>(1, options).run(x) {
        let (value, slope) = evaluate($0[0])
        $1.pointer[0] = slope
        return value
      }
      return (outcome, x[0])
    }
    #expect(try run { _ in (3, 0) }.outcome.reason == .converged)
    #expect(try run { _ in (3, .nan) }.outcome.reason == .notFinite)
    let nowhere = try run { _ in (.infinity, 1) }.outcome
    #expect(nowhere.reason == .notFinite && nowhere.evaluations == 1 && nowhere.iterations == 0)
    #expect(
      try run(LBFGS<Double>.Options(iterations: 1)) { ($0 * $0 * $0 * $0, 4 * $0 * $0 * $0) }.outcome.reason
        == .iterations)
    #expect(
      try run(LBFGS<Double>.Options(iterations: 9, evaluations: 2)) { ($0 * $0 * $0 * $0, 4 * $0 * $0 * $0) }
        .outcome.reason == .evaluations)
    // A gradient that points the wrong way: nothing is better, the number stays.
    let wrong = try run { ($0 * $0, -2 * $0) }
    #expect(wrong.outcome.reason == .stalled && wrong.x == 1 && wrong.outcome.last == 1)
    // No number anywhere but at the start.
    let hole = try run { $0 == 1 ? (1, 2) : (.nan, .nan) }
    #expect(hole.outcome.reason == .notFinite && hole.x == 1)
    // No number beyond 0: the steps become shorter.
    let wall = try run(LBFGS<Double>.Options(iterations: 100)) {
      $0 > 0 ? ($0 - Double.power($0, 0.5), 1 - 0.5 / Double.power($0, 0.5)) : (.nan, .nan)
    }
    #expect(abs(wall.x - 0.25) < 1e-4, "\(wall)")
    // Down for ever.
    let slope = try run(LBFGS<Double>.Options(iterations: 1000)) { (-$0, -1) }
    #expect(slope.x.isFinite && slope.outcome.last < -1e6)
  }

  @Test func `single iterations that hand on value and gradient are one run`() throws {
    let start = [-1.2, 1, -1.2, 1, 0.5]
    let whole = try Tensor<Double>([5], start), parts = try Tensor<Double>([5], start)
    let outcome = try LBFGS<Double>(5, LBFGS<Double>.Options(iterations: 12, evaluations: 1000)).run(whole) {
      rosenbrock($0, $1)
    }
    let optimiser = try LBFGS<Double>(5, LBFGS<Double>.Options(iterations: 1))
    var known: (value: Double, gradient: Tensor<Double>)?
    var evaluations = 0
    for _ in 0..<12 {
      let part = try optimiser.run(parts, from: known) { rosenbrock($0, $1) }
      known = (part.last, part.gradient)
      evaluations += part.evaluations
    }
    #expect(parts.values == whole.values && evaluations == outcome.evaluations)
  }

  @Test func `the first step is as long as it is told to be`() throws {
    var places: [Double] = []
    let x = try Tensor<Double>([4], [1, 1, 1, 1])
    _ = try LBFGS<Double>(4, LBFGS<Double>.Options(iterations: 1, firstMove: 0.25)).run(x) {
      places.append($0[0])
      for i in 0..<4 { $1.pointer[i] = 1e6 }
      return 1e6 * ($0[0] + $0[1] + $0[2] + $0[3])
    }
    #expect(places.count > 1 && abs(places[1] - 0.75) < Tolerance.double)
  }

  @Test func `goes on from its state with the same bits, for any number of threads`() throws {
    let count = 70_001
    var numbers = Numbers(seed: 3)
    let weights: [Float] = numbers.array(count), start: [Float] = numbers.array(count)
    func evaluate(_ x: Tensor<Float>, _ gradient: Tensor<Float>) -> Double {
      var sum = 0.0
      for i in 0..<count {
        let d = x[i] - 0.5
        sum += Double(abs(weights[i]) + 0.1) * Double(d) * Double(d)
        gradient.pointer[i] = 2 * (abs(weights[i]) + 0.1) * d
      }
      return sum
    }
    func bits(threads: Int, stops: Bool) throws -> [UInt32] {
      var bits: [UInt32] = []
      try withPool(threads: threads) {
        let x = try Tensor<Float>([count], start)
        var optimiser = try LBFGS<Float>(count, LBFGS<Float>.Options(history: 3, iterations: 2))
        for _ in 0..<4 {
          _ = try optimiser.run(x) { evaluate($0, $1) }
          guard stops else { continue }
          let next = try LBFGS<Float>(count, optimiser.options)
          for (old, new) in zip(optimiser.state.tensors, next.state.tensors) {
            new.value.pointer.update(from: old.value.pointer, count: old.value.count)
          }
          next.state.counters = optimiser.state.counters
          optimiser = next
        }
        bits = x.values.map { $0.bitPattern }
      }
      return bits
    }
    let plain = try bits(threads: 1, stops: false)
    #expect(try bits(threads: 1, stops: true) == plain)
    for threads in [2, 5] { #expect(try bits(threads: threads, stops: false) == plain) }
  }

  @Test func `refuses what it cannot work with`() throws {
    #expect(outcome { try LBFGS<Float>(0) }.hasPrefix("invalidArgument: L-BFGS over 0 numbers"))
    #expect(LBFGS<Float>.Options().settings.map(\.name) == members(of: LBFGS<Float>.Options()))
    for (options, reason) in [
      (LBFGS<Float>.Options(history: 0), "history 0; expected 1 to 1000"),
      (.init(history: 1 << 40), "history 1099511627776; expected 1 to 1000"),
      (.init(rate: 0), "rate 0.0; expected more than 0"),
      (.init(rate: .nan), "rate nan; expected more than 0"),
      (.init(firstMove: -1), "first move -1.0; expected more than 0"),
      (.init(iterations: 0), "iterations 0; expected 1 or more"),
      (.init(evaluations: 0), "evaluations 0; expected 1 or more"),
      (.init(gradientTolerance: -1), "gradient tolerance -1.0; expected 0 or more"),
      (.init(changeTolerance: .nan), "change tolerance nan; expected 0 or more")
    ] { #expect(outcome { try LBFGS<Float>(1, options) } == "invalidArgument: " + reason) }
    #expect(
      outcome { try LBFGS<Float>(2).run(Tensor([3], [1, 2, 3])) { _, _ in 0 } }
        == "invalidArgument: L-BFGS for 2 numbers was given 3")
    let x = try Tensor<Float>([1], [1])
    #expect(
      outcome { try LBFGS<Float>(1).run(x) { _, _ throws(Failure) in throw .cancelled("by the caller") } }
        == "cancelled: by the caller")
  }
}
