import Networks
import TestSupport
import Testing

@Suite struct TrainingOptionsTests {
  @Test func `the usual training is a thousand steps of Adam in one cycle, on triplets mined semi-hard`()
    throws
  {
    let settings = try TrainingSettings(TrainingSettings.Options())
    #expect(settings.loss == .minedTriplet(.semiHard, margin: Double(Float(0.2)), .mean))
    #expect(settings.rule == .adam(Adam(beta1: Double(Float(0.9)))))
    #expect(settings.schedule == .oneCycle(.init(highest: Double(Float(0.001)), steps: 1000)))
    #expect(settings.longestGradient == nil && settings.classes == 0 && settings.seed == 1)
  }

  @Test func `optimisers take momentum and decay; Adam's beta 2 is the schedule's where it cycles`() throws {
    func rule(
      _ optimiser: TrainingSettings.Options.Optimiser, _ schedule: Schedule.Kind = .constant
    ) throws -> UpdateRule {
      var options = TrainingSettings.Options()
      (options.optimiser, options.schedule, options.momentum, options.weightDecay) = (
        optimiser, schedule, 0.5, 0.25
      )
      return try TrainingSettings(options).rule
    }
    #expect(try rule(.sgd) == .sgd(SGD(momentum: 0.5, weightDecay: 0.25)))
    #expect(try rule(.rmsProp) == .rmsProp(RMSProp(momentum: 0.5, weightDecay: 0.25)))
    #expect(try rule(.adam) == .adam(Adam(beta1: 0.5, weightDecay: 0.25)))
    #expect(try rule(.adamW) == .adam(Adam(beta1: 0.5, weightDecay: 0.25, isDecoupled: true)))
    #expect(try rule(.adam, .cyclical) == .adam(Adam(beta1: 0.5, beta2: 0.99, weightDecay: 0.25)))
  }

  @Test func `options out of their ranges are named`() throws {
    func refusal(_ change: (inout TrainingSettings.Options) -> Void) -> String {
      var options = TrainingSettings.Options()
      change(&options)
      return outcome { try TrainingSettings(options) }
    }
    #expect(refusal { $0.steps = 1 } == "invalidArgument: steps 1; expected 2 or more")
    #expect(
      refusal { $0.longestGradient = .nan } == "invalidArgument: longest gradient nan; expected more than 0")
    #expect(refusal { $0.rate = 0 } == "invalidArgument: rate 0.0; expected more than 0")
    #expect(
      refusal { $0.warmUp = 1000 }
        == "invalidArgument: warm-up 1000; expected 0 or more, less than all 1000 steps")
    #expect(refusal { $0.loss.margin = -1 } == "invalidArgument: margin -1.0; expected 0 or more")
    #expect(refusal { $0.momentum = 1 } == "invalidArgument: beta 1 1.0; expected 0 or more, less than 1")
    #expect(refusal { $0.classes = -1 } == "invalidArgument: classes -1; expected 0 or more")
  }
}
