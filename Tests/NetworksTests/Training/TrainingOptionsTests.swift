import Networks
import TestSupport
import Testing

@Suite struct TrainingOptionsTests {
  @Test func `the usual plan is a thousand steps of Adam in one cycle, on triplets mined semi-hard`() throws {
    let plan = try TrainingPlan(TrainingPlan.Options())
    #expect(plan.loss == .minedTriplet(.semiHard, margin: Double(Float(0.2)), .mean))
    #expect(plan.rule == .adam(Adam(beta1: Double(Float(0.9)))))
    #expect(plan.schedule == .oneCycle(.init(highest: Double(Float(0.001)), steps: 1000)))
    #expect(plan.longestGradient == 0 && plan.classes == 0 && plan.seed == 1)
  }

  @Test func `optimisers take momentum and decay; Adam's beta 2 is the schedule's where it cycles`() throws {
    func rule(
      _ optimiser: TrainingPlan.Options.Optimiser, _ schedule: String = "constant"
    ) throws -> UpdateRule {
      var options = TrainingPlan.Options()
      (options.optimiser, options.schedule, options.momentum, options.weightDecay) = (
        optimiser, schedule, 0.5, 0.25
      )
      return try TrainingPlan(options).rule
    }
    #expect(try rule(.sgd) == .sgd(SGD(momentum: 0.5, weightDecay: 0.25)))
    #expect(try rule(.rmsProp) == .rmsProp(RMSProp(momentum: 0.5, weightDecay: 0.25)))
    #expect(try rule(.adam) == .adam(Adam(beta1: 0.5, weightDecay: 0.25)))
    #expect(try rule(.adamW) == .adam(Adam(beta1: 0.5, weightDecay: 0.25, isDecoupled: true)))
    #expect(try rule(.adam, "cyclical") == .adam(Adam(beta1: 0.5, beta2: 0.99, weightDecay: 0.25)))
  }

  @Test func `options out of their ranges are named`() throws {
    func refusal(_ change: (inout TrainingPlan.Options) -> Void) -> String {
      var options = TrainingPlan.Options()
      change(&options)
      return outcome { try TrainingPlan(options) }
    }
    #expect(refusal { $0.steps = 1 } == "invalidArgument: 1 steps, wanted at least 2")
    #expect(
      refusal { $0.longestGradient = .nan } == "invalidArgument: longest gradient nan, wanted 0 or more")
    #expect(refusal { $0.rate = 0 }.hasPrefix("invalidArgument: schedule: the highest rate is 0.0"))
    #expect(refusal { $0.warmUp = 1000 }.hasPrefix("invalidArgument: schedule: a warm-up of 1000 steps"))
    #expect(refusal { $0.loss.margin = -1 } == "invalidArgument: margin -1.0, wanted 0 or more")
  }
}
