import Images
import Networks
import Tensors

/// A checkpoint has everything needed to resume bit-exactly: the picture, the optimiser's state, and the
/// job's position. It fits a job with the same pictures, weights and options; errors name the difference.
extension StyleJob {
  /// Writes the file atomically.
  /// - Throws: `.io` with the system's reason.
  package func save(path: String) throws(Failure) {
    let checkpoint = checkpoint(of: mover)
    checkpoint.counters = ["job": place.numbers]
    try checkpoint.write(path: path)
  }

  /// Resumes where the file was written; changes nothing if it throws.
  /// - Throws: `.io`; `.wrongModel`, naming the difference, for other pictures, weights or options;
  ///   `.badData` for a file that is not a checkpoint or is damaged; `.noMemory`.
  package func load(path: String) throws(Failure) {
    let file = try WeightFile(path: path)
    guard file.metadata["checkpoint"] != nil else {
      throw .badData("checkpoint: the file is none, its metadata has no \"checkpoint\"")
    }
    // First: the numbers of another painting are meaningless.
    try Checkpoint<Float>.check(file, texts)
    let place = try Place(Checkpoint<Float>.words(file, "counter.job"), scales: work.scales.count)
    try resume(place) { mover throws(Failure) in
      try checkpoint(of: mover).read(file)
      mover.resume(caution: place.caution, meanAge: place.meanAge)
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
    var texts = work.options.texts
    texts["weights of the network"] = "(fingerprint \(weights))"
    for (name, text) in work.pictures.texts { texts[name] = text }
    return texts
  }
}

extension StyleJob {
  /// The position of a job.
  struct Place {
    let scale, scaleSteps, steps: Int
    let seconds: Double
    let ending: Ending?
    /// Of the mover.
    let caution: Float
    let meanAge: Int
    /// Whether the next scale is due.
    let isScaleDone: Bool
  }
}

extension StyleJob.Place {
  fileprivate var numbers: [UInt64] {
    [
      UInt64(scale), UInt64(scaleSteps), UInt64(steps), seconds.bitPattern, UInt64(ending?.rawValue ?? 0),
      UInt64(caution.bitPattern), UInt64(meanAge), isScaleDone ? 1 : 0
    ]
  }

  /// - Throws: `.badData` for numbers that no job writes.
  fileprivate init(_ numbers: [UInt64], scales: Int) throws(Failure) {
    guard numbers.count == 8, numbers[0] < UInt64(scales), numbers[1] <= numbers[2], numbers[2] < 1 << 32,
      numbers[4] < 1 << 31, numbers[5] <= UInt64(UInt32.max), numbers[6] < 1 << 32, numbers[7] <= 1
    else { throw StyleJob.Place.refusal(scales) }
    (scale, scaleSteps, steps) = (Int(numbers[0]), Int(numbers[1]), Int(numbers[2]))
    (seconds, isScaleDone) = (Double(bitPattern: numbers[3]), numbers[7] == 1)
    (caution, meanAge) = (Float(bitPattern: UInt32(numbers[5])), Int(numbers[6]))
    ending = StyleJob.Ending(rawValue: Int32(numbers[4]))
    // A finished scale has a successor, and a job ends in its last.
    let isLast = scale + 1 == scales
    guard (ending == nil) == (numbers[4] == 0), isLast ? !isScaleDone : ending == nil else {
      throw StyleJob.Place.refusal(scales)
    }
    guard seconds >= 0, seconds < 1e12, caution > 0, caution <= 1 else {
      throw .badData("checkpoint: \(seconds) seconds and a caution of \(caution)")
    }
  }

  private static func refusal(_ scales: Int) -> Failure {
    .badData("checkpoint: its numbers are not those of a style transfer of \(scales) scales")
  }
}

extension StylePictures {
  /// All pictures and their weights, by name.
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
      // A mask shared by two styles mixes them; two equal masks are two regions.
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
  /// Of everything that the painting depends on: the samples, in 16 bits if there are 16, and alpha.
  fileprivate var fingerprint: UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(UInt64(width))
    fingerprint.add(UInt64(height))
    pixels.withSpan { fingerprint.add($0.bytes) }
    if let deep {
      fingerprint.add("16 bits")
      deep.withSpan { fingerprint.add($0.bytes) }
    }
    if let alpha {
      fingerprint.add("alpha")
      alpha.withSpan { fingerprint.add($0.bytes) }
    }
    return fingerprint.value
  }
}
