import CFaceStyle
import CSystem
import Images
import Networks
import Styles
import Tensors

// What the trainers of networks that make pictures have in common, under the names of their C functions.

protocol PictureTrainer: AnyObject {
  /// The C type's name.
  static var kind: StaticString { get }
  func saveModel(
    path: String, _ numbers: WeightFileWriter.Numbers, metadata: [String: String]) throws(Failure)
  func save(path: String) throws(Failure)
  func resume(path: String) throws(Failure)
}

/// A trainer, used by one thread at a time; others wait.
final class PictureTrainerHandle<Trainer: PictureTrainer>: HandleKind {
  static var kind: StaticString { Trainer.kind }

  private let trainer: Trainer
  private let lock = Lock()

  init(_ trainer: Trainer) { self.trainer = trainer }

  func use<Result>(_ body: (Trainer) throws(Failure) -> Result) throws(Failure) -> Result {
    try lock.hold { () throws(Failure) in try body(trainer) }
  }
}

extension PictureTrainer {
  static func handle(_ trainer: OpaquePointer?) throws(Failure) -> PictureTrainerHandle<Self> {
    try Handle.object(trainer, PictureTrainerHandle<Self>.self, "trainer")
  }

  static func saveModel(
    _ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ precision: fs_precision,
    _ texts: UnsafePointer<fs_model_texts>?
  ) -> fs_status {
    boundary { () throws(Failure) in
      let handle = try handle(trainer), path = try pathText(path, "path")
      let numbers = try WeightFileWriter.Numbers(precision)
      let texts = try ModelTexts(known(texts, "texts"))
      try texts.check(.other)
      try handle.use { trainer throws(Failure) in
        try trainer.saveModel(path: path, numbers, metadata: texts.metadata)
      }
    }
  }

  static func save(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
    boundary { () throws(Failure) in
      let path = try pathText(path, "path")
      try handle(trainer).use { trainer throws(Failure) in try trainer.save(path: path) }
    }
  }

  static func resume(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
    boundary { () throws(Failure) in
      let path = try pathText(path, "path")
      try handle(trainer).use { trainer throws(Failure) in try trainer.resume(path: path) }
    }
  }

  static func destroy(_ trainer: OpaquePointer?) {
    Handle.destroy(trainer, PictureTrainerHandle<Self>.self)
  }
}

/// The pictures of a step.
/// - Parameters:
///   - names: of the argument, as in "photos".
///   - name: of one of them, as in "a photo".
func pictures(
  _ given: UnsafePointer<OpaquePointer?>?, _ count: Int, _ names: StaticString, _ name: StaticString
) throws(Failure) -> [Image] {
  guard count >= 1, count <= 1 << 10 else {
    throw .invalidArgument("\(UInt(bitPattern: count)) \(names); expected 1 to 1024")
  }
  var images: [Image] = []
  for picture in try buffer(given, count, names) {
    images.append(try Handle.object(picture, Image.self, name))
  }
  return images
}
