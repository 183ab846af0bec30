import CFaceStyle
import CSystem
import Images
import Networks
import Styles
import Tensors

/// A trainer, used by one thread at a time: others wait.
private final class FastTrainerHandle: HandleKind {
  static var kind: StaticString { "fs_fast_trainer" }

  private let trainer: FastStyleTrainer
  private let lock = Lock()

  init(_ trainer: FastStyleTrainer) { self.trainer = trainer }

  func use<Result>(_ body: (FastStyleTrainer) throws(Failure) -> Result) throws(Failure) -> Result {
    try lock.hold { () throws(Failure) in try body(trainer) }
  }
}

extension fs_fast_trainer_options: SizedStruct {
  static var standard: fs_fast_trainer_options {
    let standard = FastStyleTrainer.Options()
    return fs_fast_trainer_options(
      size: MemoryLayout<fs_fast_trainer_options>.size, filters: UInt32(clamping: standard.filters),
      blocks: UInt32(clamping: standard.blocks),
      side: UInt32(clamping: standard.side), scales: UInt32(clamping: standard.scales),
      content_weight: standard.contentWeight,
      style_weight: standard.styleWeight, smoothness: standard.smoothness, rate: standard.rate,
      seed: standard.seed)
  }
}

@c @implementation
public func fs_fast_trainer_options_init(
  _ options: UnsafeMutablePointer<fs_fast_trainer_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension FastStyleTrainer.Options {
  fileprivate init(_ given: fs_fast_trainer_options) {
    self.init()
    filters = Int(given.filters)
    blocks = Int(given.blocks)
    side = Int(given.side)
    scales = Int(given.scales)
    contentWeight = given.content_weight
    styleWeight = given.style_weight
    smoothness = given.smoothness
    rate = given.rate
    seed = given.seed
  }
}

@c @implementation
public func fs_fast_trainer_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ vgg: OpaquePointer?, _ style: OpaquePointer?,
  _ options: UnsafePointer<fs_fast_trainer_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let vgg = try model(vgg, "vgg"), style = try Handle.object(style, Image.self, "style")
    let given = try known(options)
    out.pointee = Handle.make(FastTrainerHandle(try FastStyleTrainer(vgg, style: style, .init(given))))
  }
}

@c @implementation
public func fs_fast_trainer_step(
  _ trainer: OpaquePointer?, _ contents: UnsafePointer<OpaquePointer?>?, _ count: Int,
  _ step: UnsafeMutablePointer<fs_fast_training_step>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try Handle.object(trainer, FastTrainerHandle.self, "trainer")
    guard count >= 1, count <= 1 << 10 else {
      throw .invalidArgument("\(UInt(bitPattern: count)) contents, wanted 1 to 1024")
    }
    var images: [Image] = []
    for content in try buffer(contents, count, "contents") {
      images.append(try Handle.object(content, Image.self, "a content"))
    }
    try checkRoom(step, "step")
    let (report, steps) = try handle.use { trainer throws(Failure) in
      (try trainer.step(images), trainer.steps)
    }
    guard step != nil else { return }
    try fill(
      step,
      with: fs_fast_training_step(
        size: 0, step: UInt32(clamping: steps), content: report.content, style: report.style,
        smoothness: report.smoothness, total: report.total), "step")
  }
}

extension fs_fast_training_step: SizedStruct {}

@c @implementation
public func fs_fast_trainer_save_model(
  _ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ note: UnsafePointer<CChar>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try Handle.object(trainer, FastTrainerHandle.self, "trainer"),
      path = try pathText(path, "path")
    let metadata = try note == nil ? [:] : ["note": text(note, "note")]
    try handle.use { trainer throws(Failure) in try trainer.save(path: path, metadata: metadata) }
  }
}

@c @implementation
public func fs_fast_trainer_destroy(_ trainer: OpaquePointer?) {
  Handle.destroy(trainer, FastTrainerHandle.self)
}
