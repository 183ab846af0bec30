import Tensors

extension TrainingSettings {
  /// Settings with common defaults.
  package struct Options {
    package enum Optimiser: Int32, CaseIterable { case sgd = 0, adam, adamW, rmsProp }

    package var loss = Loss.Options(.semiHard)
    /// In place of `loss`: trains a one-pass detector.
    package var detection: DetectionLoss?
    /// For a loss with a classifier.
    package var classes = 0
    package var optimiser = Optimiser.adam
    package var schedule = Schedule.Kind.oneCycle
    /// Of the schedule, including the warm-up.
    package var steps = 1000, warmUp = 0
    /// The highest rate.
    package var rate: Float = 0.001
    /// Also Adam's beta 1, if the schedule has none.
    package var momentum: Float = 0.9
    package var weightDecay: Float = 0
    /// The maximum length of all gradients together; nil for no limit.
    package var longestGradient: Float?
    /// The part that a running average of the weights keeps at each step; nil for no average.
    package var average: Float?
    package var seed: UInt64 = 1

    package init() {}
  }

  /// - Throws: `.invalidArgument` naming the option that is out of range.
  package init(_ options: Options) throws(Failure) {
    if let detection = options.detection {
      self.init(loss: .detection(detection))
    } else {
      self.init(loss: try Loss(options.loss))
    }
    if let fault = Setting("steps", options.steps, .atLeast(2)).fault { throw .invalidArgument(fault) }
    schedule = try Schedule(
      options.schedule, rate: Double(options.rate), steps: options.steps, warmUp: options.warmUp)
    let momentum = Double(options.momentum), decay = Double(options.weightDecay)
    var adam = Adam(beta1: momentum, weightDecay: decay)
    if options.schedule == .cyclical { adam.beta2 = 0.99 }  // Smith 2017
    switch options.optimiser {
    case .sgd: rule = .sgd(SGD(momentum: momentum, weightDecay: decay))
    case .adam: rule = .adam(adam)
    case .adamW:
      adam.isDecoupled = true
      rule = .adam(adam)
    case .rmsProp: rule = .rmsProp(RMSProp(momentum: momentum, weightDecay: decay))
    }
    longestGradient = options.longestGradient.map { Double($0) }
    classes = options.classes
    average = options.average.map { Double($0) }
    seed = options.seed
    try check()
  }
}
