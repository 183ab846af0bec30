import Networks
import Tensors

extension FaceTraining {
  /// Identifies a training's data, by name. A checkpoint stores it: resuming is bit-exact only if photos,
  /// batches and variations are the same. The location of the photos' folder and of the checkpoint, and the
  /// amount of memory, do not matter.
  static func texts(
    _ options: Options, _ framing: Framing, _ crops: Crops, teacher: Model?
  ) -> [String: String] {
    var texts = options.texts
    texts[Framing.key] = framing.text
    texts["photos"] = "\(crops.count) \(text(fingerprint(crops.photos)))"
    texts["photos' files"] = text(crops.fingerprint)
    for (name, text) in options.augmentation.texts { texts["augmentation \(name)"] = text }
    texts["teacher"] = teacher.map { text($0.weights.fingerprint) } ?? "none"
    var list = Fingerprint()
    for pair in options.pairs {
      list.add(pair.first)
      list.add(pair.second)
      list.add(pair.isSame ? 1 : 0)
    }
    for triplet in options.triplets {
      list.add(triplet.anchor)
      list.add(triplet.positive)
      list.add(triplet.negative)
    }
    texts["list of photos"] = text(list.value)
    return texts
  }

  private static func text(_ fingerprint: UInt64) -> String { "(fingerprint \(fingerprint))" }

  /// Of names, people and landmarks.
  private static func fingerprint(_ photos: [FacePhoto]) -> UInt64 {
    var fingerprint = Fingerprint()
    for photo in photos {
      fingerprint.add(photo.name)
      fingerprint.add(UInt64(bitPattern: Int64(photo.person ?? -1)))
      for point in photo.landmarks ?? [] {
        fingerprint.add(UInt64(point.x.bitPattern))
        fingerprint.add(UInt64(point.y.bitPattern))
      }
    }
    return fingerprint.value
  }
}
