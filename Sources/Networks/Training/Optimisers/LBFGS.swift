import Tensors

/// L-BFGS: steps along `-H g`, where H, an estimate of the inverse Hessian, is built from the last few steps
/// and the changes of the gradient over them.
/// ```
/// s = x' - x      y = g' - g      H starts as (s y / y y) and is updated by every pair, the oldest first
/// ```
/// A line search for the strong Wolfe conditions finds the length of each step. The function must be
/// deterministic: it covers a whole data set, not a batch. Source: Nocedal and Wright, "Numerical
/// optimization", 2006, algorithms 7.4 and 7.5; the first step's length and the limits are PyTorch's.
///
/// With a preconditioner S, a symmetric positive definite matrix, it looks for z with x = S z + constant:
/// pairs, gradients and directions are those of z, whose gradient is S g; x moves along S times a direction.
package final class LBFGS<Element: Scalar> {
  package struct Options: Equatable, Sendable, Settings {
    /// The number of pairs kept, each twice as large as the numbers.
    package var history = 10
    /// The first trial step of a line search.
    package var rate = 1.0
    /// The root mean square by which the very first step may move the numbers; nil to move all together by at
    /// most 1.
    package var firstMove: Double?
    /// Limits of one run.
    package var iterations = 20, evaluations = 25
    /// A run ends when no number of the gradient is larger.
    package var gradientTolerance = 1e-7
    /// A run ends when neither the value nor any number changes by more.
    package var changeTolerance = 1e-9

    package init(
      history: Int = 10, rate: Double = 1, iterations: Int = 20, evaluations: Int? = nil,
      gradientTolerance: Double = 1e-7,
      changeTolerance: Double = 1e-9, firstMove: Double? = nil
    ) {
      self.history = history
      self.rate = rate
      self.iterations = iterations
      self.evaluations = evaluations ?? iterations + iterations / 4
      self.gradientTolerance = gradientTolerance
      self.changeTolerance = changeTolerance
      self.firstMove = firstMove
    }

    package var settings: [Setting] {
      Setting("history", history, .from(1, to: 1000))
      Setting("rate", rate, .above(0))
      Setting("first move", firstMove, .above(0))
      Setting("iterations", iterations, .atLeast(1))
      Setting("evaluations", evaluations, .atLeast(1))
      Setting("gradient tolerance", gradientTolerance, .atLeastOrInfinite(0))
      Setting("change tolerance", changeTolerance, .atLeastOrInfinite(0))
    }
  }

  /// Why a run ended.
  package enum Reason: Equatable, Sendable {
    /// The gradient is within its tolerance: presumably a minimum.
    case converged
    /// A step changed the value or the numbers by less than the tolerance.
    case smallChange
    case iterations, evaluations
    /// No step along the direction was an improvement.
    case stalled
    /// The value or its gradient is not finite at the start of the run, or everywhere the line search looked.
    case notFinite
  }

  package struct Outcome {
    /// The function's value before and after the run.
    package let first, last: Double
    /// The gradient at the end of the run: of z, if there is a preconditioner.
    package let gradient: Tensor<Element>
    package let iterations, evaluations: Int
    package let reason: Reason
  }

  /// Writes the gradient at `x` and returns the value there.
  package typealias Evaluation = (_ x: Tensor<Element>, _ gradient: Tensor<Element>) throws(Failure) -> Double

  /// Replaces numbers by their product with S.
  package typealias Preconditioner = (_ numbers: Tensor<Element>) -> Void

  package let options: Options
  package let state: OptimiserState<Element>
  private let count: Int
  private let preconditioner: Preconditioner?
  private let buffers: Buffers
  private var kept: CurvaturePairs<Element>
  /// The state's revision when `kept` was last right.
  private var revision = 0

  package init(
    _ count: Int, _ options: Options = Options(), preconditioner: Preconditioner? = nil
  ) throws(Failure) {
    guard count > 0 else { throw .invalidArgument("L-BFGS over \(count) numbers; expected 1 or more") }
    try options.check()
    self.options = options
    self.count = count
    self.preconditioner = preconditioner
    buffers = LBFGS.buffers(count, history: options.history, isPreconditioned: preconditioner != nil)
    kept = try CurvaturePairs(count, history: options.history, buffers)
    state = OptimiserState(
      "lbfgs", [Parameter("moves", kept.moves), Parameter("changes", kept.changes)], counters: 2)
  }

  /// Everything that it allocates, during and between runs, besides the numbers that it optimises.
  package static func buffers(_ count: Int, history: Int, isPreconditioned: Bool = false) -> Buffers {
    var buffers = CurvaturePairs<Element>.buffers(count, history: history)
    buffers.add("direction", count)
    if isPreconditioned { buffers.add("course", count) }
    buffers.add("place", count)
    // At the start of a line search, at both ends of its interval, and at the trial point.
    for _ in 0..<4 { buffers.add("gradient", count) }
    return buffers
  }

  /// Iterations and pairs so far.
  private var age: UInt64 { state.counters[0] }
  private var pairs: UInt64 { state.counters[1] }

  /// Minimises `evaluate` by changing `x` in place. `x` keeps the best numbers found, however the run ends.
  ///
  /// - Parameter start: the value and gradient at `x`, if known: those of the last run's outcome, if `x` has
  ///   not changed since.
  /// - Throws: the errors of `evaluate`, leaving `x` where the last iteration did.
  package func run(
    _ x: Tensor<Element>, from start: (value: Double, gradient: Tensor<Element>)? = nil,
    _ evaluate: Evaluation
  ) throws(Failure) -> Outcome {
    guard x.count == count else { throw .invalidArgument("L-BFGS for \(count) numbers was given \(x.count)") }
    func look(_ x: Tensor<Element>, _ gradient: Tensor<Element>) throws(Failure) -> Double {
      let value = try evaluate(x, gradient)
      preconditioner?(gradient)
      return value
    }
    var line = try LineSearch<Element>(count, changeTolerance: options.changeTolerance, buffers)
    var gradient: Tensor<Element>, value: Double
    var evaluations = 0, iterations = 0
    if let start {
      (value, gradient) = start
    } else {
      gradient = try buffers.tensor("gradient", [count])
      value = try look(x, gradient)
      evaluations = 1
    }
    let first = value
    func ended(_ reason: Reason) -> Outcome {
      Outcome(
        first: first, last: value, gradient: gradient, iterations: iterations, evaluations: evaluations,
        reason: reason)
    }
    guard value.isFinite, gradientNorm([gradient]).isFinite else { return ended(.notFinite) }
    guard largestMagnitude(gradient) > options.gradientTolerance else { return ended(.converged) }
    let direction: Tensor<Element> = try buffers.tensor("direction", [count])
    /// Where x goes.
    let course: Tensor<Element> = preconditioner == nil ? direction : try buffers.tensor("course", [count])
    while true {
      iterations += 1
      setDirection(direction, gradient)
      if let preconditioner {
        withPointers(course, direction) { $0.update(from: $1, count: count) }
        preconditioner(course)
      }
      let length = age == 0 ? firstLength(gradient, course) * options.rate : options.rate
      let slope = sumOfProducts(gradient, direction)
      guard slope <= -options.changeTolerance else {
        countUp(0)
        return ended(slope.isNaN ? .notFinite : .smallChange)
      }

      let start = LineSearch<Element>.Point(step: 0, value: value, slope: slope, gradient: gradient)
      let end = try line.search(from: x, direction, course, start, trying: length, look)
      evaluations += line.evaluations
      // An iteration counts once it is complete: one whose evaluation threw is repeated identically.
      countUp(0)
      guard end.step > 0 else { return ended(line.sawNumbers ? .stalled : .notFinite) }
      let before = value
      let largestMove = Double(end.step) * largestMagnitude(course)
      addPair(direction, from: start, to: end)
      withPointers(x, course) { moveLoop($0, $1, $0, count, end.step) }
      (value, gradient) = (end.value, end.gradient)

      if iterations == options.iterations { return ended(.iterations) }
      if evaluations >= options.evaluations { return ended(.evaluations) }
      if largestMagnitude(gradient) <= options.gradientTolerance { return ended(.converged) }
      if largestMove <= options.changeTolerance || abs(value - before) < options.changeTolerance {
        return ended(.smallChange)
      }
    }
  }

  /// The first direction is the gradient, which may have any length.
  private func firstLength(_ gradient: Tensor<Element>, _ course: Tensor<Element>) -> Double {
    guard let move = options.firstMove else { return min(1, 1 / sumOfMagnitudes(gradient)) }
    return move * Double(count).squareRoot() / gradientNorm([course])
  }

  private func setDirection(_ direction: Tensor<Element>, _ gradient: Tensor<Element>) {
    if revision != state.revision { kept.forgetProducts() }
    revision = state.revision
    if pairs > 0 {
      kept.setDirection(direction, gradient, pairs: pairs)
    } else {
      withPointers(direction, gradient) { scale($1, into: $0, count, by: -1) }
    }
  }

  /// Drops a pair without curvature, which would make H useless.
  private func addPair(
    _ direction: Tensor<Element>, from start: LineSearch<Element>.Point, to end: LineSearch<Element>.Point
  ) {
    // If this pair is dropped the oldest must stay, so its curvature is known before anything is written.
    guard Double(end.step) * (end.slope - start.slope) > 1e-10 else { return }
    let first = kept.row(pairs) * count
    withPointers(kept.moves, direction) { scale($1, into: $0 + first, count, by: end.step) }
    withPointers(kept.changes, end.gradient, start.gradient) { moveLoop($1, $2, $0 + first, count, -1) }
    countUp(1)
  }

  private func countUp(_ counter: Int) {
    let isKnown = revision == state.revision
    state.counters[counter] &+= 1
    if isKnown { revision = state.revision }
  }
}

