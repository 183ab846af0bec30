import Tensors

/// The settings of a training: loss, update rule, learning rate.
package struct TrainingSettings: Sendable {
  package var loss: Loss
  package var rule = UpdateRule.adam(Adam())
  package var schedule = Schedule.constant(1e-3)
  /// The maximum length of all gradients together; nil for no limit.
  package var longestGradient: Double?
  /// For a loss with a classifier.
  package var classes = 0
  /// The part that a running average of the weights keeps at each step; nil for no average.
  package var average: Double?
  /// For initial weights and dropout.
  package var seed: UInt64 = 0

  package init(loss: Loss) { self.loss = loss }
}

/// What a checkpoint stores of a training: resuming is bit-exact only if all settings are the same.
extension TrainingSettings: Settings {
  package var settings: [Setting] {
    Setting("longest gradient", longestGradient, .above(0))
    Setting("classes", classes, .atLeast(0))
    Setting("average", average, .above(0, below: 1))
    Setting("seed", seed)
    loss.settings
    rule.settings
    schedule.settings
  }
}
