import TestSupport
import Tensors
import Testing

@Suite struct ReadWriteLockTests {
  @Test func `readers never see a writer's half-done work`() throws {
    let lock = ReadWriteLock()
    let numbers = try Storage<Int>(repeating: 0, count: 2), torn = try Storage<Int>(repeating: 0, count: 4)
    onThreads(4) { thread in
      for _ in 0..<2000 {
        if thread == 0 {
          lock.write {
            numbers.pointer[0] += 1
            numbers.pointer[1] += 1
          }
        } else if lock.read({ numbers.pointer[0] != numbers.pointer[1] }) {
          torn.pointer[thread] += 1
        }
      }
    }
    #expect(torn.values == [0, 0, 0, 0] && numbers.values == [2000, 2000])
  }

  @Test func `a failure inside lets go of the lock`() {
    let lock = ReadWriteLock()
    #expect(outcome { try lock.write { () throws(Failure) in throw .notFound("a") } } == "notFound: a")
    #expect(outcome { try lock.read { () throws(Failure) in throw .notFound("b") } } == "notFound: b")
    #expect(lock.write { 1 } == 1)
  }
}
