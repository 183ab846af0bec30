import Images
import Networks
import Tensors

/// Turns an aligned face into a vector. Vectors of one person lie near each other.
package final class Embedder: @unchecked Sendable {
  package let dimension: Int
  /// The Euclidean distance up to which two faces are one person's.
  package let threshold: Float
  package let template: AlignmentTemplate
  /// The model's: embeddings of different models are never compared.
  package let fingerprint: UInt64
  /// As many at a time as keep the processor busy; memory stays the same for any number of faces.
  private static let batchSize = 16
  private let architecture: Architecture
  private let executor: Executor

  package init(_ model: Model) throws(Failure) {
    let architecture = try model.architecture()
    guard architecture.hasEmbedding, let side = architecture.side else {
      throw .wrongModel("the model is \"\(model.architectureName)\", an embedder wants a network for faces, such as nn4.small2")
    }
    self.architecture = architecture
    executor = Executor(try model.network(), .init(["embedding"]))
    let metadata = model.weights.metadata
    if let text = metadata["template"] {
      let numbers = try numbers(text, count: 10...10, "template")
      template = AlignmentTemplate(side: side, points: (0..<5).map { Point(numbers[2 * $0], numbers[2 * $0 + 1]) })
    } else {
      template = .published(for: model.architectureName, side: side)
    }
    let published: Float? =
      switch model.architectureName {
      case "dlib-resnet": 0.6  // its author's
      case "nn4.small2": 0.995  // OpenFace's is 0.99, on squared distances
      default: nil
      }
    let given = try metadata["threshold"].map { text throws(Failure) in try numbers(text, count: 1...1, "threshold")[0] }
    guard let threshold = given ?? published else {
      throw .badData("model: no threshold in the metadata of a \(model.architectureName), up to which distance two faces are one person's")
    }
    guard threshold >= 0, threshold.isFinite else { throw .badData("model: threshold \(threshold), wanted at least 0") }
    self.threshold = threshold
    dimension = architecture.dimension
    fingerprint = model.weights.fingerprint
  }

  package func chip(_ image: Image, _ face: Face) throws(Failure) -> Image {
    try template.chip(image, face.landmarks)
  }

  /// The same picture, of a face of the frame's upright picture.
  package func chip(_ frame: Frame, _ face: Face) throws(Failure) -> Image {
    try template.chip(frame, face.landmarks)
  }

  /// The embeddings of aligned pictures, one after the other: `chips.count * dimension` numbers.
  package func embed(_ chips: [Image], into embeddings: UnsafeMutablePointer<Float>) throws(Failure) {
    let side = template.side
    for chip in chips where chip.width != side || chip.height != side {
      throw .invalidArgument("an aligned picture of \(chip.width)x\(chip.height), wanted \(side)x\(side)")
    }
    for first in stride(from: 0, to: chips.count, by: Embedder.batchSize) {
      let batch = chips[first..<min(first + Embedder.batchSize, chips.count)]
      let count = batch.count * dimension, target = embeddings + first * dimension
      try executor.run(batch: batch.count, height: side, width: side) { input throws(Failure) in
        for (i, chip) in batch.enumerated() {
          architecture.fill(input + i * side * side * architecture.input.channels, chip.pixels.pointer, height: side, width: side)
        }
      } _: { answers throws(Failure) in
        let answer = answers[0]
        for i in 0..<count where !answer[i].isFinite { throw .badData("the model answers \(answer[i]): its weights are damaged") }
        target.update(from: answer, count: count)
      }
    }
  }

  /// Bytes that embedding so many aligned pictures will make the process hold at its peak, beyond what it holds now.
  package func memoryNeeded(count: Int) throws(Failure) -> Int {
    guard count > 0 else { return 0 }
    return try executor.memoryNeeded(
      batch: min(count, Embedder.batchSize), height: template.side, width: template.side)
  }

  /// The face of a photo that is meant: large and near the centre.
  package func mainFace(of photo: Image, _ detector: Detector) throws(Failure) -> Face {
    let faces = try detector.faces(in: photo)
    // The area, less twice the squared distance of its centre from the photo's.
    func prominence(_ face: Face) -> Float {
      let x = (face.box.left + face.box.right - Float(photo.width)) / 2
      let y = (face.box.top + face.box.bottom - Float(photo.height)) / 2
      return face.box.width * face.box.height - 2 * (x * x + y * y)
    }
    guard let main = faces.max(by: { prominence($0) < prominence($1) }) else {
      throw .noFace("no face was found in the photo of \(photo.width)x\(photo.height)")
    }
    return main
  }

  /// The main face of a photo and its embedding.
  package func embed(
    photo: Image, _ detector: Detector, into embedding: UnsafeMutablePointer<Float>
  ) throws(Failure) -> Face {
    let face = try mainFace(of: photo, detector)
    try embed([chip(photo, face)], into: embedding)
    return face
  }
}

extension Architecture {
  /// Whether it ends in a vector for faces.
  package var hasEmbedding: Bool {
    layers.contains { if case .tap("embedding") = $0 { true } else { false } }
  }
}
