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

  @Test(arguments: Schedule.names)
  func `is known by its name, with and without warm-up`(name: String) throws {
    let plain = try Schedule(named: name, rate: 0.1, steps: 1000)
    let warm = try Schedule(named: name, rate: 0.1, steps: 1000, warmUp: 50)
    let highest = (0..<1000).map { plain.rate(at: $0) }.max() ?? 0
    #expect(abs(highest - 0.1) < 1e-12)
    #expect(abs(warm.rate(at: 0) - 0.01 * warm.rate(at: 50)) < 1e-12)
    for step in [Int.min, -1, 0, 999, 1000, Int.max] {
      #expect(plain.rate(at: step).isFinite && warm.rate(at: step) >= 0)
    }
    for steps in 1...9 {
      #expect(
        (try? Schedule(named: name, rate: 0.1, steps: steps)) != nil || name == "one-cycle" && steps == 1)
    }
  }

  @Test func `refuses what is no schedule`() {
    #expect(
      outcome { try Schedule(named: "cosinus", rate: 0.1, steps: 9) }
        == "invalidArgument: schedule \"cosinus\", one of constant, step, cosine, one-cycle, cyclical wanted")
    for (rate, steps, warmUp) in [
      (0.0, 9, 0), (-1, 9, 0), (.nan, 9, 0), (.infinity, 9, 0), (0.1, 0, 0), (0.1, -5, 0), (0.1, 9, 9),
      (0.1, 9, -1), (0.1, Int.min, 0), (0.1, Int.max, Int.max)
    ] {
      #expect(
        outcome { try Schedule(named: "cosine", rate: rate, steps: steps, warmUp: warmUp) }.hasPrefix(
          "invalidArgument: schedule"))
    }
    for schedule in [
      Schedule.stepped(rate: 1, every: 0, factor: 0.5), .stepped(rate: 1, every: 1, factor: 2),
      .cosine(rate: 1, minimum: -1, steps: 5),
      .cyclical(Schedule.Cyclical(lowest: 1, highest: 2, up: 0)),
      .warmUp(steps: -1, from: 0, then: .constant(1)),
      .warmUp(steps: 1, from: 0, then: .constant(0)),
      .cyclical(Schedule.Cyclical(lowest: 1, highest: 2, up: Int.max))
    ] { #expect(outcome { try schedule.check() }.hasPrefix("invalidArgument: schedule")) }
  }
}
