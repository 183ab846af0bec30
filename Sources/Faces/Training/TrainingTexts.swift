import Networks
import Tensors

extension FaceTraining {
  /// What tells a training's data from another's, by name. A checkpoint keeps it: what follows is the same to
  /// the last bit only where photos, batches and what is done to them are the same. Where the photos' folder
  /// lies does not matter, nor where the checkpoint goes and how much memory there is.
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

  /// Names, people and points.
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
