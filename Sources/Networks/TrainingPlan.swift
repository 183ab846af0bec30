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
  /// What a checkpoint keeps of a plan: a training goes on with the very bits that it would have had only where all of it
  /// is the same. (The number of classes shows in the head.)
  var texts: [String: String] {
    [
      "loss": loss.name, "loss with settings": loss.text, "optimiser with settings": rule.text, "schedule": schedule.text,
      "longest gradient": "\(longestGradient)", "seed": "\(seed)",
    ]
  }
}

extension Loss {
  fileprivate var text: String {
    switch self {
    case .triplet(let margin, let reduction), .minedTriplet(_, let margin, let reduction):
      "\(name), margin \(margin), \(reduction.text)"
    case .contrastive(let margin, let epsilon, let reduction):
      "\(name), margin \(margin), epsilon \(epsilon), \(reduction.text)"
    case .softmax(let reduction), .crossEntropy(let reduction), .pairwise(_, let reduction): "\(name), \(reduction.text)"
    case .centre(let lambda, let rate, let reduction): "\(name), weight \(lambda), rate \(rate), \(reduction.text)"
    case .angularMargin(.cosine(let margin), let scale, let reduction),
      .angularMargin(.angle(let margin), let scale, let reduction):
      "\(name), margin \(margin), scale \(scale), \(reduction.text)"
    case .distillation(let cosine, let similarity): "\(name), cosine \(cosine), similarity \(similarity)"
    case .teacherDistance: name
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
  fileprivate var text: String {
    switch self {
    case .sgd(let rule):
      "sgd, momentum \(rule.momentum)\(rule.isNesterov ? " of Nesterov" : ""), decay \(rule.weightDecay)"
    case .adam(let rule):
      "adam\(rule.isDecoupled ? "w" : ""), betas \(rule.beta1) and \(rule.beta2), epsilon \(rule.epsilon), decay \(rule.weightDecay)"
    case .rmsProp(let rule):
      "rmsprop, alpha \(rule.alpha), epsilon \(rule.epsilon), momentum \(rule.momentum), decay \(rule.weightDecay)"
    }
  }
}

extension Schedule {
  fileprivate var text: String {
    switch self {
    case .constant(let rate): "constant \(rate)"
    case .stepped(let rate, let every, let factor): "\(rate), times \(factor) every \(every) steps"
    case .cosine(let rate, let minimum, let steps): "cosine from \(rate) to \(minimum) in \(steps) steps"
    case .oneCycle(let cycle): "one cycle to \(cycle.highest) in \(cycle.steps) steps, \(cycle.climb) of them up"
    case .cyclical(let cycle): "cycles from \(cycle.lowest) to \(cycle.highest), \(cycle.up) steps up, \(cycle.down) down"
    case .warmUp(let steps, let part, let schedule): "\(steps) steps up from \(part), then \(schedule.text)"
    }
  }
}
