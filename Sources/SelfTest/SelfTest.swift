import Tensors

/// Whether this processor, this build and this memory compute right: known answers, computed again.
///
/// Each kernel is held against the definition of what it computes, in Double (`KernelChecks.swift`); the
/// passes of networks against stored numbers (`GoldenPasses.swift`). No check needs a file.
package enum SelfTest {
  package static var checks: [SelfCheck] { SelfCheck.ofKernels + SelfCheck.ofPasses }

  /// Makes all checks, also those after one that does not pass.
  /// - Throws: `.internalError` with the first check that does not pass; `.noMemory`.
  package static func run(
    _ checks: [SelfCheck] = SelfTest.checks, report: (SelfCheck.Result) -> Void = { _ in }
  ) throws(Failure) {
    var failed: [SelfCheck.Result] = []
    for check in checks {
      let result = try check.result()
      report(result)
      if !result.passed { failed.append(result) }
    }
    guard let first = failed.first else { return }
    throw .internalError(
      "self-test, \(failed.count) of \(checks.count) checks failed: \(first.name) deviates by"
        + " \(first.deviation) of its largest number with \(String(cString: instructionSetName));"
        + " expected at most \(SelfCheck.tolerance)")
  }
}

/// A computation with a known answer.
package struct SelfCheck {
  /// What is computed; zero-terminated, as all literals are.
  package let name: StaticString
  package let answer: () throws(Failure) -> Answer

  package struct Answer {
    package let found, expected: [Double]

    package init(found: [Double], expected: [Double]) { (self.found, self.expected) = (found, expected) }
  }

  package struct Result {
    package let name: StaticString
    package let deviation, seconds: Double

    package var passed: Bool { deviation <= SelfCheck.tolerance }
  }

  /// The largest deviation that passes, in parts of the largest number of the answer. Measured were up to
  /// 6.3e-6 by Winograd's F(6x6, 3x3), whose transforms multiply by up to 32, 2e-6 by networks and 5e-7 by
  /// other kernels, on each instruction set; a wrong number is off by a whole part.
  package static var tolerance: Double { 2e-5 }

  package init(_ name: StaticString, _ answer: @escaping () throws(Failure) -> Answer) {
    (self.name, self.answer) = (name, answer)
  }

  /// - Throws: `.noMemory`, which says nothing about the computation.
  func result() throws(Failure) -> Result {
    let begin = monotonicSeconds(), deviation: Double
    do throws(Failure) {
      deviation = try answer().deviation
    } catch {
      guard error.kind != .noMemory else { throw Failure(error.kind, "self-test, \(name): \(error.reason)") }
      log(.error, "self-test, \(name): \(error.reason)")
      deviation = .infinity  // a training, for one, refuses numbers that are not finite
    }
    return Result(name: name, deviation: deviation, seconds: monotonicSeconds() - begin)
  }
}

extension SelfCheck.Answer {
  /// The largest difference, in parts of the largest expected number; infinite if a number is missing or NaN.
  package var deviation: Double {
    guard found.count == expected.count, !expected.isEmpty else { return .infinity }
    var difference = 0.0, largest = 0.0
    for (x, y) in zip(found, expected) {
      guard x.isFinite else { return .infinity }
      difference = max(difference, abs(x - y))
      largest = max(largest, abs(y))
    }
    return difference / largest
  }
}

/// Numbers in -1..<1, from a seed, on any machine the same.
package func seeded<Element: Scalar>(_ extents: [Int], _ seed: UInt64) throws(Failure) -> Tensor<Element> {
  var generator = Generator(seed: seed)
  let tensor = try Tensor<Element>(extents)
  tensor.withPointer { numbers in
    for i in 0..<tensor.count { numbers[i] = Element(2 * generator.uniform() - 1) }
  }
  return tensor
}
