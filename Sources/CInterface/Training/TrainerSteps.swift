import CFaceStyle
import CSystem
import Networks
import Tensors

// Steps on a host's own pictures.

@c @implementation
public func fs_trainer_step(
  _ trainer: OpaquePointer?, _ pictures: UnsafePointer<UInt8>?, _ count: Int, _ labels: UnsafePointer<Int32>?,
  _ teacher: UnsafePointer<Float>?, _ step: UnsafeMutablePointer<fs_training_step>?
) -> fs_status {
  boundary { () throws(Failure) in
    try advance(trainer, step) { trainer throws(Failure) in
      guard trainer.settings.loss.wanted != .faces else {
        throw .invalidArgument("a detector's trainer; expected fs_trainer_step_faces or _run_scenes")
      }
      let together = trainer.settings.loss.rowsTogether
      guard count >= 1, count <= 1 << 16, count % together == 0 else {
        throw .invalidArgument(
          "\(UInt(bitPattern: count)) pictures; expected 1 to 65536\(together > 1 ? ", a multiple of \(together)" : "")"
        )
      }
      let (height, width) = trainer.sides
      let input = try trainer.input(pictures, count, height: height, width: width)
      return try trainer.step(input, targets(trainer, count, labels, teacher))
    }
  }
}

@c @implementation
public func fs_trainer_step_faces(
  _ trainer: OpaquePointer?, _ pictures: UnsafePointer<UInt8>?, _ count: Int, _ width: UInt32,
  _ height: UInt32, _ faces: UnsafePointer<fs_scene_face>?, _ faceCounts: UnsafePointer<Int>?,
  _ step: UnsafeMutablePointer<fs_training_step>?
) -> fs_status {
  boundary { () throws(Failure) in
    try advance(trainer, step) { trainer throws(Failure) in
      guard trainer.settings.loss.wanted == .faces else {
        throw .invalidArgument("faces for the loss \(trainer.settings.loss.name); expected a detection loss")
      }
      guard count >= 1, count <= 1 << 12 else {
        throw .invalidArgument("\(UInt(bitPattern: count)) pictures; expected 1 to 4096")
      }
      let (ownHeight, ownWidth) = trainer.sides, height = Int(height), width = Int(width)
      guard width % 32 == 0, height % 32 == 0, (32...4096).contains(width), (32...4096).contains(height),
        ownHeight == 0 || ownHeight == height, ownWidth == 0 || ownWidth == width
      else {
        throw .invalidArgument(
          ownHeight == 0
            ? "pictures of \(width)x\(height); expected multiples of 32, at most 4096"
            : "pictures of \(width)x\(height); expected \(ownWidth)x\(ownHeight)")
      }
      let counts = Array(try buffer(required(faceCounts, "face_counts"), count, "face_counts"))
      let targets = try FaceTarget.ofPictures(faces, counts)
      return try trainer.step(
        trainer.input(pictures, count, height: height, width: width), .faces(targets))
    }
  }
}

/// Makes a step with a trainer, and says what it did.
private func advance(
  _ trainer: OpaquePointer?, _ step: UnsafeMutablePointer<fs_training_step>?,
  _ body: (Trainer) throws(Failure) -> Trainer.Report
) throws(Failure) {
  let handle = try Handle.object(trainer, TrainerHandle.self, "trainer")
  try checkRoom(step, "step")
  let report = try handle.use(body)
  if step != nil { try fill(step, with: fs_training_step(report), "step") }
}

extension fs_training_step: SizedStruct {
  fileprivate init(_ report: Trainer.Report) {
    self.init(
      size: 0, loss: report.loss, rate: report.rate, gradient_norm: report.gradientNorm,
      mining: fs_mining_statistics(report.mining), detection: (report.detection ?? DetectionParts()).inC)
  }
}

@c @implementation
public func fs_trainer_embed(
  _ trainer: OpaquePointer?, _ pictures: UnsafePointer<UInt8>?, _ count: Int,
  _ embeddings: UnsafeMutablePointer<Float>?,
  _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try Handle.object(trainer, TrainerHandle.self, "trainer").use { trainer throws(Failure) in
      let needed = try product(count, trainer.dimension, name: "embeddings")
      let target = try output(embeddings, capacity: capacity, needed: needed, "embeddings")
      // A few at a time: memory does not grow with their number.
      let (height, width) = trainer.sides, each = 3 * height * width
      _ = try buffer(pictures, product(count, each, name: "pictures"), "pictures")
      let answers = try Tensor<Float>([count, trainer.dimension])
      for first in stride(from: 0, to: count, by: 32) {
        let part = min(32, count - first)
        let answer = try trainer.embed(
          trainer.input(pictures.map { $0 + first * each }, part, height: height, width: width))
        withPointers(answers, answer) { answers, answer in
          (answers + first * trainer.dimension).update(from: answer, count: part * trainer.dimension)
        }
      }
      answers.withPointer { target.update(from: $0, count: needed) }
    }
  }
}

extension Trainer {
  /// The sides of its pictures; 0 for any.
  fileprivate var sides: (height: Int, width: Int) {
    (architecture.input.height ?? 0, architecture.input.width ?? 0)
  }

  /// Packed R,G,B bytes as the network's input.
  fileprivate func input(
    _ pictures: UnsafePointer<UInt8>?, _ count: Int, height: Int, width: Int
  ) throws(Failure) -> Tensor<Float> {
    let channels = architecture.input.channels, each = try product(3 * height, width, name: "a picture")
    let bytes = try buffer(pictures, product(count, each, name: "pictures"), "pictures")
    let tensor = try Tensor<Float>([count, height, width, channels])
    guard let source = bytes.baseAddress else { return tensor }
    tensor.withPointer { target in
      for i in 0..<count {
        architecture.fill(
          target + i * height * width * channels, source + i * each, height: height, width: width)
      }
    }
    return tensor
  }
}

private func targets(
  _ trainer: Trainer, _ count: Int, _ labels: UnsafePointer<Int32>?, _ teacher: UnsafePointer<Float>?
) throws(Failure) -> Targets<Float> {
  func given(_ count: Int) throws(Failure) -> [Int32] { Array(try buffer(labels, count, "labels")) }
  switch trainer.settings.loss.wanted {
  case .nothing: return .nothing
  case .people, .classes: return .labels(try given(count))
  case .pairs: return .pairs(try given(count / 2))
  case .faces: throw .internalError("labels of a detector's faces")
  case .teacher:
    let source = try buffer(teacher, product(count, trainer.dimension, name: "teacher"), "teacher")
    let tensor = try Tensor<Float>([count, trainer.dimension])
    try tensor.withPointer { target throws(Failure) in
      for i in 0..<tensor.count {
        guard source[i].isFinite else {
          throw .invalidArgument("teacher[\(i)] is \(source[i]); expected a finite number")
        }
        target[i] = source[i]
      }
    }
    return .teacher(tensor, people: trainer.settings.loss.hasStrangers ? try given(count) : [])
  }
}
