import CSystem
import TestSupport
import Tensors
import Testing

/// How often each task ran; tasks write their own place, so no lock is needed.
private func timesRun(_ count: Int) throws -> [Int] {
  let times = try Storage<Int>(repeating: 0, count: max(count, 1))
  ThreadPool.shared.run(count) { task, _ in times.pointer[task] += 1 }
  return Array(times.values.prefix(count))
}

@Suite struct ThreadPoolTests {
  @Test(arguments: [0, 1, 2, 1000], [1, 2, 3, 4])
  func `runs every task exactly once`(count: Int, threads: Int) throws {
    try withPool(threads: threads) {
      for _ in 0..<20 {
        let times = try timesRun(count)
        #expect(times == [Int](repeating: 1, count: count))
      }
    }
  }

  @Test func `runs a run inside a task on that task's thread`() throws {
    try withPool(threads: 4) {
      let sums = try Storage<Int>(repeating: 0, count: 50)
      let strangers = try Storage<Int>(repeating: 0, count: 50)
      let workers = try Storage<Int>(repeating: 0, count: 50)
      // A run that finds the pool busy with another test's work is no task of the pool: it says nothing here.
      for _ in 0..<200 {
        for i in 0..<50 { (sums.pointer[i], strangers.pointer[i]) = (0, 0) }
        ThreadPool.shared.run(50) { outer, worker in
          workers.pointer[outer] = worker
          usleep(200)
          let me = pthread_self()
          ThreadPool.shared.run(20) { inner, worker in
            sums.pointer[outer] += inner
            if pthread_equal(me, pthread_self()) == 0 || worker != 0 { strangers.pointer[outer] += 1 }
          }
        }
        if workers.values.contains(where: { $0 > 0 }) { break }
      }
      #expect(workers.values.contains { $0 > 0 })
      #expect(sums.values == [Int](repeating: 190, count: 50))  // 0 + 1 + ... + 19
      #expect(strangers.values == [Int](repeating: 0, count: 50))
    }
  }

  @Test func `serves several callers at once`() throws {
    try withPool(threads: 3) {
      let wrong = try Storage<Int>(repeating: 0, count: 6)
      onThreads(6) { caller in
        for round in 0..<200 {
          let count = 1 + (round * 7 + caller) % 40
          if (try? timesRun(count)) != [Int](repeating: 1, count: count) { wrong.pointer[caller] += 1 }
        }
      }
      #expect(wrong.values == [0, 0, 0, 0, 0, 0])
    }
  }

  @Test(arguments: 1...4)
  func `numbers its workers below the limit`(threads: Int) throws {
    try withPool(threads: threads) {
      for count in [1, 2, 3, 100] {
        let limit = ThreadPool.shared.threads
        #expect(limit == threads)
        let workers = try Storage<Int>(repeating: -1, count: count)
        ThreadPool.shared.run(count) { task, worker in workers.pointer[task] = worker }
        #expect(workers.values.allSatisfy { 0 <= $0 && $0 < limit })
      }
    }
  }

  @Test func `never runs two tasks at once under one worker`() throws {
    try withPool(threads: 4) {
      // A lost update would show: each worker counts without a lock, in a place of its own.
      let counts = try Storage<Int>(repeating: 0, count: ThreadPool.maximum * 16)
      ThreadPool.shared.run(5000) { _, worker in
        let before = counts.pointer[worker * 16]
        sched_yield()
        counts.pointer[worker * 16] = before + 1
      }
      #expect(counts.values.reduce(0, +) == 5000)
    }
  }

  @Test func `stands a change of its threads while it works`() throws {
    try withPool(threads: 2) {
      let wrong = try Storage<Int>(repeating: 0, count: 4)
      onThreads(4) { caller in
        for round in 0..<300 {
          if caller == 0 {
            ThreadPool.shared.threads = 1 + round % 8
          } else if (try? timesRun(64)) != [Int](repeating: 1, count: 64) {
            wrong.pointer[caller] += 1
          }
        }
      }
      #expect(wrong.values == [0, 0, 0, 0])
    }
  }

  /// Threads look out for 40 microseconds before they sleep: pauses are below, about and above that.
  @Test(arguments: [0, 20, 40, 60, 300])
  func `finds threads that look out and threads that sleep`(pause microseconds: UInt32) throws {
    try withPool(threads: 3) {
      for _ in 0..<200 {
        let times = try timesRun(7)
        #expect(times == [Int](repeating: 1, count: 7))
        if microseconds > 0 { usleep(microseconds) }
      }
    }
  }

  @Test func `holds its threads between one and the maximum`() throws {
    try withPool(threads: 0) { #expect(ThreadPool.shared.threads == 1) }
    try withPool(threads: -5) { #expect(ThreadPool.shared.threads == 1) }
    try withPool(threads: Int.max) { #expect(ThreadPool.shared.threads == ThreadPool.maximum) }
    #expect(ThreadPool.processors >= 1)
  }
}
