import TestSupport
import Tensors
import Testing

// The choice itself is tested in programs of their own: here other tests have kernels in use.
@Suite struct InstructionSetTests {
  private var current: String { String(cString: instructionSetName) }

  @Test func `what is in use may be chosen again`() throws {
    try chooseInstructionSet(current)
  }

  @Test func `a name that this processor does not run is refused, with those that it runs`() {
    let refusal = outcome { try chooseInstructionSet("zx81") }
    #expect(
      refusal.hasPrefix(
        "invalidArgument: instruction set \"zx81\"; expected one that this processor runs: baseline"))
    #expect(refusal.contains(current))
  }

  @Test func `another than the one in use is refused`() throws {
    let a: [Float] = [1], b: [Float] = [2], distance = euclideanDistance(a.span, b.span)
    try #require(distance == 1)
    guard current != "baseline" else { return }
    #expect(
      outcome { try chooseInstructionSet("baseline") }
        == "invalidArgument: instruction set baseline while \(current) is in use; expected a choice before the first model"
    )
  }
}
