import CSystem
import Tensors

/// Runs `body(0)`, `body(1)`, ... on `count` new threads at once and returns when all have ended.
package func onThreads(_ count: Int, _ body: @escaping (Int) -> Void) {
  final class Start {
    let number: Int, body: (Int) -> Void
    init(_ number: Int, _ body: @escaping (Int) -> Void) { (self.number, self.body) = (number, body) }
  }
  var threads: [pthread_t] = []
  for number in 0..<count {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(number, body)).toOpaque()
    let code = pthread_create(
      &thread, nil,
      { start in
        guard let start else { return nil }
        let taken = Unmanaged<Start>.fromOpaque(start).takeRetainedValue()
        taken.body(taken.number)
        return nil
      }, start)
    precondition(code == 0, "no more threads")
    threads.append(thread)
  }
  for thread in threads { pthread_join(thread, nil) }
}

private let poolLock = Lock()

/// Runs `body` while the pool has `threads` threads; tests that change the number take turns.
package func withPool(threads: Int, _ body: () throws -> Void) throws {
  var problem: (any Error)?
  poolLock.hold {
    let before = ThreadPool.shared.threads
    ThreadPool.shared.threads = threads
    do { try body() } catch { problem = error }
    ThreadPool.shared.threads = before
  }
  if let problem { throw problem }
}
