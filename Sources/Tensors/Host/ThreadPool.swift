import CSystem

/// The threads that share the work of a call. The process has one pool, which sleeps when idle.
///
/// Work is split by its size, never by the number of threads, and every task writes its own part of the
/// result, so results have the same bits for any number of threads. A call that finds the pool busy with
/// another caller's work, or that comes from inside a task, runs entirely on its own thread.
///
/// A network of small layers gives work every few microseconds, and waking a thread takes longer than such
/// work: threads look out for the next one for `patience` before they sleep.
package final class ThreadPool: @unchecked Sendable {
  package static let shared = ThreadPool()
  package static let maximum = 256
  /// Of the pool's threads: five times what a call takes. The usual 8 MB count where addresses are limited,
  /// and are resident where the host locks its memory.
  private static let stackBytes = 256 << 10

  private let busy: UnsafeMutablePointer<pthread_mutex_t>  // held by the caller whose work runs
  private let lock: UnsafeMutablePointer<pthread_mutex_t>  // guards all that follows
  private let wake: UnsafeMutablePointer<pthread_cond_t>
  private let done: UnsafeMutablePointer<pthread_cond_t>
  private var threadLimit: Int { didSet { systemPublish(&watched.pointee.limit, threadLimit) } }
  private var started = 0
  private var generation = 0
  private var body: ((Int, Int) -> Void)?
  private var nextTask = 0
  private var taskCount = 0
  private var unfinished = 0
  private var workersAllowed = 0
  /// `generation`, `unfinished` and `threadLimit` for threads that look without the lock.
  private let watched: UnsafeMutablePointer<(generation: Int, unfinished: Int, limit: Int)>
  /// In seconds: what waking a thread takes, a few times.
  private static var patience: Double { 40e-6 }

  private init() {
    busy = .allocate(capacity: 1)
    lock = .allocate(capacity: 1)
    wake = .allocate(capacity: 1)
    done = .allocate(capacity: 1)
    watched = .allocate(capacity: 1)
    threadLimit = ThreadPool.processors
    watched.initialize(to: (0, 0, threadLimit))
    resetLocks()
    // A forked child has none of these threads, and locks held by other threads stay held: start afresh.
    pthread_atfork(nil, nil) { ThreadPool.shared.resetAfterFork() }
  }

  private func resetLocks() {
    pthread_mutex_init(busy, nil)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(wake, nil)
    pthread_cond_init(done, nil)
  }

  private func resetAfterFork() {
    resetLocks()
    started = 0
    body = nil
    taskCount = 0
    nextTask = 0
    unfinished = 0
  }

  /// The number of threads that this process can keep busy now.
  package static var processors: Int { min(Processors().threads, maximum) }

  /// The number of threads that one call keeps busy, including its own.
  package var threads: Int {
    get {
      pthread_mutex_lock(lock)
      defer { pthread_mutex_unlock(lock) }
      return threadLimit
    }
    set {
      pthread_mutex_lock(lock)
      threadLimit = min(max(newValue, 1), ThreadPool.maximum)
      pthread_mutex_unlock(lock)
    }
  }

  /// Runs `body(task, worker)` for every task in `0..<count` and returns when all are done. `worker` is below
  /// `workers` and identifies a scratch area: no two tasks run concurrently with the same worker.
  package func run(_ count: Int, workers: Int = maximum, _ body: (Int, Int) -> Void) {
    // By itself: a closure that others run is a block of memory.
    guard count > 1, systemWatch(&watched.pointee.limit) > 1, pthread_mutex_trylock(busy) == 0 else {
      for task in 0..<count { body(task, 0) }
      return
    }
    defer { pthread_mutex_unlock(busy) }
    withoutActuallyEscaping(body) { body in runShared(count, workers, body) }
  }

  private func runShared(_ count: Int, _ workers: Int, _ body: @escaping (Int, Int) -> Void) {
    pthread_mutex_lock(lock)
    let helpers = min(threadLimit, workers, count) - 1
    while started < helpers, startWorker() {}
    workersAllowed = helpers
    self.body = body
    nextTask = 0
    taskCount = count
    unfinished = count
    generation &+= 1
    systemPublish(&watched.pointee.unfinished, unfinished)
    systemPublish(&watched.pointee.generation, generation)
    if helpers > 0 { pthread_cond_broadcast(wake) }
    work(as: 0, body)
    if unfinished > 0 {
      pthread_mutex_unlock(lock)
      _ = ThreadPool.lookOut { systemWatch(&watched.pointee.unfinished) == 0 }
      pthread_mutex_lock(lock)
    }
    while unfinished > 0 { pthread_cond_wait(done, lock) }
    self.body = nil
    taskCount = 0
    pthread_mutex_unlock(lock)
  }

  /// Runs tasks until none is left. Called and returns with `lock` held.
  private func work(as worker: Int, _ body: (Int, Int) -> Void) {
    while nextTask < taskCount {
      let task = nextTask
      nextTask += 1
      pthread_mutex_unlock(lock)
      body(task, worker)
      pthread_mutex_lock(lock)
      unfinished -= 1
      systemPublish(&watched.pointee.unfinished, unfinished)
      if unfinished == 0 { pthread_cond_signal(done) }
    }
  }

  /// Call with `lock` held. Returns false if the system grants no more threads; the existing ones do the
  /// work.
  private func startWorker() -> Bool {
    // Where thread-local memory of the host leaves no room in such a stack: the system's usual one.
    guard startWorker(stack: ThreadPool.stackBytes) || startWorker(stack: nil) else { return false }
    started += 1
    return true
  }

  private func startWorker(stack: Int?) -> Bool {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    if let stack { pthread_attr_setstacksize(&attributes, stack) }
    let number = UnsafeMutableRawPointer(bitPattern: started + 1)
    return pthread_create(
      &thread, &attributes,
      { number in
        ThreadPool.shared.serve(as: Int(bitPattern: number))
        return nil
      }, number) == 0
  }

  private func serve(as worker: Int) {
    // A thread inherits the floating-point state of the thread that starts it.
    systemUseStandardFloats()
    pthread_mutex_lock(lock)
    var seen = 0, hasWorked = false
    while true {
      if generation != seen {
        seen = generation
        // Work that is done already, or for fewer threads, is not this thread's.
        hasWorked = worker <= workersAllowed && body != nil
        if hasWorked, let body { work(as: worker, body) }
        continue
      }
      if hasWorked {
        pthread_mutex_unlock(lock)
        let isCalled = ThreadPool.lookOut { systemWatch(&watched.pointee.generation) != seen }
        pthread_mutex_lock(lock)
        if isCalled { continue }
      }
      if generation == seen { pthread_cond_wait(wake, lock) }
    }
  }

  /// Whether something comes true soon.
  private static func lookOut(_ isTrue: () -> Bool) -> Bool {
    let end = monotonicSeconds() + patience
    repeat {
      for _ in 0..<16 {
        if isTrue() { return true }
        systemPause()
      }
    } while monotonicSeconds() < end
    return false
  }
}
