import CSystem

/// Allows many readers or one writer. A waiting writer goes before readers that arrive later.
package final class ReadWriteLock: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  // Guarded by `mutex`.
  private var readers = 0, writersWaiting = 0
  private var isWriting = false

  package init() {
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// - Parameter body: must not acquire this lock again.
  package func read<Result, Problem: Error>(_ body: () throws(Problem) -> Result) throws(Problem) -> Result {
    pthread_mutex_lock(mutex)
    while isWriting || writersWaiting > 0 { pthread_cond_wait(changed, mutex) }
    readers += 1
    pthread_mutex_unlock(mutex)
    defer {
      pthread_mutex_lock(mutex)
      readers -= 1
      if readers == 0 { pthread_cond_broadcast(changed) }
      pthread_mutex_unlock(mutex)
    }
    return try body()
  }

  /// - Parameter body: must not acquire this lock again.
  package func write<Result, Problem: Error>(_ body: () throws(Problem) -> Result) throws(Problem) -> Result {
    pthread_mutex_lock(mutex)
    writersWaiting += 1
    while isWriting || readers > 0 { pthread_cond_wait(changed, mutex) }
    writersWaiting -= 1
    isWriting = true
    pthread_mutex_unlock(mutex)
    defer {
      pthread_mutex_lock(mutex)
      isWriting = false
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
    return try body()
  }
}
