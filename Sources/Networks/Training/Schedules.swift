import CSystem
import Tensors

/// How the learning rate changes from step to step; steps count from 0. A schedule is data: to resume from a
/// checkpoint a training needs only the step. The rates equal those of the PyTorch schedulers named.
package indirect enum Schedule: Equatable, Sendable {
  case constant(Double)
  /// `rate * factor ^ floor(step / every)`; StepLR.
  case stepped(rate: Double, every: Int, factor: Double)
  /// Half a cosine wave from `rate` down to `minimum` in `steps` steps, then constant; CosineAnnealingLR
  /// within these steps. Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm
  /// restarts", 2017, equation 5.
  case cosine(rate: Double, minimum: Double, steps: Int)
  case oneCycle(OneCycle)
  case cyclical(Cyclical)
  /// Rises in `steps` steps from a fraction of the first rate of another schedule to all of it, then follows
  /// that schedule from its step 0; LinearLR.
  case warmUp(steps: Int, from: Double, then: Schedule)

  /// Rises and falls once, each as half a cosine, with beta 1 or momentum moving in the opposite direction;
  /// OneCycleLR. Source: Smith and Topin, "Super-convergence", 2018.
  package struct OneCycle: Equatable, Sendable {
    package var highest: Double
    package var steps: Int
    /// The fraction of steps that rise.
    package var climb = 0.3
    /// The first rate is `highest / start`, the last rate is the first divided by `end`.
    package var start = 25.0, end = 1e4
    /// At the first and last step, and at the highest rate.
    package var beta1 = (calm: 0.95, fast: 0.85)

    package init(highest: Double, steps: Int) {
      self.highest = highest
      self.steps = steps
    }

    package static func == (a: OneCycle, b: OneCycle) -> Bool {
      a.highest == b.highest && a.steps == b.steps && a.climb == b.climb && a.start == b.start
        && a.end == b.end && a.beta1 == b.beta1
    }
  }

  /// Rises and falls linearly in cycles, with beta 1 or momentum moving in the opposite direction; CyclicLR.
  /// With Adam, beta 2 is then 0.99. Source: Smith, "Cyclical learning rates for training neural networks",
  /// 2017.
  package struct Cyclical: Equatable, Sendable {
    package enum Shape: Equatable, Sendable {
      case triangular
      /// Each cycle is half as high as the previous one.
      case halving
      /// Falls by a factor with every step.
      case exponential(Double)
    }
    package var lowest, highest: Double
    package var up = 2000, down = 2000
    package var shape = Shape.triangular
    /// At the lowest rate and at the highest.
    package var beta1 = (calm: 0.9, fast: 0.8)

    package init(
      lowest: Double, highest: Double, up: Int = 2000, down: Int? = nil, shape: Shape = .triangular
    ) {
      self.lowest = lowest
      self.highest = highest
      self.up = up
      self.down = down ?? up
      self.shape = shape
    }

    package static func == (a: Cyclical, b: Cyclical) -> Bool {
      a.lowest == b.lowest && a.highest == b.highest && a.up == b.up && a.down == b.down && a.shape == b.shape
        && a.beta1 == b.beta1
    }
  }

  /// Steps before the first count as the first.
  package func rate(at step: Int) -> Double {
    let step = max(step, 0)
    switch self {
    case .constant(let rate): return rate
    case .stepped(let rate, let every, let factor): return rate * pow(factor, Double(step / max(every, 1)))
    case .cosine(let rate, let minimum, let steps):
      return Schedule.wave(rate, minimum, Double(min(step, steps)) / Double(max(steps, 1)))
    case .oneCycle(let cycle):
      let first = cycle.highest / cycle.start
      return cycle.at(step, from: first, by: cycle.highest, to: first / cycle.end)
    case .cyclical(let cycle): return cycle.lowest + (cycle.highest - cycle.lowest) * cycle.height(at: step)
    case .warmUp(let steps, let part, let schedule):
      guard step < steps else { return schedule.rate(at: step - steps) }
      return schedule.rate(at: 0) * (part + (1 - part) * Double(step) / Double(steps))
    }
  }

  /// Beta 1 of Adam, and momentum of SGD and RMSProp, at this step; nil for their own.
  package func beta1(at step: Int) -> Double? {
    let step = max(step, 0)
    switch self {
    case .constant, .stepped, .cosine: return nil
    case .oneCycle(let cycle):
      return cycle.at(step, from: cycle.beta1.calm, by: cycle.beta1.fast, to: cycle.beta1.calm)
    case .cyclical(let cycle):
      return cycle.beta1.calm - (cycle.beta1.calm - cycle.beta1.fast) * cycle.height(at: step)
    case .warmUp(let steps, _, let schedule): return schedule.beta1(at: max(step, steps) - steps)
    }
  }

  /// Half a cosine wave from `a` to `b` as `part` goes from 0 to 1.
  fileprivate static func wave(_ a: Double, _ b: Double, _ part: Double) -> Double {
    b + (a - b) * (1 + cos(Double.pi * part)) / 2
  }
}

