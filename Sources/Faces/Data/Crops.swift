import Images
import Networks
import Tensors

/// The faces of many photos, cropped and ready to be varied: R,G,B bytes, `side` x `side` each.
///
/// A crop is the network's aligned picture, `frame` pixels wide, with an additional `margin` of pixels on
/// each edge, so that a view of it can be shifted and rotated without leaving it. Beyond the photo its edge
/// is repeated. Crops are kept in one block of memory if they fit; the others are recreated on each use.
package final class Crops: @unchecked Sendable {
  package struct Options: Settings {
    package var framing: Framing = .aligned(.meanFace)
    package var frame = 150
    package var margin = 12
    /// The minimum sides of photos, and of the part of a photo that becomes the frame, in pixels.
    package var minSide = 16
    /// Maximum bytes of crops in memory; further ones are recreated from the files.
    package var memoryLimit = 4 << 30

    package init() {}

    package var settings: [Setting] {
      Setting("framing", framing.text)
      Setting("frame", frame, .from(8, to: 4096))
      Setting("margin", margin, .from(0, to: max(frame, 0)))
      Setting("min side", minSide, .atLeast(1))
      Setting("memory limit", memoryLimit, .atLeast(0))
    }
  }

  package let options: Options
  /// The photos that could be read.
  package let photos: [FacePhoto]
  /// The photos that could not, in the order of the set.
  package let leftOut: [LeftOut]
  /// A fingerprint of their files, the same on every machine.
  package let fingerprint: UInt64
  /// Crop i is at `places[i] * byteCount`.
  private let places: [Int]
  private let block: Storage<UInt8>?

  /// nil if memory is short: like beyond the limit, crops are then recreated.
  private static func room(_ byteCount: Int) throws(Failure) -> Storage<UInt8>? {
    do throws(Failure) {
      return try Storage(count: byteCount)
    } catch {
      guard error.kind == .noMemory else { throw error }
      return nil
    }
  }

  package var side: Int { options.frame + 2 * options.margin }
  private var byteCount: Int { 3 * side * side }

  /// Reads every photo once, on all threads.
  ///
  /// - Parameter progress: receives the number of finished photos, on the caller's thread; returns false to
  ///   cancel.
  /// - Throws: `.invalidArgument` for options out of range or if no photo can be read, `.noMemory`,
  ///   `.cancelled`.
  package init(
    _ set: PhotoSet, _ options: Options = Options(), progress: (Int) throws(Failure) -> Bool = { _ in true }
  ) throws(Failure) {
    try options.check()
    self.options = options
    let candidates = set.photos, count = candidates.count
    let side = options.frame + 2 * options.margin
    let byteCount = 3 * side * side
    let (total, overflow) = byteCount.multipliedReportingOverflow(by: count)
    let block = overflow || total > options.memoryLimit ? nil : try Crops.room(total)
    let outcomes = PoolResults(repeating: Outcome.read(0), count: count)
    let atATime = 256
    for first in stride(from: 0, to: count, by: atATime) {
      guard try progress(first) else {
        throw .cancelled("reading photos was cancelled after \(first) of \(count)")
      }
      let part = min(atATime, count - first)
      ThreadPool.shared.run(part) { task, _ in
        let i = first + task
        do throws(Failure) {
          let crop = try options.crop(candidates[i])
          crop.pixels.withSpan { block?.copy($0.bytes, atByte: i * byteCount) }
          outcomes[i] = .read(try fileFingerprint(candidates[i].path))
        } catch {
          outcomes[i] = .failed(error)
        }
      }
    }
    _ = try progress(count)

    var photos: [FacePhoto] = [], leftOut: [LeftOut] = [], places: [Int] = [], fingerprint = Fingerprint()
    for (i, photo) in candidates.enumerated() {
      let failure: Failure
      switch outcomes[i] {
      case .read(let file):
        photos.append(photo)
        places.append(i)
        fingerprint.add(file)
        continue
      case .failed(let reason): failure = reason
      }
      // Lack of memory is not the photo's fault.
      if failure.kind == .noMemory { throw failure }
      leftOut.append(LeftOut(photo.path, failure))
    }
    logLeftOut(leftOut, of: count)
    guard !photos.isEmpty else {
      throw .invalidArgument(
        leftOut.first.map { "none of \(count) photos can be used; \($0.path): \($0.reason)" }
          ?? "no photos to learn from")
    }
    self.photos = photos
    self.leftOut = leftOut
    self.fingerprint = fingerprint.value
    self.places = places
    self.block = block
  }

  package var count: Int { photos.count }

  /// Passes crop `index` to `body`, from memory or from its file.
  /// - Throws: the errors of `body`, and `.io` or `.badData` if a file has changed since it was first read.
  package func with<Result>(
    _ index: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard photos.indices.contains(index) else { throw .internalError("crop \(index) of \(count)") }
    if let block {
      let start = places[index] * byteCount
      return try block.withSpan { block throws(Failure) in
        try body(block.extracting(start..<(start + byteCount)))
      }
    }
    return try options.crop(photos[index]).pixels.withSpan(body)
  }

  /// Crop `index` as a picture, margin included.
  package func image(_ index: Int) throws(Failure) -> Image {
    try with(index) { pixels throws(Failure) in
      let image = try Image(width: side, height: side)
      image.pixels.copy(pixels.bytes)
      return image
    }
  }
}

