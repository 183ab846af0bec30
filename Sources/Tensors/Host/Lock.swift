import CReserve
import CSystem

/// A mutex at a fixed address.
package final class Lock: @unchecked Sendable {
  fileprivate let mutex: UnsafeMutablePointer<pthread_mutex_t>

  package init() {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func hold<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  package func hold<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }
}

/// Wakes threads that wait for a change of what a lock guards.
package final class Signal: @unchecked Sendable {
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init() {
    condition = .allocate(capacity: 1)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
  }

  /// Call inside `lock.hold`; releases the lock while waiting. May wake spuriously: check the condition
  /// again.
  package func wait(_ lock: Lock) { pthread_cond_wait(condition, lock.mutex) }

  package func wakeAll() { pthread_cond_broadcast(condition) }
}

/// Locks that are acquired before a fork and released after it in both processes, so that the child never
/// finds one held by a thread that it does not have.
nonisolated(unsafe) private var survivors: [Lock] = []
private let registered: Void = {
  _ = pthread_atfork(
    {
      for lock in survivors { lock.take() }
      systemReserveLock()
    },
    {
      systemReserveUnlock()
      for lock in survivors { lock.release() }
    },
    {
      systemReserveUnlock()
      for lock in survivors { lock.release() }
    })
}()

extension Lock {
  /// Call once, when a global lock is created.
  package func surviveFork() {
    survivors.append(self)
    _ = registered
  }

  fileprivate func take() { pthread_mutex_lock(mutex) }
  fileprivate func release() { pthread_mutex_unlock(mutex) }
}
