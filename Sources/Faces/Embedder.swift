import Images
import Networks
import Tensors

/// Turns the network's view of a photo, usually an aligned face, into a vector. Vectors of one person are
/// near each other.
package final class Embedder: @unchecked Sendable {
  package let dimension: Int
  /// The largest Euclidean distance between two faces of one person.
  package let threshold: Float
  package let framing: Framing
  /// Size of the network's pictures.
  package let width: Int, height: Int
  package let model: ModelInformation
  /// The model's: embeddings of different models are never compared.
  package let fingerprint: UInt64
  /// Enough at a time to keep the processor busy; memory does not grow with the number of faces, except for
  /// their embeddings.
  private static let maxBatch = 16
  let architecture: Architecture
  let network: Network<Float>
  let mirroring: Mirroring?
  private let executor: Executor

  package init(_ model: Model) throws(Failure) {
    let architecture = try model.architecture()
    guard architecture.hasEmbedding, let height = architecture.input.height,
      let width = architecture.input.width
    else {
      throw .wrongModel(
        "the model is \"\(model.architectureName)\"; expected a network for faces, such as nn4.small2"
      )
    }
    self.architecture = architecture
    (self.height, self.width) = (height, width)
    network = try model.network()
    executor = Executor(network, .init(["embedding"]))
    let metadata = model.weights.metadata
    if let text = metadata[Framing.key] {
      framing = try Framing(text, side: max(height, width))
    } else {
      framing = .published(for: architecture)
    }
    let given = try metadata["threshold"].map { text throws(Failure) in
      try numbers(text, count: 1...1, "threshold")[0]
    }
    guard let threshold = given ?? model.registered.threshold else {
      throw .badData(
        "model: no threshold in the metadata of a \(model.architectureName), up to which distance two faces are one person's"
      )
    }
    guard threshold >= 0, threshold.isFinite else {
      throw .badData("model: threshold \(threshold); expected at least 0")
    }
    self.threshold = threshold
    mirroring = try Mirroring(model, architecture)
    dimension = architecture.dimension
    fingerprint = model.weights.fingerprint
    self.model = try ModelInformation(model)
  }

  /// Whether it requires faces that are detected and aligned; else it sees whole photos.
  package var isAligning: Bool { if case .aligned = framing { true } else { false } }

  /// The network's input for a photo, `width` x `height`: a face, or the whole photo if `face` is nil.
  /// - Throws: `.invalidArgument` without a face if the network requires aligned ones, `.wrongModel` for a
  ///   face if it does not.
  package func chip(_ image: Image, _ face: Face?) throws(Failure) -> Image {
    guard let (template, landmarks) = try place(of: face) else {
      return try image.resized(width: width, height: height, filter: .bilinear)
    }
    return try template.chip(image, landmarks, width: width, height: height)
  }

  /// The same for the frame's upright picture.
  package func chip(_ frame: Frame, _ face: Face?) throws(Failure) -> Image {
    guard let (template, landmarks) = try place(of: face) else { return try chip(frame.image(), nil) }
    return try template.chip(frame, landmarks, width: width, height: height)
  }

  private func place(of face: Face?) throws(Failure) -> (AlignmentTemplate, [Point])? {
    switch (framing, face) {
    case (.aligned(let template), let face?): return (template, face.landmarks)
    case (.aligned, nil):
      throw .invalidArgument("no face; expected one: a \(architecture.name) sees aligned faces")
    case (.whole, nil): return nil
    case (.whole, _?):
      throw .wrongModel("a face for a \(architecture.name) that sees whole pictures; expected none")
    }
  }

  /// How many of some pictures go through the network at a time: as many as take twice the memory of the
  /// weights that they share. More would leave the cache sooner than the weights.
  private func batchSize(of count: Int) throws(Failure) -> Int {
    guard count > 1 else { return 1 }
    let each = try executor.needed(batch: 1, height: height, width: width).memory
    return max(1, min(count, Embedder.maxBatch, 2 * model.parameterCount / max(1, each)))
  }

  /// The embeddings of `count` pictures, one after another: `count * dimension` numbers.
  /// - Parameter chip: picture i as the network takes it; one at a time is held. Asked for again where the
  ///   model takes mirror images, too: two passes need no more memory than one.
  package func embed(
    count: Int, chip: (Int) throws(Failure) -> Image
  ) throws(Failure) -> Storage<Float> {
    let answers = try Storage<Float>(count: count * dimension)
    let size = try batchSize(of: count)
    for first in stride(from: 0, to: count, by: size) {
      let pictures = first..<min(first + size, count)
      try pass(pictures, chip, nil, answers)
      if let mirroring { try pass(pictures, chip, mirroring, answers) }
    }
    return answers
  }

  /// Some pictures through the network, whose embeddings go into `answers`; the pictures' mirror images if
  /// `mirroring` is not nil, whose embeddings are averaged with those there.
  private func pass(
    _ pictures: Range<Int>, _ chip: (Int) throws(Failure) -> Image, _ mirroring: Mirroring?,
    _ answers: Storage<Float>
  ) throws(Failure) {
    let channels = architecture.input.channels, each = width * height * channels
    try executor.run(batch: pictures.count, height: height, width: width) { input throws(Failure) in
      for (i, picture) in pictures.enumerated() {
        let chip = try chip(picture)
        try check(chip)
        chip.withPixels { architecture.fill(input + i * each, $0, height: height, width: width) }
      }
      if mirroring != nil { mirrorRows(input, pictures.count * height, width: width, channels: channels) }
    } _: { found throws(Failure) in
      let found = found[0], count = pictures.count
      for i in 0..<(count * dimension) { try check(found[i]) }
      answers.withPointer { answers in
        let answers = answers + pictures.lowerBound * dimension
        if let mirroring {
          mirroring.average(answers, with: found, count: count, dimension: dimension)
        } else {
          answers.update(from: found, count: count * dimension)
        }
      }
    }
  }

  /// - Throws: `.invalidArgument` for a picture of another size than the network's.
  func check(_ chip: Image) throws(Failure) {
    guard chip.width == width, chip.height == height else {
      throw .invalidArgument(
        "an aligned picture of \(chip.width)x\(chip.height); expected \(width)x\(height)")
    }
  }

  /// - Throws: `.badData` for a number of an embedding that is none.
  func check(_ number: Float) throws(Failure) {
    guard number.isFinite else { throw .badData("the model answers \(number): its weights are damaged") }
  }

  /// Peak memory in bytes that embedding `count` pictures adds to the process, excluding the embeddings.
  package func memoryNeeded(count: Int) throws(Failure) -> Int {
    guard count > 0 else { return 0 }
    return try executor.memoryNeeded(batch: batchSize(of: count), height: height, width: width)
  }

  /// The photo's main face: large and near the centre. For a network that sees whole pictures, the whole
  /// photo as a face without landmarks.
  /// - Parameter detector: finds the faces; not needed for whole pictures.
  package func mainFace(of photo: Image, _ detector: Detector?) throws(Failure) -> Face {
    guard isAligning else { return .whole(photo) }
    guard let detector else {
      throw .invalidArgument("no detector; expected one: a \(architecture.name) sees aligned faces")
    }
    let faces = try detector.faces(in: photo)
    guard let main = faces.mainIndex(in: photo) else {
      throw .noFace("no face was found in the photo of \(photo.width)x\(photo.height)")
    }
    return faces[main]
  }

  /// The main face of a photo and its embedding.
  package func embed(
    photo: Image, _ detector: Detector?
  ) throws(Failure) -> (face: Face, embedding: Storage<Float>) {
    let face = try mainFace(of: photo, detector)
    return (face, try embed(count: 1) { _ throws(Failure) in try chip(photo, isAligning ? face : nil) })
  }
}