extension Crops.Options {
  /// The crop of one photo.
  /// - Throws: the reason if there is none.
  package func crop(_ photo: FacePhoto) throws(Failure) -> Image {
    let image = try Image.open(photo.path)
    guard min(image.width, image.height) >= minSide else {
      throw .badData(
        "a picture of \(image.width)x\(image.height) pixels; expected sides of at least \(minSide)")
    }
    switch framing {
    case .whole:
      let inner = try image.resized(width: frame, height: frame, filter: .bilinear)
      guard margin > 0 else { return inner }
      let shift = Double(margin), side = frame + 2 * margin
      return try inner.warped(by: Affine(1, 0, shift, 0, 1, shift), width: side, height: side, border: .edge)
    case .aligned(let template):
      guard let landmarks = photo.landmarks else { throw .badData("no landmarks") }
      let target = template.scaled(to: frame, margin: margin)
      let map = try target.map(landmarks)
      let scale = (map.a * map.a + map.d * map.d).squareRoot()
      guard scale > 0, Double(frame) / scale >= Double(minSide) else {
        throw .badData("a face in \(Double(frame) / scale) pixels; expected at least \(minSide)")
      }
      guard let centre = map.inverse?(Double(target.side) / 2, Double(target.side) / 2),
        centre.x >= 0, centre.y >= 0, centre.x < Double(image.width), centre.y < Double(image.height)
      else { throw .badData("landmarks outside of the picture of \(image.width)x\(image.height) pixels") }
      return try image.warped(by: map, width: target.side, height: target.side, border: .edge)
    }
  }
}

func fileFingerprint(_ path: String) throws(Failure) -> UInt64 {
  let bytes = try readFile(path, limit: .max)
  var fingerprint = Fingerprint()
  bytes.withSpan { fingerprint.add($0.bytes) }
  return fingerprint.value
}

/// The outcome of reading a photo.
private enum Outcome {
  /// The fingerprint of its file.
  case read(UInt64)
  case failed(Failure)
}

/// Logs the photos that a training leaves out.
func logLeftOut(_ leftOut: [LeftOut], of count: Int) {
  for photo in leftOut { log(.debug, "\(photo.path) is left out: \(photo.reason)") }
  guard let first = leftOut.first else { return }
  log(
    .warning, "\(leftOut.count) of \(count) photos are left out, \(first.path) among them: \(first.reason)")
}

extension LeftOut {
  /// A photo that cannot be read.
  init(_ path: String, _ failure: Failure) {
    let isRepeated = failure.reason.utf8.starts(with: (path + ": ").utf8)
    self.init(
      path: path,
      reason: isRepeated
        ? String(Substring(failure.reason.utf8.dropFirst(path.utf8.count + 2))) : failure.reason)
  }
}
