import TestSupport
import Tensors
import Testing

private struct Brush: Settings {
  var width = 3
  var strength: Float = 0.5
  var isRound = true
  var seed: UInt64 = 7
  var limit: Double?

  var settings: [Setting] {
    Setting("width", width, .from(1, to: 64))
    Setting("strength", strength, .from(0, below: 1))
    Setting("round", isRound).requiring(!isRound || width > 1, "a width of 2 or more")
    Setting("seed", seed)
    Setting("limit", limit, .above(0))
  }
}

/// A choice lists what its case has, and a part what the part has.
private enum Tool: Settings {
  case brush(Brush), eraser

  var settings: [Setting] {
    switch self {
    case .brush(let brush):
      Setting("tool", "brush")
      brush.settings
    case .eraser: Setting("tool", "eraser")
    }
  }
}

@Suite struct SettingTests {
  private func refusal(_ change: (inout Brush) -> Void) -> String {
    var brush = Brush()
    change(&brush)
    return outcome { try Tool.brush(brush).check() }
  }

  @Test func `a setting out of its limits is named with its value and what was expected`() {
    #expect(refusal { _ in } == "")
    #expect(refusal { $0.width = 0 } == "invalidArgument: width 0; expected 1 to 64")
    #expect(refusal { $0.strength = 1 } == "invalidArgument: strength 1.0; expected 0 or more, less than 1")
    #expect(
      refusal { $0.strength = .nan } == "invalidArgument: strength nan; expected 0 or more, less than 1")
    #expect(refusal { $0.limit = 0 } == "invalidArgument: limit 0.0; expected more than 0")
    #expect(refusal { $0.limit = .infinity } == "invalidArgument: limit inf; expected more than 0")
  }

  @Test func `the first of several faults is told, and a condition only of what is in its limits`() {
    #expect(refusal { ($0.width, $0.strength) = (65, -1) } == "invalidArgument: width 65; expected 1 to 64")
    #expect(refusal { $0.width = 1 } == "invalidArgument: round yes; expected a width of 2 or more")
    #expect(
      refusal { ($0.width, $0.isRound) = (1, false) } == ""
        && refusal { ($0.width, $0.isRound) = (2, true) } == "")
    let both = Setting("x", 5, .from(0, to: 1)).requiring(false, "luck")
    #expect(both.fault == "x 5; expected 0 to 1")
  }

  @Test func `texts are the values by their names, of the case that is there`() {
    #expect(
      Tool.brush(Brush()).texts == [
        "tool": "brush", "width": "3", "strength": "0.5", "round": "yes", "seed": "7", "limit": "none"
      ])
    #expect(Tool.eraser.texts == ["tool": "eraser"])
  }

  @Test func `limits say what they hold`() {
    #expect(
      Limits.from(0.0, to: 1).description == "0 to 1" && Limits.from(0.5, to: 10).description == "0.5 to 10")
    #expect(Limits<Int>.atLeast(2).description == "2 or more")
    #expect(Limits<Float>.above(0).description == "more than 0")
    #expect(Limits.above(0.0, to: 1).description == "more than 0, at most 1")
    #expect(Limits.above(0.0, below: 1).description == "more than 0, less than 1")
    #expect(Limits<Float>.aboveOrInfinite(1).description == "more than 1")
  }

  @Test func `limits hold their ends where they say so, and no number that is none`() {
    for limits in [
      Limits.from(0.0, to: 1), .from(0, below: 1), .above(0, to: 1), .above(0, below: 1), .atLeast(0),
      .above(0),
      .atLeastOrInfinite(0), .aboveOrInfinite(0)
    ] { #expect(limits.contains(0.5) && !limits.contains(-0.5) && !limits.contains(.nan)) }
    #expect(Limits.from(0.0, to: 1).contains(0) && Limits.from(0.0, to: 1).contains(1))
    #expect(!Limits.from(0.0, below: 1).contains(1) && !Limits.above(0.0, to: 1).contains(0))
    #expect(!Limits.above(0.0, below: 1).contains(0) && !Limits.above(0.0, below: 1).contains(1))
    #expect(Limits<Double>.atLeast(0).contains(0) && !Limits<Double>.atLeast(0).contains(.infinity))
    #expect(!Limits<Double>.above(0).contains(0) && !Limits<Double>.above(0).contains(.infinity))
    #expect(Limits<Double>.atLeastOrInfinite(0).contains(.infinity))
    #expect(
      Limits<Double>.aboveOrInfinite(0).contains(.infinity) && !Limits<Double>.aboveOrInfinite(0).contains(0))
    #expect(Limits<Int>.atLeast(0).contains(.max))
  }
}