extension Schedule: Settings {
  package var settings: [Setting] {
    switch self {
    case .constant(let rate):
      Setting("schedule", "constant")
      Setting("rate", rate, .above(0))
    case .stepped(let rate, let every, let factor):
      Setting("schedule", "step")
      Setting("rate", rate, .above(0))
      Setting("steps of a rate", every, Schedule.steps(1))
      Setting("factor of the rate", factor, .from(0, to: 1))
    case .cosine(let rate, let minimum, let steps):
      Setting("schedule", "cosine")
      Setting("rate", rate, .above(0))
      Setting("lowest rate", minimum, .atLeast(0))
      Setting("steps", steps, Schedule.steps(1))
    case .oneCycle(let cycle):
      Setting("schedule", "one cycle")
      Setting("rate", cycle.highest, .above(0))
      Setting("steps", cycle.steps, Schedule.steps(2))
      Setting("part that climbs", cycle.climb, .from(0, to: 1))
      Setting("divisor of the first rate", cycle.start, .above(0))
      Setting("divisor of the last rate", cycle.end, .above(0))
      Schedule.setting(beta1: cycle.beta1)
    case .cyclical(let cycle):
      Setting("schedule", "cyclical")
      Setting("rate", cycle.highest, .above(0))
      Setting("lowest rate", cycle.lowest, .atLeast(0))
      Setting("steps up", cycle.up, Schedule.steps(1))
      Setting("steps down", cycle.down, Schedule.steps(1))
      cycle.shape.setting
      Schedule.setting(beta1: cycle.beta1)
    case .warmUp(let steps, let part, let schedule):
      Setting("warm-up", steps, Schedule.steps(0))
      Setting("warm-up's first part", part, .from(0, to: 1))
      schedule.settings
    }
  }

  private static func steps(_ lower: Int) -> Limits<Int> { .from(lower, to: 1 << 40) }

  private static func setting(beta1: (calm: Double, fast: Double)) -> Setting {
    let range = Limits<Double>.from(0, below: 1)
    return Setting("beta 1 over the schedule", "\(beta1.calm) to \(beta1.fast)")
      .requiring(
        range.contains(beta1.calm) && range.contains(beta1.fast), "both \(range.description)")
  }
}

extension Schedule.Cyclical.Shape {
  fileprivate var setting: Setting {
    let name = "shape of the cycles"
    switch self {
    case .triangular: return Setting(name, "triangular")
    case .halving: return Setting(name, "halving")
    case .exponential(let factor):
      let range = Limits<Double>.from(0, to: 1)
      return Setting(name, "exponential \(factor)")
        .requiring(range.contains(factor), "a factor of \(range.description)")
    }
  }
}

extension Schedule.OneCycle {
  /// From `first`, through `middle` at the end of the rise, to `last` at the last step, then constant.
  fileprivate func at(_ step: Int, from first: Double, by middle: Double, to last: Double) -> Double {
    let top = climb * Double(steps) - 1, end = Double(steps - 1), step = Double(min(step, steps - 1))
    if step <= top { return Schedule.wave(first, middle, top > 0 ? step / top : 1) }
    return Schedule.wave(middle, last, end > top ? (step - top) / (end - top) : 1)
  }
}

extension Schedule.Cyclical {
  /// 0 at the foot of a triangle and 1 at its top; lower in later cycles, as the shape says.
  fileprivate func height(at step: Int) -> Double {
    let length = max(up, 1) + max(down, 1)
    let cycle = step / length, place = step % length
    let triangle =
      place <= up ? Double(place) / Double(max(up, 1)) : Double(length - place) / Double(max(down, 1))
    switch shape {
    case .triangular: return triangle
    case .halving: return triangle * pow(2, -Double(cycle))
    case .exponential(let factor): return triangle * pow(factor, Double(step))
    }
  }
}

extension Schedule {
  /// A schedule without its numbers, with its number in the C interface.
  package enum Kind: Int32, CaseIterable, Sendable { case constant = 0, step, cosine, oneCycle, cyclical }

  /// A schedule in the usual proportions, for a training of `steps` steps whose highest rate is `rate`.
  ///
  /// `step` divides by 10 after each third; cycles are four, from a tenth of the rate.
  /// - Parameter warmUp: preceding steps, in which the rate rises from a hundredth.
  /// - Throws: `.invalidArgument` naming the number that is out of range.
  package init(_ kind: Kind, rate: Double, steps: Int, warmUp: Int = 0) throws(Failure) {
    guard warmUp >= 0, warmUp < max(steps, 1) else {
      throw .invalidArgument("warm-up \(warmUp); expected 0 or more, less than all \(steps) steps")
    }
    let rest = steps - warmUp
    let schedule: Schedule =
      switch kind {
      case .constant: .constant(rate)
      case .step: .stepped(rate: rate, every: max(rest / 3 + (rest % 3 == 0 ? 0 : 1), 1), factor: 0.1)
      case .cosine: .cosine(rate: rate, minimum: 0, steps: rest)
      case .oneCycle: .oneCycle(OneCycle(highest: rate, steps: rest))
      case .cyclical: .cyclical(Cyclical(lowest: rate / 10, highest: rate, up: max(rest / 8, 1)))
      }
    self = warmUp == 0 ? schedule : .warmUp(steps: warmUp, from: 0.01, then: schedule)
    try check()
  }
}
