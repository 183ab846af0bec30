import Networks
import TestSupport
import Testing

private let losses: [Loss] = [
  .triplet(margin: 0.2, .mean), .minedTriplet(.hard, margin: 0.2, .sum),
  .contrastive(margin: 1, epsilon: 1e-6, .mean), .softmax(.mean),
  .crossEntropy(.mean), .centre(lambda: 0.1, rate: 0.5, .mean), .pairwise(.chiSquare, .mean),
  .angularMargin(.angle(0.5), scale: 16, .meanOfActive),
  .distillation(Distillation(cosine: 1, similarity: 2, strangers: 3, strangerLimit: 0.5)),
  .teacherDistance
]
private let rules: [UpdateRule] = [.sgd(SGD()), .adam(Adam()), .rmsProp(RMSProp())]
private let schedules: [Schedule] = [
  .constant(0.1), .stepped(rate: 0.1, every: 3, factor: 0.5), .cosine(rate: 0.1, minimum: 0.01, steps: 9),
  .oneCycle(.init(highest: 0.1, steps: 9)), .cyclical(.init(lowest: 0.01, highest: 0.1)),
  .warmUp(steps: 3, from: 0.1, then: .constant(0.1))
]

@Suite struct TrainingSettingsTests {
  private func settings(
    _ loss: Loss = .softmax(.mean), _ rule: UpdateRule = .sgd(SGD()), _ schedule: Schedule = .constant(1)
  ) -> TrainingSettings {
    var settings = TrainingSettings(loss: loss)
    (settings.rule, settings.schedule) = (rule, schedule)
    return settings
  }

  /// Beside the numbers that a value holds its kind has a name, of which the kinds of mining and of pairs are
  /// part.
  @Test func `a checkpoint has a text for every number of the settings`() {
    let rest = members(of: settings()).count - 3  // but loss, rule and schedule
    #expect(
      members(of: settings()).filter { !["loss", "rule", "schedule"].contains($0) }.allSatisfy {
        settings().texts[$0] != nil
      })
    for loss in losses {
      var count = loss == .teacherDistance ? 0 : leafCount(of: loss)
      switch loss {
      case .minedTriplet, .pairwise: count -= 1
      default: break
      }
      #expect(settings(loss).texts.count == rest + (1 + count) + 4 + 2, "\(loss)")
    }
    for rule in rules {
      #expect(
        settings(.softmax(.mean), rule).texts.count == rest + 2 + (1 + leafCount(of: rule)) + 2, "\(rule)")
    }
    for schedule in schedules {
      var count = leafCount(of: schedule)
      switch schedule {
      case .oneCycle, .cyclical: count -= 1  // the two ends of beta 1 are one text
      default: break
      }
      #expect(
        settings(.softmax(.mean), .sgd(SGD()), schedule).texts.count == rest + 2 + 4 + 1 + count,
        "\(schedule)")
    }
  }

  @Test func `settings that differ have texts that differ, and one number has one text`() {
    let all =
      losses.map { settings($0) } + rules.map { settings(losses[0], $0) }
      + schedules.map { settings(losses[0], .sgd(SGD()), $0) }
    for (i, one) in all.enumerated() {
      for other in all[..<i]
      where (one.loss, one.rule, one.schedule) != (other.loss, other.rule, other.schedule) {
        #expect(one.texts != other.texts)
      }
    }
    func differing(_ one: TrainingSettings, _ other: TrainingSettings) -> [String] {
      one.texts.keys.filter { one.texts[$0] != other.texts[$0] }.sorted()
    }
    var other = settings()
    other.longestGradient = 3
    #expect(differing(settings(), other) == ["longest gradient"])
    other = settings()
    other.seed = .max
    #expect(differing(settings(), other) == ["seed"])
    #expect(
      differing(
        settings(losses[0], rules[0], .cosine(rate: 0.1, minimum: 0, steps: 60)),
        settings(losses[0], rules[0], .cosine(rate: 0.1, minimum: 0, steps: 80))) == ["steps"])
    #expect(
      differing(settings(.triplet(margin: 0.2, .mean)), settings(.triplet(margin: 0.3, .mean))) == ["margin"])
    #expect(
      differing(settings(losses[0], .adam(Adam())), settings(losses[0], .adam(Adam(isDecoupled: true)))) == [
        "decoupled weight decay"
      ])
    var cycle = Schedule.OneCycle(highest: 0.1, steps: 9)
    cycle.end = 7
    #expect(
      differing(settings(losses[0], rules[0], schedules[3]), settings(losses[0], rules[0], .oneCycle(cycle)))
        == [
          "divisor of the last rate"
        ])
  }
}