/// Finds a step along a direction that satisfies the strong Wolfe conditions: the value falls by at least
/// 1/10000 of what the slope predicts, and the slope flattens to 9/10. Source: Nocedal and Wright, algorithms
/// 3.5 and 3.6, with the cubic interpolation of equation 3.59.
private struct LineSearch<Element: Scalar> {
  struct Point {
    let step: Element
    let value, slope: Double
    let gradient: Tensor<Element>
  }

  private(set) var evaluations = 0
  /// Whether any finite value was found.
  private(set) var sawNumbers = false
  private let changeTolerance: Double
  private let buffers: Buffers
  private let place: Tensor<Element>
  private let sufficient = 1e-4, flat = 0.9
  private let maxTrials = 25

  init(_ count: Int, changeTolerance: Double, _ buffers: Buffers) throws(Failure) {
    self.changeTolerance = changeTolerance
    self.buffers = buffers
    place = try buffers.tensor("place", [count])
  }

  private mutating func point(
    _ step: Double, _ x: Tensor<Element>, _ direction: Tensor<Element>, _ course: Tensor<Element>,
    _ evaluate: LBFGS<Element>.Evaluation
  ) throws(Failure) -> Point {
    let step = Element(step)
    withPointers(x, course, place) { moveLoop($0, $1, $2, x.count, step) }
    let gradient: Tensor<Element> = try buffers.tensor("gradient", [x.count])
    let value = try evaluate(place, gradient)
    evaluations += 1
    let slope = sumOfProducts(gradient, direction)
    return Point(step: step, value: value, slope: slope, gradient: gradient)
  }

