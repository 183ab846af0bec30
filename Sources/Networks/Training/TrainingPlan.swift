/// How a training goes: what is made small, by which rule, at which rate.
package struct TrainingPlan: Sendable {
  package var loss: Loss
  package var rule = UpdateRule.adam(Adam())
  package var schedule = Schedule.constant(1e-3)
  /// Gradients are shortened to this length, all together; 0 for as they are.
  package var longestGradient = 0.0
  /// For a loss with a classifier.
  package var classes = 0
  /// Of first weights and of what dropout drops.
  package var seed: UInt64 = 0

  package init(loss: Loss) { self.loss = loss }
}

extension TrainingPlan {
  /// What a checkpoint keeps of a plan, setting by setting: a training goes on with the very bits that it
  /// would have had only where all of it is the same. A test counts them against the members of the types
  /// below.
  package var texts: [String: String] {
    var settings = Settings()
    settings.add("longest gradient", longestGradient)
    settings.add("classes", classes)
    settings.add("seed", seed)
    loss.list(in: &settings)
    rule.list(in: &settings)
    schedule.list(in: &settings)
    return settings.texts
  }
}

/// Names with what they are set to.
private struct Settings {
  private(set) var texts: [String: String] = [:]

  mutating func add(_ name: String, _ text: String) { texts[name] = text }
  mutating func add(_ name: String, _ number: Double) { texts[name] = "\(number)" }
  mutating func add(_ name: String, _ number: Int) { texts[name] = "\(number)" }
  mutating func add(_ name: String, _ number: UInt64) { texts[name] = "\(number)" }
  mutating func add(_ name: String, _ isSet: Bool) { texts[name] = isSet ? "yes" : "no" }
}

extension Loss {
  fileprivate func list(in settings: inout Settings) {
    settings.add("loss", name)
    func add(_ reduction: Reduction) { settings.add("loss's reduction", reduction.text) }
    switch self {
    case .triplet(let margin, let reduction), .minedTriplet(_, let margin, let reduction):
      settings.add("margin", margin)
      add(reduction)
    case .contrastive(let margin, let epsilon, let reduction):
      settings.add("margin", margin)
      settings.add("loss's epsilon", epsilon)
      add(reduction)
    case .softmax(let reduction), .crossEntropy(let reduction), .pairwise(_, let reduction): add(reduction)
    case .centre(let lambda, let rate, let reduction):
      settings.add("weight of the centres", lambda)
      settings.add("rate of the centres", rate)
      add(reduction)
    case .angularMargin(.cosine(let margin), let scale, let reduction),
      .angularMargin(.angle(let margin), let scale, let reduction):
      settings.add("margin", margin)
      settings.add("scale", scale)
      add(reduction)
    case .distillation(let cosine, let similarity):
      settings.add("weight of cosines", cosine)
      settings.add("weight of similarities", similarity)
    case .teacherDistance: break
    }
  }
}

extension Reduction {
  fileprivate var text: String {
    switch self {
    case .sum: "sum"
    case .mean: "mean"
    case .meanOfActive: "mean of active"
    }
  }
}

extension UpdateRule {
  fileprivate func list(in settings: inout Settings) {
    settings.add("optimiser", name)
    switch self {
    case .sgd(let rule):
      settings.add("momentum", rule.momentum)
      settings.add("Nesterov's momentum", rule.isNesterov)
      settings.add("weight decay", rule.weightDecay)
    case .adam(let rule):
      settings.add("beta 1", rule.beta1)
      settings.add("beta 2", rule.beta2)
      settings.add("epsilon", rule.epsilon)
      settings.add("weight decay", rule.weightDecay)
      settings.add("decoupled weight decay", rule.isDecoupled)
    case .rmsProp(let rule):
      settings.add("alpha", rule.alpha)
      settings.add("epsilon", rule.epsilon)
      settings.add("momentum", rule.momentum)
      settings.add("weight decay", rule.weightDecay)
    }
  }
}

extension Schedule {
  fileprivate func list(in settings: inout Settings) {
    func add(_ beta1: (calm: Double, fast: Double)) {
      settings.add("beta 1 over the schedule", "\(beta1.calm) to \(beta1.fast)")
    }
    switch self {
    case .constant(let rate):
      settings.add("schedule", "constant")
      settings.add("rate", rate)
    case .stepped(let rate, let every, let factor):
      settings.add("schedule", "step")
      settings.add("rate", rate)
      settings.add("steps of a rate", every)
      settings.add("factor of the rate", factor)
    case .cosine(let rate, let minimum, let steps):
      settings.add("schedule", "cosine")
      settings.add("rate", rate)
      settings.add("lowest rate", minimum)
      settings.add("steps", steps)
    case .oneCycle(let cycle):
      settings.add("schedule", "one cycle")
      settings.add("rate", cycle.highest)
      settings.add("steps", cycle.steps)
      settings.add("part that climbs", cycle.climb)
      settings.add("divisor of the first rate", cycle.start)
      settings.add("divisor of the last rate", cycle.end)
      add(cycle.beta1)
    case .cyclical(let cycle):
      settings.add("schedule", "cyclical")
      settings.add("rate", cycle.highest)
      settings.add("lowest rate", cycle.lowest)
      settings.add("steps up", cycle.up)
      settings.add("steps down", cycle.down)
      settings.add("shape of the cycles", cycle.shape.text)
      add(cycle.beta1)
    case .warmUp(let steps, let part, let schedule):
      settings.add("warm-up", steps)
      settings.add("warm-up's first part", part)
      schedule.list(in: &settings)
    }
  }
}

extension Schedule.Cyclical.Shape {
  fileprivate var text: String {
    switch self {
    case .triangular: "triangular"
    case .halving: "halving"
    case .exponential(let factor): "exponential \(factor)"
    }
  }
}
