import Images
import Networks
import Tensors

/// A checkpoint has all that is needed to go on with the very bits that would have come: the picture, what the optimiser
/// remembers, and where the job stands. It fits a job of the same pictures and options.
extension StyleJob {
  /// Writes the file whole or not at all.
  /// - Throws: `.io` with the system's reason.
  package func save(path: String) throws(Failure) {
    guard let mover else { throw .internalError("a job without a picture") }
    let checkpoint = checkpoint(of: mover)
    checkpoint.texts = texts
    checkpoint.counters = [
      "job": [
        UInt64(scale), UInt64(scaleSteps), UInt64(steps), seconds.bitPattern, UInt64(ending.rawValue),
        UInt64(mover.caution.bitPattern), UInt64(mover.meanAge),
      ]
    ]
    try checkpoint.write(path: path)
  }

  /// Goes on where the file was written; nothing is changed when it throws.
  /// - Throws: `.io`; `.wrongModel` for other pictures or options; `.badData` for a file that is no checkpoint, or damaged.
  package func load(path: String) throws(Failure) {
    let file = try WeightFile(path: path)
    guard file.metadata["checkpoint"] != nil else { throw .badData("checkpoint: the file is none, its metadata has no \"checkpoint\"") }
    let numbers = try Checkpoint<Float>.words(file, "counter.job")
    guard numbers.count == 7, numbers[0] < UInt64(scales.count), numbers[1] <= numbers[2], numbers[2] < 1 << 32,
      let ending = Ending(rawValue: Int32(truncatingIfNeeded: numbers[4])), numbers[5] <= UInt64(UInt32.max), numbers[6] < 1 << 32
    else { throw .badData("checkpoint: its numbers are not those of a style transfer of \(scales.count) scales") }
    let seconds = Double(bitPattern: numbers[3]), caution = Float(bitPattern: UInt32(numbers[5]))
    guard seconds >= 0, seconds < 1e12, caution > 0, caution <= 1 else {
      throw .badData("checkpoint: \(seconds) seconds and a caution of \(caution)")
    }
    try resume(
      scale: Int(numbers[0]), scaleSteps: Int(numbers[1]), steps: Int(numbers[2]), seconds: seconds, ending: ending
    ) { mover throws(Failure) in
      let checkpoint = checkpoint(of: mover)
      checkpoint.texts = texts
      try checkpoint.read(file)
      mover.resume(caution: caution, meanAge: Int(numbers[6]))
      for parameter in mover.pictures {
        guard gradientNorm([parameter.value]).isFinite else { throw .badData("checkpoint: \(parameter.name) has numbers that are not finite") }
      }
    }
  }

  private func checkpoint(of mover: PictureMover) -> Checkpoint<Float> {
    Checkpoint("style transfer", mover.pictures, mover.state)
  }

  /// What must be the same.
  private var texts: [String: String] {
    var styles = ""
    for style in pictures.styles {
      styles += "\(fingerprint(style.image)) at \(style.weight) in \(fingerprint(style.place)) of \(fingerprint(style.part)) "
    }
    let others = [pictures.start, pictures.contentMap, pictures.before, pictures.beforeMask]
    var maps = ""
    for other in others { maps += "\(fingerprint(other)) " }
    return [
      "content": "\(fingerprint(pictures.content))", "styles": styles, "other pictures": maps, "options": options.description,
    ]
  }

  /// 0 for none.
  private func fingerprint(_ image: Image?) -> UInt64 {
    guard let image else { return 0 }
    var fingerprint = Fingerprint()
    fingerprint.add(UInt64(image.width))
    fingerprint.add(UInt64(image.height))
    fingerprint.add(UnsafeRawBufferPointer(image.pixels.buffer))
    return fingerprint.value
  }
}

extension StyleOptions {
  /// All that a picture depends on.
  fileprivate var description: String {
    var text = "\(width)x\(height) weights \(contentWeight) \(styleWeight) \(variationWeight) \(temporalWeight)"
    for layer in contentLayers { text += " content \(layer.name) \(layer.weight)" }
    for layer in styleLayers { text += " style \(layer.name) \(layer.weight)" }
    text += " cost \(cost.rawValue) variation \(variation.rawValue) pooling \(pooling.rawValue) scale \(styleScale)"
    text += " loss \(styleLoss.rawValue) edges \(edges.rawValue) masks \(maskKind.rawValue) map \(contentMapWeight) tile \(tile)"
    text += " colours \(colours.rawValue) optimiser \(optimiser.rawValue) steps \(steps) rate \(learningRate) history \(history)"
    text += " averaging \(averaging) clamped \(isClamped) coarsest \(coarsest) ratio \(scaleRatio) first \(firstShare) squares \(squareDecay) deadline \(deadline)"
    return text + " start \(start.rawValue) noise \(noiseRatio) seed \(seed)"
  }
}