  /// - Parameter course: where x goes for the direction.
  /// - Returns: the best point found; `start` if nothing is better.
  mutating func search(
    from x: Tensor<Element>, _ direction: Tensor<Element>, _ course: Tensor<Element>, _ start: Point,
    trying first: Double, _ evaluate: LBFGS<Element>.Evaluation
  ) throws(Failure) -> Point {
    evaluations = 0
    sawNumbers = false
    let reach = largestMagnitude(course)

    func isTooHigh(_ point: Point) -> Bool {
      point.value > start.value + sufficient * Double(point.step) * start.slope
    }
    func isFlat(_ point: Point) -> Bool { abs(point.slope) <= -flat * start.slope }

    // Extends the step until two points bracket a suitable one.
    var previous = start, current = try point(first, x, direction, course, evaluate)
    var trials = 0
    // Where the function is not finite, the step was too long.
    while !(current.value.isFinite && current.slope.isFinite), trials < maxTrials {
      trials += 1
      current = try point(Double(current.step) / 2, x, direction, course, evaluate)
    }
    guard current.value.isFinite && current.slope.isFinite else { return start }
    sawNumbers = true
    var low = start, high = start, isBracketed = false
    var growths = 0
    while trials < maxTrials {
      if isTooHigh(current) || growths > 1 && current.value >= previous.value
        || current.slope >= 0 && !isFlat(current)
      {
        (low, high) = previous.value <= current.value ? (previous, current) : (current, previous)
        isBracketed = true
        break
      }
      if isFlat(current) { return current }
      let near = Double(current.step), far = Double(current.step) * 10
      let next = LineSearch.minimum(
        previous, current, from: near + 0.01 * (near - Double(previous.step)), to: far)
      previous = current
      current = try point(next, x, direction, course, evaluate)
      trials += 1
      growths += 1
      if !(current.value.isFinite && current.slope.isFinite) { return previous }
    }
    if !isBracketed { return current.value < start.value ? current : start }

    // Narrows the bracket; `low` is the better end.
    var wasNearEnd = false
    while trials < maxTrials {
      let left = Double(min(low.step, high.step)), right = Double(max(low.step, high.step))
      if (right - left) * reach < changeTolerance { break }
      var step = LineSearch.minimum(low, high, from: left, to: right)
      // Near an end twice in a row: moves a tenth away from it.
      let margin = 0.1 * (right - left)
      if min(right - step, step - left) < margin {
        if wasNearEnd || step >= right || step <= left {
          step = right - step < step - left ? right - margin : left + margin
          wasNearEnd = false
        } else {
          wasNearEnd = true
        }
      } else {
        wasNearEnd = false
      }
      let trial = try point(step, x, direction, course, evaluate)
      trials += 1
      guard trial.value.isFinite && trial.slope.isFinite else { break }
      if isTooHigh(trial) || trial.value >= low.value {
        (low, high) = trial.value < low.value ? (trial, low) : (low, trial)
      } else {
        if isFlat(trial) { return trial }
        if trial.slope * Double(high.step - low.step) >= 0 { high = low }
        low = trial
      }
    }
    return low
  }

