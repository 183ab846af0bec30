import Images
import Networks
import Tensors

/// The decoded photos of a set of scenes, each in several sizes, so that a small view of a large photo is
/// fast and not jagged. Photos are kept up to a limit of memory; the others are decoded on each use.
final class ScenePhotos: @unchecked Sendable {
  struct Photo {
    /// Each half as large as the one before.
    let sizes: [Image]
    /// Pixels of the first for one of the file.
    let scale: Double
  }

  /// The photos that could be read.
  let set: SceneSet
  let leftOut: [LeftOut]
  /// A fingerprint of their files, the same on every machine.
  let fingerprint: UInt64
  /// Photos of `set.scenes`, then of `set.backgrounds`; nil if not kept.
  private let kept: [Photo?]

  /// The longest side of a decoded photo: larger ones are reduced.
  static var maxSide: Int { 1280 }

  /// Reads every photo once, on all threads.
  /// - Parameter progress: receives the number of finished photos; returns false to cancel.
  /// - Throws: `.invalidArgument` without scenes that can be read, `.noMemory`, `.cancelled`.
  init(
    _ all: SceneSet, memoryLimit: Int, progress: (Int) throws(Failure) -> Bool
  ) throws(Failure) {
    let candidates = all.scenes + all.backgrounds, count = candidates.count
    var kept: [Photo?] = [], leftOut: [LeftOut] = [], fingerprint = Fingerprint(), bytes = 0
    var scenes = Set<Int>(), backgrounds = Set<Int>()
    let atATime = 64
    for first in stride(from: 0, to: count, by: atATime) {
      guard try progress(first) else {
        throw .cancelled("reading photos was cancelled after \(first) of \(count)")
      }
      let part = min(atATime, count - first)
      let outcomes = PoolResults(repeating: Outcome.unread, count: part)
      ThreadPool.shared.run(part) { task, _ in
        let path = candidates[first + task].path
        do throws(Failure) {
          outcomes[task] = .read(try ScenePhotos.open(path), try fileFingerprint(path))
        } catch {
          outcomes[task] = .failed(error)
        }
      }
      for task in 0..<part {
        let i = first + task
        switch outcomes[task] {
        case .read(let photo, let file):
          fingerprint.add(file)
          bytes += photo.byteCount
          kept.append(bytes <= memoryLimit ? photo : nil)
        case .failed(let failure):
          // Lack of memory is not the photo's fault.
          if failure.kind == .noMemory { throw failure }
          leftOut.append(LeftOut(candidates[i].path, failure))
          if i < all.scenes.count { scenes.insert(i) } else { backgrounds.insert(i - all.scenes.count) }
        case .unread: throw .internalError("a photo was not read")
        }
      }
    }
    _ = try progress(count)
    logLeftOut(leftOut, of: count)
    set = all.without(scenes: scenes, backgrounds: backgrounds)
    guard set.scenes.contains(where: { $0.faces.contains { !$0.isIgnored } }) else {
      throw .invalidArgument(
        leftOut.first.map { "no scene with a face can be used; \($0.path): \($0.reason)" }
          ?? "no scenes with faces to learn from")
    }
    self.kept = kept
    self.leftOut = leftOut
    self.fingerprint = fingerprint.value
  }

  private enum Outcome {
    case unread
    case read(Photo, UInt64)
    case failed(Failure)
  }

  var count: Int { self.set.scenes.count + self.set.backgrounds.count }

  /// - Parameter index: of a scene, or, behind them, of a background.
  /// - Throws: `.io` or `.badData` if a file has changed since it was first read.
  func photo(_ index: Int) throws(Failure) -> Photo {
    if let photo = kept[index] { return photo }
    let scenes = set.scenes.count
    return try ScenePhotos.open(
      index < scenes ? set.scenes[index].path : set.backgrounds[index - scenes].path)
  }

  private static func open(_ path: String) throws(Failure) -> Photo {
    let image = try Image.open(path), longest = max(image.width, image.height)
    guard longest > maxSide else { return try Photo(image, scale: 1) }
    let scale = Double(maxSide) / Double(longest)
    func side(_ length: Int) -> Int { max(1, Int((Double(length) * scale).rounded())) }
    let reduced = try image.resized(width: side(image.width), height: side(image.height), filter: .area)
    return try Photo(reduced, scale: scale)
  }
}

extension ScenePhotos.Photo {
  init(_ image: Image, scale: Double) throws(Failure) {
    var sizes = [image]
    while let last = sizes.last, min(last.width, last.height) >= 32, sizes.count < 5 {
      sizes.append(
        try last.resized(width: (last.width + 1) / 2, height: (last.height + 1) / 2, filter: .area))
    }
    self.init(sizes: sizes, scale: scale)
  }

  fileprivate var byteCount: Int {
    var count = 0
    for size in sizes { count += size.pixels.count }
    return count
  }
}
