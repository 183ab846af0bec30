import Networks
import TestSupport
import Testing

private let schedules: [(name: String, schedule: Schedule)] = [
  ("constant", .constant(0.1)),
  ("step", .stepped(rate: 0.1, every: 7, factor: 0.3)),
  ("cosine", .cosine(rate: 0.1, minimum: 0.001, steps: 49)),
  ("warm-up cosine", .warmUp(steps: 9, from: 0.05, then: .cosine(rate: 0.1, minimum: 0, steps: 41))),
  ("one-cycle", .oneCycle(Schedule.OneCycle(highest: 0.1, steps: 51))),
  ("triangular", .cyclical(Schedule.Cyclical(lowest: 0.01, highest: 0.1, up: 6, down: 9))),
  ("halving", .cyclical(Schedule.Cyclical(lowest: 0.01, highest: 0.1, up: 5, shape: .halving))),
  ("exponential", .cyclical(Schedule.Cyclical(lowest: 0.01, highest: 0.1, up: 5, shape: .exponential(0.97))))
]

@Suite struct SchedulesTests {
  @Test(arguments: schedules.indices)
  func `gives PyTorch's rates and betas for fifty steps`(index: Int) throws {
    let (name, schedule) = schedules[index]
    let wanted = try #require(try OptimisersReference.load().schedules.first { $0.name == name })
    try schedule.check()
    #expect(wanted.rates.count == 50)
    for step in 0..<50 {
      let rate = schedule.rate(at: step)
      #expect(
        abs(rate - wanted.rates[step]) <= 1e-6 * wanted.rates[step],
        "\(name), step \(step): \(rate), \(wanted.rates[step])")
      let beta = schedule.beta1(at: step) ?? 0.9
      #expect(abs(beta - wanted.betas[step]) <= 1e-6, "\(name), step \(step): \(beta), \(wanted.betas[step])")
    }
  }

  @Test func `stays at its end`() {
    let cosine = Schedule.cosine(rate: 1, minimum: 0.25, steps: 10)
    #expect(cosine.rate(at: 10) == 0.25 && cosine.rate(at: 1_000_000) == 0.25)
    let cycle = Schedule.oneCycle(Schedule.OneCycle(highest: 1, steps: 10))
    #expect(cycle.rate(at: 9) == cycle.rate(at: Int.max) && abs(cycle.rate(at: 9) - 1 / 25e4) < 1e-12)
  }

  @Test(arguments: Schedule.Kind.allCases)
  func `has its usual proportions, with and without warm-up`(kind: Schedule.Kind) throws {
    let plain = try Schedule(kind, rate: 0.1, steps: 1000)
    let warm = try Schedule(kind, rate: 0.1, steps: 1000, warmUp: 50)
    let highest = (0..<1000).map { plain.rate(at: $0) }.max() ?? 0
    #expect(abs(highest - 0.1) < 1e-12)
    #expect(abs(warm.rate(at: 0) - 0.01 * warm.rate(at: 50)) < 1e-12)
    for step in [Int.min, -1, 0, 999, 1000, Int.max] {
      #expect(plain.rate(at: step).isFinite && warm.rate(at: step) >= 0)
    }
    for steps in 1...9 {
      #expect(
        (try? Schedule(kind, rate: 0.1, steps: steps)) != nil || kind == .oneCycle && steps == 1)
    }
  }

  @Test func `refuses what is no schedule`() {
    let steps = "expected 1 to 1099511627776"
    for (rate, count, warmUp, reason) in [
      (0.0, 9, 0, "rate 0.0; expected more than 0"), (-1, 9, 0, "rate -1.0; expected more than 0"),
      (.nan, 9, 0, "rate nan; expected more than 0"), (.infinity, 9, 0, "rate inf; expected more than 0"),
      (0.1, 0, 0, "steps 0; \(steps)"), (0.1, -5, 0, "steps -5; \(steps)"),
      (0.1, 9, 9, "warm-up 9; expected 0 or more, less than all 9 steps"),
      (0.1, 9, -1, "warm-up -1; expected 0 or more, less than all 9 steps"),
      (0.1, Int.min, 0, "steps \(Int.min); \(steps)"),
      (0.1, Int.max, Int.max, "warm-up \(Int.max); expected 0 or more, less than all \(Int.max) steps")
    ] {
      #expect(
        outcome { try Schedule(.cosine, rate: rate, steps: count, warmUp: warmUp) }
          == "invalidArgument: \(reason)")
    }
    var calm = Schedule.OneCycle(highest: 1, steps: 5), wide = calm
    calm.beta1.calm = 1
    wide.climb = 1.5
    for (schedule, reason) in [
      (Schedule.stepped(rate: 1, every: 0, factor: 0.5), "steps of a rate 0; \(steps)"),
      (.stepped(rate: 1, every: 1, factor: 2), "factor of the rate 2.0; expected 0 to 1"),
      (.cosine(rate: 1, minimum: -1, steps: 5), "lowest rate -1.0; expected 0 or more"),
      (.oneCycle(.init(highest: 1, steps: 1)), "steps 1; expected 2 to 1099511627776"),
      (.oneCycle(wide), "part that climbs 1.5; expected 0 to 1"),
      (.oneCycle(calm), "beta 1 over the schedule 1.0 to 0.85; expected both 0 or more, less than 1"),
      (.cyclical(Schedule.Cyclical(lowest: 1, highest: 2, up: 0)), "steps up 0; \(steps)"),
      (.cyclical(Schedule.Cyclical(lowest: 1, highest: 2, up: Int.max)), "steps up \(Int.max); \(steps)"),
      (
        .cyclical(Schedule.Cyclical(lowest: 1, highest: 2, shape: .exponential(2))),
        "shape of the cycles exponential 2.0; expected a factor of 0 to 1"
      ),
      (.warmUp(steps: -1, from: 0, then: .constant(1)), "warm-up -1; expected 0 to 1099511627776"),
      (.warmUp(steps: 1, from: 2, then: .constant(1)), "warm-up's first part 2.0; expected 0 to 1"),
      (.warmUp(steps: 1, from: 0, then: .constant(0)), "rate 0.0; expected more than 0")
    ] { #expect(outcome { try schedule.check() } == "invalidArgument: \(reason)") }
  }
}