  /// The minimum of the cubic through two points with their slopes, within bounds; their midpoint if there is
  /// none.
  private static func minimum(_ a: Point, _ b: Point, from lower: Double, to upper: Double) -> Double {
    let (left, right) = a.step <= b.step ? (a, b) : (b, a)
    let width = Double(right.step) - Double(left.step)
    let d1 = left.slope + right.slope + 3 * (left.value - right.value) / width
    let square = d1 * d1 - left.slope * right.slope
    guard square >= 0 else { return (lower + upper) / 2 }
    let d2 = square.squareRoot()
    let step = Double(right.step) - width * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return step.isNaN ? (lower + upper) / 2 : min(max(step, lower), upper)
  }
}

/// `y = a + factor b`; `y` may be `a`.
private func moveLoop<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int,
  _ factor: Element
) {
  forEachSlice(of: count) {
    moveSlice(a + $0.lowerBound, b + $0.lowerBound, y + $0.lowerBound, $0.count, factor)
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func moveSlice<Element: Scalar>(
  _ a: UnsafePointer<Element>, _ b: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int,
  _ factor: Element
) {
  for i in 0..<count { y[i] = a[i] + factor * b[i] }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func largestMagnitude<Element: Scalar>(_ x: Tensor<Element>) -> Double {
  x.withPointer { numbers in
    var largest: Element = 0
    for i in 0..<x.count { largest = max(largest, abs(numbers[i])) }
    return Double(largest)
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func sumOfMagnitudes<Element: Scalar>(_ x: Tensor<Element>) -> Double {
  x.withPointer { numbers in
    var sum = 0.0
    for i in 0..<x.count { sum += Double(abs(numbers[i])) }
    return sum
  }
}
