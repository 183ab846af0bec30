import TestSupport
import Tensors
import Testing

@Suite struct LockTests {
  @Test func `lets one thread in at a time`() {
    let lock = Lock()
    var count = 0
    onThreads(4) { _ in
      for _ in 0..<5000 { lock.hold { count += 1 } }
    }
    #expect(count == 20_000)
  }

  @Test func `is released when the body fails`() {
    let lock = Lock()
    func fail() throws(Failure) -> Int { throw .io("no") }
    #expect(outcome { try lock.hold(fail) } == "io: no")
    let five = lock.hold { 5 }
    #expect(five == 5)
  }
}
