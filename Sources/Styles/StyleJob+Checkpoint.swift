import Images
import Networks
import Tensors

/// A checkpoint has all that is needed to go on with the very bits that would have come: the picture, what
/// the optimiser remembers, and where the job stands. It fits a job of the same pictures, weights and
/// options, and names what differs.
extension StyleJob {
  /// Writes the file whole or not at all.
  /// - Throws: `.io` with the system's reason.
  package func save(path: String) throws(Failure) {
    guard let mover else { throw .internalError("a job without a picture") }
    let checkpoint = checkpoint(of: mover), place = place
    checkpoint.counters = [
      "job": [
        UInt64(place.scale), UInt64(place.scaleSteps), UInt64(place.steps), place.seconds.bitPattern,
        UInt64(place.ending.rawValue), UInt64(mover.caution.bitPattern), UInt64(mover.meanAge),
        place.isScaleDone ? 1 : 0
      ]
    ]
    try checkpoint.write(path: path)
  }

  /// Goes on where the file was written; nothing is changed when it throws.
  /// - Throws: `.io`; `.wrongModel`, naming what differs, for other pictures, weights or options; `.badData`
  ///   for a file that is no checkpoint, or damaged; `.noMemory`.
  package func load(path: String) throws(Failure) {
    let file = try WeightFile(path: path)
    guard file.metadata["checkpoint"] != nil else {
      throw .badData("checkpoint: the file is none, its metadata has no \"checkpoint\"")
    }
    // First: of another painting the numbers say nothing.
    try Checkpoint<Float>.check(file, texts)
    let numbers = try Checkpoint<Float>.words(file, "counter.job")
    guard numbers.count == 8, numbers[0] < UInt64(scales.count), numbers[1] <= numbers[2],
      numbers[2] < 1 << 32,
      let ending = Ending(rawValue: Int32(truncatingIfNeeded: numbers[4])), numbers[5] <= UInt64(UInt32.max),
      numbers[6] < 1 << 32,
      numbers[7] == 0 || numbers[7] == 1 && numbers[0] + 1 < UInt64(scales.count)
    else {
      throw .badData("checkpoint: its numbers are not those of a style transfer of \(scales.count) scales")
    }
    let seconds = Double(bitPattern: numbers[3]), caution = Float(bitPattern: UInt32(numbers[5]))
    guard seconds >= 0, seconds < 1e12, caution > 0, caution <= 1 else {
      throw .badData("checkpoint: \(seconds) seconds and a caution of \(caution)")
    }
    let place = Place(
      scale: Int(numbers[0]), scaleSteps: Int(numbers[1]), isScaleDone: numbers[7] == 1,
      steps: Int(numbers[2]), seconds: seconds,
      ending: ending)
    try resume(place) { mover throws(Failure) in
      try checkpoint(of: mover).read(file)
      mover.resume(caution: caution, meanAge: Int(numbers[6]))
      for parameter in mover.pictures {
        guard gradientNorm([parameter.value]).isFinite else {
          throw .badData("checkpoint: \(parameter.name) has numbers that are not finite")
        }
      }
    }
  }

  private func checkpoint(of mover: PictureMover) -> Checkpoint<Float> {
    let checkpoint = Checkpoint<Float>("style transfer", mover.pictures, mover.state)
    checkpoint.texts = texts
    return checkpoint
  }

  /// What must be the same.
  private var texts: [String: String] {
    var texts = options.texts
    texts["weights of the network"] = "(fingerprint \(weights))"
    for (name, text) in pictures.texts { texts[name] = text }
    return texts
  }
}

extension StylePictures {
  /// All pictures and their shares, by name.
  fileprivate var texts: [String: String] {
    var texts = [
      "content": text(content), "start picture": text(start), "content map": text(contentMap),
      "frame before": text(before),
      "mask of the frame before": text(beforeMask), "number of styles": "\(styles.count)"
    ]
    for (i, style) in styles.enumerated() {
      texts["style \(i + 1)"] = text(style.image)
      texts["weight of style \(i + 1)"] = "\(style.weight)"
      texts["mask of style \(i + 1)"] = text(style.place)
      texts["part of style \(i + 1)"] = text(style.part)
      // One mask for two styles mixes them, two that look alike are two regions.
      if let place = style.place, let first = styles[..<i].firstIndex(where: { $0.place === place }) {
        texts["mask of style \(i + 1)"] = "that of style \(first + 1)"
      }
    }
    return texts
  }

  private func text(_ image: Image?) -> String {
    image.map { "\($0.width)x\($0.height) (fingerprint \($0.fingerprint))" } ?? "none"
  }
}

extension Image {
  /// Of all that is painted from: the samples, in 16 bits where there are so many, and alpha.
  fileprivate var fingerprint: UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(UInt64(width))
    fingerprint.add(UInt64(height))
    fingerprint.add(UnsafeRawBufferPointer(pixels.buffer))
    if let deep {
      fingerprint.add("16 bits")
      fingerprint.add(UnsafeRawBufferPointer(deep.buffer))
    }
    if let alpha {
      fingerprint.add("alpha")
      fingerprint.add(UnsafeRawBufferPointer(alpha.buffer))
    }
    return fingerprint.value
  }
}

extension StyleOptions {
  /// Every option by its name, for a picture depends on all of them. A test holds the list against the
  /// struct's members.
  package var texts: [String: String] {
    func text(_ layers: [(name: String, weight: Float)]) -> String {
      var text = ""
      for layer in layers { text += "\(text.isEmpty ? "" : ", ")\(layer.name) \(layer.weight)" }
      return text.isEmpty ? "none" : text
    }
    return [
      "width": "\(width)", "height": "\(height)",
      "content weight": "\(contentWeight)", "style weight": "\(styleWeight)",
      "variation weight": "\(variationWeight)",
      "temporal weight": "\(temporalWeight)",
      "content layers": text(contentLayers), "style layers": text(styleLayers),
      "cost": "\(cost.rawValue)", "style loss": "\(styleLoss.rawValue)", "variation": "\(variation.rawValue)",
      "pooling": "\(pooling.rawValue)", "edges": "\(edges.rawValue)", "mask kind": "\(maskKind.rawValue)",
      "content map weight": "\(contentMapWeight)", "style scale": "\(styleScale)",
      "colours": "\(colours.rawValue)",
      "depth": "\(depth)",
      "optimiser": "\(optimiser.rawValue)", "steps": "\(steps)", "learning rate": "\(learningRate)",
      "square decay": "\(squareDecay)", "history": "\(history)", "averaging": "\(averaging)",
      "clamped": "\(isClamped)",
      "coarsest": "\(coarsest)", "scale ratio": "\(scaleRatio)", "first share": "\(firstShare)",
      "tile": "\(tile)",
      "deadline": "\(deadline)",
      "start": "\(start.rawValue)", "noise ratio": "\(noiseRatio)", "seed": "\(seed)"
    ]
  }
}
