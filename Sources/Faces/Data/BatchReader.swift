import CSystem
import Tensors

/// A batch ready for training.
package struct Batch {
  package let sample: Sample
  /// For each view: `FacePhoto.person`, -1 for an unlabelled photo.
  package let people: [Int]
  /// The variation of each view.
  package let variations: [Variation]
  /// `[photos, height, width, 3]`, one for each format of the reader; all show the same.
  package let views: [Tensor<Float>]
  /// The sampler's state after this batch.
  package let state: SamplerState
}

/// Prepares batches in advance, on a thread of its own: the pool belongs to the training.
///
/// One thread suffices: it takes tens of milliseconds for a batch of 64 views, a training step several
/// hundred. Batches depend only on seed, epoch and position, not on timing. A failure is reported in order,
/// and by every later call.
package final class BatchReader {
  private let work: Work
  private var thread: pthread_t?
  private let process = getpid()

  /// - Parameters:
  ///   - formats: one or more; two for a student and its teacher.
  ///   - ahead: batches prepared in advance, 0 to 64; with 0 each is prepared on request.
  /// - Throws: `.invalidArgument` for numbers out of range.
  package init(
    _ crops: Crops, _ sampler: Sampler, _ augmentation: Augmentation, _ formats: [ViewFormat], ahead: Int = 2
  ) throws(Failure) {
    try augmentation.check()
    guard ahead >= 0, ahead <= 64 else { throw .invalidArgument("\(ahead) batches ahead; expected 0 to 64") }
    guard !formats.isEmpty else { throw .invalidArgument("0 formats of views; expected at least 1") }
    for format in formats { try format.check() }
    work = Work(crops, sampler, augmentation, formats, ahead: ahead)
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

  /// Ends the thread after its current view. Pending batches are dropped.
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
    let work = Unmanaged.passRetained(self.work)
    let code = pthread_create(
      &thread, nil,
      { work in
        systemUseStandardFloats()
        if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().run() }
        return nil
      }, work.toOpaque())
    if code == 0 {
      self.thread = thread
    } else {
      work.release()
    }
  }
}

/// State shared by the reader and its thread.
private final class Work: @unchecked Sendable {
  private let crops: Crops
  private let augmentation: Augmentation
  private let formats: [ViewFormat]
  private let ahead: Int
  private var sampler: Sampler  // the preparing thread's own

  private let lock = Lock()
  private let changed = Signal()
  // Guarded by the lock.
  private var ready: [Batch] = []
  private var failure: Failure?
  private var isStopped = false

  init(_ crops: Crops, _ sampler: Sampler, _ augmentation: Augmentation, _ formats: [ViewFormat], ahead: Int)
  {
    (self.crops, self.sampler, self.augmentation) = (crops, sampler, augmentation)
    (self.formats, self.ahead) = (formats, ahead)
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
        let batch = try prepare()
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
      return try prepare()
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

  private func prepare() throws(Failure) -> Batch {
    let sample = sampler.next(), count = sample.photos.count
    var views: [Tensor<Float>] = [], people: [Int] = [], variations: [Variation] = []
    for format in formats { views.append(try Tensor([count, format.height, format.width, 3])) }
    for (i, photo) in sample.photos.enumerated() {
      if lock.hold({ isStopped }) { throw .cancelled("the reader of batches was stopped") }
      let variation = Variation(
        augmentation, seed: sampler.state.seed, epoch: sample.epoch, index: sample.first + i)
      try crops.render(photo, variation, formats, into: views.map { $0.storage }, at: i)
      people.append(crops.photos[photo].person ?? -1)
      variations.append(variation)
    }
    return Batch(sample: sample, people: people, variations: variations, views: views, state: sampler.state)
  }
}
