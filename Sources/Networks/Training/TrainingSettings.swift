import Tensors

/// How a training goes: what is made small, by which rule, at which rate.
package struct TrainingSettings: Sendable {
  package var loss: Loss
  package var rule = UpdateRule.adam(Adam())
  package var schedule = Schedule.constant(1e-3)
  /// Gradients are shortened to this length, all together; nil for as they are.
  package var longestGradient: Double?
  /// For a loss with a classifier.
  package var classes = 0
  /// Of first weights and of what dropout drops.
  package var seed: UInt64 = 0

  package init(loss: Loss) { self.loss = loss }
}

/// What a checkpoint keeps of a training: it goes on with the very bits that it would have had only where all
/// settings are the same.
extension TrainingSettings: Settings {
  package var settings: [Setting] {
    Setting("longest gradient", longestGradient, .above(0))
    Setting("classes", classes, .atLeast(0))
    Setting("seed", seed)
    loss.settings
    rule.settings
    schedule.settings
  }
}
