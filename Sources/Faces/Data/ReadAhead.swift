import CSystem
import Tensors

/// Prepares a training's batches in advance, on a thread of its own: the pool belongs to the training.
///
/// Batches come in order and do not depend on timing. A failure is reported in order, and by every later
/// call.
package final class ReadAhead<Batch> {
  /// Prepares the next batch; calls its argument from time to time, which throws once the batch is not
  /// wanted.
  package typealias Preparation = (() throws(Failure) -> Void) throws(Failure) -> Batch

  private let work: Work<Batch>
  private var thread: pthread_t?
  private let process = getpid()

  /// - Parameter ahead: batches prepared in advance, 0 to 64; with 0 each is prepared on request.
  /// - Throws: `.invalidArgument` for another number.
  package init(_ ahead: Int = 2, _ prepare: @escaping Preparation) throws(Failure) {
    guard ahead >= 0, ahead <= 64 else { throw .invalidArgument("\(ahead) batches ahead; expected 0 to 64") }
    work = Work(ahead, prepare)
    if ahead > 0 { start() }
  }

  deinit { stop() }

  /// The next batch; waits until it is ready.
  /// - Throws: the failure of its preparation; `.cancelled` after `stop()`.
  package func next() throws(Failure) -> Batch {
    guard process == getpid() else {
      throw .invalidArgument(
        "this reader was made before the process was forked, its thread has stayed behind")
    }
    return try thread == nil ? work.prepareNow() : work.take()
  }

  /// Ends the thread at its next check. Pending batches are dropped.
  package func stop() {
    // A forked child has no such thread, and the locks may be held for ever.
    guard process == getpid() else { return }
    work.stop()
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  /// If the system grants no thread, batches are prepared on request.
  private func start() {
    var thread = pthread_t()
    let work = work
    let task = Unmanaged.passRetained(ThreadTask { work.run() })
    let code = pthread_create(
      &thread, nil,
      { task in
        systemUseStandardFloats()
        if let task { Unmanaged<ThreadTask>.fromOpaque(task).takeRetainedValue().body() }
        return nil
      }, task.toOpaque())
    if code == 0 {
      self.thread = thread
    } else {
      task.release()
    }
  }
}

/// What a thread does, for the C function that begins it.
private final class ThreadTask {
  let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
}

/// State shared by the reader and its thread.
private final class Work<Batch>: @unchecked Sendable {
  private let ahead: Int
  private let prepare: ReadAhead<Batch>.Preparation  // the preparing thread's own

  private let lock = Lock()
  private let changed = Signal()
  // Guarded by the lock.
  private var ready: [Batch] = []
  private var failure: Failure?
  private var isStopped = false

  init(_ ahead: Int, _ prepare: @escaping ReadAhead<Batch>.Preparation) {
    (self.ahead, self.prepare) = (ahead, prepare)
  }

  private func check() throws(Failure) {
    if lock.hold({ isStopped }) { throw .cancelled("the reader of batches was stopped") }
  }

  /// The thread's loop.
  func run() {
    while true {
      let goesOn = lock.hold {
        while ready.count >= ahead, !isStopped { changed.wait(lock) }
        return !isStopped
      }
      guard goesOn else { return }
      do throws(Failure) {
        let batch = try prepare(check)
        lock.hold {
          ready.append(batch)
          changed.wakeAll()
        }
      } catch {
        lock.hold {
          failure = error
          changed.wakeAll()
        }
        return
      }
    }
  }

  func take() throws(Failure) -> Batch {
    let (batch, reason) = lock.hold { () -> (Batch?, Failure?) in
      while ready.isEmpty, failure == nil, !isStopped { changed.wait(lock) }
      guard !isStopped, !ready.isEmpty else { return (nil, isStopped ? nil : failure) }
      let batch = ready.removeFirst()
      changed.wakeAll()
      return (batch, nil)
    }
    if let batch { return batch }
    throw reason ?? .cancelled("the reader of batches was stopped")
  }

  func prepareNow() throws(Failure) -> Batch {
    let (wasStopped, reason) = lock.hold { (isStopped, failure) }
    guard !wasStopped else { throw .cancelled("the reader of batches was stopped") }
    if let reason { throw reason }
    do throws(Failure) {
      return try prepare(check)
    } catch {
      lock.hold { self.failure = error }
      throw error
    }
  }

  func stop() {
    lock.hold {
      isStopped = true
      ready.removeAll()
      changed.wakeAll()
    }
  }
}
