import CFaceStyle
import Glibc

/// Embeds many photos on all processors: threads of this program take batches of photos, and each reads,
/// aligns and embeds its own, so that reading never waits for embedding.
final class PhotoEmbedder: @unchecked Sendable {
  enum Outcome {
    case embedding([Float])
    /// The detector found no face.
    case noFace(String)
    case unreadable(String)
  }

  private let embedder: Embedder
  /// Nil if every photo has a given face, or is seen as a whole.
  private let detector: Detector?
  private let isMirrored: Bool
  private let paths: [String], faces: [fs_face?]

  // Guarded by `lock`.
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var outcomes: [Outcome?]
  private var next = 0, done = 0, working = 0
  private var failure: Failure?

  /// As many as the embedder processes at a time.
  private static let batch = 16

  /// - Parameters:
  ///   - faces: one per photo; nil if the detector must find it, or the whole photo is seen.
  ///   - isMirrored: embeds each face together with its mirror image, and takes the mean.
  init(_ paths: [String], _ faces: [fs_face?], _ embedder: Embedder, _ detector: Detector?, isMirrored: Bool)
  {
    (self.paths, self.faces, self.embedder, self.detector) = (paths, faces, embedder, detector)
    self.isMirrored = isMirrored
    outcomes = Array(repeating: nil, count: paths.count)
    pthread_mutex_init(lock, nil)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  /// The outcome of each photo.
  func run() throws(Failure) -> [Outcome] {
    let threads = fs_threads()
    try check(fs_threads_set(1))  // our threads work in parallel instead
    defer { _ = fs_threads_set(threads) }
    let bar = ProgressBar()
    let watch = Stopwatch()
    var handles: [pthread_t] = []
    let workers = min(Int(threads), (paths.count + PhotoEmbedder.batch - 1) / PhotoEmbedder.batch)
    working = workers
    for _ in 0..<workers {
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { user in
          if let user { Unmanaged<PhotoEmbedder>.fromOpaque(user).takeUnretainedValue().work() }
          return nil
        }, Unmanaged.passUnretained(self).toOpaque())
      if code == 0 { handles.append(thread) } else { hold { working -= 1 } }
    }
    if handles.isEmpty {  // the system grants no threads: use this one
      working = 1
      work()
    }
    while hold({ working }) > 0 {
      bar.show(step: hold { done }, of: paths.count, "photos", seconds: watch.seconds)
      usleep(100_000)
    }
    for thread in handles { pthread_join(thread, nil) }
    bar.show(step: done, of: paths.count, "photos", seconds: 0)
    if done > 0 { bar.end() }
    if let failure { throw failure }
    return outcomes.compactMap(\.self)
  }

  private func hold<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return body()
  }

  private func work() {
    while true {
      let range = hold {
        let first = failure == nil ? next : paths.count
        next = min(first + PhotoEmbedder.batch, paths.count)
        return first..<next
      }
      if range.isEmpty { break }
      do throws(Failure) {
        let found = try embed(range)
        hold {
          for (i, outcome) in zip(range, found) { outcomes[i] = outcome }
          done += range.count
        }
      } catch {
        hold { failure = failure ?? error }
      }
    }
    hold { working -= 1 }
  }

  private func embed(_ range: Range<Int>) throws(Failure) -> [Outcome] {
    var chips: [Picture] = [], owners: [Int] = []
    var embeddings: [[[Float]]] = Array(repeating: [], count: range.count)
    var problems: [Outcome?] = Array(repeating: nil, count: range.count)
    for (place, i) in range.enumerated() {
      do throws(Failure) {
        let photo = try Picture(opening: paths[i])
        var chip: Picture?
        if faces[i] != nil || !embedder.isAligning {
          let aligned = try embedder.align(photo, faces[i])
          chips.append(aligned)
          owners.append(place)
          chip = aligned
        } else if let detector {
          let (face, embedding) = try embedder.embed(photo, paths[i], detector)
          embeddings[place].append(embedding)
          if isMirrored { chip = try embedder.align(photo, face) }
        }
        if isMirrored, let chip {
          chips.append(try chip.mirrored())
          owners.append(place)
        }
      } catch {
        // One bad photo does not end the run.
        switch error.status {
        case FS_NO_FACE: problems[place] = .noFace(error.message)
        case FS_BAD_DATA, FS_IO, FS_INVALID_ARGUMENT: problems[place] = .unreadable(error.message)
        default: throw error
        }
      }
    }
    for (owner, embedding) in zip(owners, try embedder.embed(chips)) { embeddings[owner].append(embedding) }
    return range.indices.enumerated().map { place, _ in problems[place] ?? .embedding(mean(embeddings[place]))
    }
  }
}

/// The mean of some embeddings, scaled to their mean length: for unit vectors it is a unit vector.
private func mean(_ embeddings: [[Float]]) -> [Float] {
  guard embeddings.count > 1 else { return embeddings.first ?? [] }
  func length(_ vector: [Float]) -> Float { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
  var sum = embeddings[0]
  for other in embeddings.dropFirst() { for i in sum.indices { sum[i] += other[i] } }
  let target = embeddings.reduce(0) { $0 + length($1) } / Float(embeddings.count)
  let scale = length(sum) > 0 ? target / length(sum) : 0
  return sum.map { $0 * scale }
}
