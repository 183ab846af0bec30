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

/// Prepares batches of varied faces in advance.
///
/// One thread suffices: it takes tens of milliseconds for a batch of 64 views, a training step several
/// hundred. Batches depend only on seed, epoch and position, not on timing.
package final class BatchReader {
  private let batches: ReadAhead<Batch>

  /// - Parameters:
  ///   - formats: one or more; two for a student and its teacher.
  ///   - ahead: batches prepared in advance, 0 to 64; with 0 each is prepared on request.
  /// - Throws: `.invalidArgument` for numbers out of range.
  package init(
    _ crops: Crops, _ sampler: Sampler, _ augmentation: Augmentation, _ formats: [ViewFormat], ahead: Int = 2
  ) throws(Failure) {
    try augmentation.check()
    guard !formats.isEmpty else { throw .invalidArgument("0 formats of views; expected at least 1") }
    for format in formats { try format.check() }
    var sampler = sampler
    batches = try ReadAhead(ahead) { check throws(Failure) in
      try crops.batch(&sampler, augmentation, formats, check)
    }
  }

  /// The next batch; waits until it is ready.
  /// - Throws: the failure of its preparation; `.cancelled` after `stop()`.
  package func next() throws(Failure) -> Batch { try batches.next() }

  /// Ends the preparation after its current view. Pending batches are dropped.
  package func stop() { batches.stop() }
}

extension Crops {
  /// The sampler's next batch.
  /// - Parameter check: called before each view; throws if the batch is no longer wanted.
  fileprivate func batch(
    _ sampler: inout Sampler, _ augmentation: Augmentation, _ formats: [ViewFormat],
    _ check: () throws(Failure) -> Void
  ) throws(Failure) -> Batch {
    let sample = sampler.next(), count = sample.photos.count
    var views: [Tensor<Float>] = [], people: [Int] = [], variations: [Variation] = []
    for format in formats { views.append(try Tensor([count, format.height, format.width, 3])) }
    for (i, photo) in sample.photos.enumerated() {
      try check()
      let variation = Variation(
        augmentation, seed: sampler.state.seed, epoch: sample.epoch, index: sample.first + i)
      try render(photo, variation, formats, into: views.map { $0.storage }, at: i)
      people.append(photos[photo].person ?? -1)
      variations.append(variation)
    }
    return Batch(sample: sample, people: people, variations: variations, views: views, state: sampler.state)
  }
}
