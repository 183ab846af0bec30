import Networks
import Tensors

extension FaceTraining {
  /// What tells a training's data from another's. A checkpoint keeps it: what follows is the same to the last bit only where
  /// photos, batches and what is done to them are the same. Where the photos' folder lies does not matter.
  static func texts(
    _ options: Options, _ framing: Framing, _ photos: [FacePhoto], teacher: Model?
  ) -> [String: String] {
    var texts = [
      "batch": "\(options.batch)", "photos of a person": "\(options.photosOfPerson)",
      "augmentation": text(options.augmentation.fingerprint),
      "photos": "\(photos.count) \(text(fingerprint(photos)))", Framing.key: framing.text,
    ]
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

extension Augmentation {
  fileprivate var fingerprint: UInt64 {
    var fingerprint = Fingerprint()
    func add(_ value: Float) { fingerprint.add(UInt64(value.bitPattern)) }
    add(flip)
    add(shift)
    add(turn)
    add(scale)
    add(brightness)
    add(contrast)
    add(grey)
    add(blur)
    add(blurSize)
    add(coarse)
    add(Float(coarsest))
    add(compression)
    add(Float(worstQuality))
    add(noise)
    add(noiseLevels)
    add(occlusion)
    add(occlusionSize)
    add(blend)
    add(blendShare)
    return fingerprint.value
  }
}
