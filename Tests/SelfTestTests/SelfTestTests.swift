import SelfTest
import TestSupport
import Tensors
import Testing

@Suite struct SelfTestTests {
  /// As deep inside a kernel's answer as a wrong lane of a vector is.
  private func damaged(_ check: SelfCheck, _ damage: @escaping (inout [Double]) -> Void) -> SelfCheck {
    SelfCheck(check.name) { () throws(Failure) in
      let answer = try check.answer()
      var found = answer.found
      damage(&found)
      return SelfCheck.Answer(found: found, expected: answer.expected)
    }
  }

  private func results(_ checks: [SelfCheck]) -> (passed: [Bool], outcome: String) {
    var passed: [Bool] = []
    let outcome = outcome { try SelfTest.run(checks) { passed.append($0.passed) } }
    return (passed, outcome)
  }

  @Test func `each check passes, and its name is its own`() {
    let (passed, outcome) = results(SelfTest.checks)
    #expect(outcome == "")
    #expect(passed.count >= 15 && passed.allSatisfy { $0 })
    #expect(Set(SelfTest.checks.map { "\($0.name)" }).count == passed.count)
  }

  @Test func `each check has half of the tolerance to spare`() throws {
    for check in SelfTest.checks {
      let deviation = try check.answer().deviation
      #expect(deviation <= 0.5 * SelfCheck.tolerance, "\(check.name): \(deviation)")
    }
  }

  @Test func `one number that is wrong by a thousandth of the largest is found in each check`() {
    for check in SelfTest.checks {
      let wrong = damaged(check) { found in
        let largest = found.reduce(0) { max($0, abs($1)) }
        found[found.count / 2] += largest / 1000
      }
      #expect(results([wrong]).passed == [false], "\(check.name)")
    }
  }

  @Test func `a number that is none is found, and one that is missing`() {
    let check = SelfTest.checks[0]
    for damage: (inout [Double]) -> Void in [
      { $0[3] = .nan }, { $0[3] = .infinity }, { $0.removeLast() }, { $0.removeAll() }
    ] {
      #expect(results([damaged(check, damage)]).passed == [false])
    }
  }

  @Test func `a failed test names the first check that does not pass, and makes the others`() {
    let checks = SelfTest.checks
    let (passed, outcome) = results([checks[0], damaged(checks[1]) { $0[0] += 1e6 }, checks[2]])
    #expect(passed == [true, false, true])
    #expect(
      outcome.hasPrefix("internalError: self-test, 1 of 3 checks failed: \(checks[1].name) deviates by "))
    let build = String(cString: instructionSetName)
    #expect(outcome.hasSuffix("with \(build); expected at most \(SelfCheck.tolerance)"))
  }

  @Test func `a computation that is refused does not pass, and memory that is lacking says nothing of it`() {
    let refused = SelfCheck("refused") { () throws(Failure) in throw .badData("the loss is nan")
    }
    #expect(results([refused]).passed == [false])
    let lacking = SelfCheck("lacking") { () throws(Failure) in throw .noMemory("1 MB more") }
    #expect(results([lacking]) == ([], "noMemory: self-test, lacking: 1 MB more"))
  }
}
