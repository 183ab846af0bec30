import CFaceStyle
import CSystem
import Images
import Networks
import Styles
import Tensors

extension EnlargerTrainer: PictureTrainer {
  static var kind: StaticString { "fs_enlarger_trainer" }
}

extension fs_enlarger_trainer_options: SizedStruct {
  static var standard: fs_enlarger_trainer_options {
    var options = fs_enlarger_trainer_options(), own = EnlargerTrainer.Options()
    options.size = MemoryLayout<fs_enlarger_trainer_options>.size
    own.exchange(&options, Exchange(.toC))
    return options
  }
}

@c @implementation
public func fs_enlarger_trainer_options_init(
  _ options: UnsafeMutablePointer<fs_enlarger_trainer_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension EnlargerTrainer.Options {
  fileprivate init(_ given: fs_enlarger_trainer_options) {
    self.init()
    var given = given
    exchange(&given, Exchange(.fromC))
  }

  /// All options, in either direction.
  fileprivate mutating func exchange(_ c: inout fs_enlarger_trainer_options, _ way: Exchange) {
    way.number(&c.factor, &factor)
    way.number(&c.filters, &filters)
    way.number(&c.blocks, &blocks)
    way.number(&c.side, &side)
    way.number(&c.pixel_weight, &pixelWeight)
    way.number(&c.feature_weight, &featureWeight)
    way.number(&c.rate, &rate)
    way.number(&c.steps, &steps, none: 0)
    way.number(&c.seed, &seed)
  }
}

@c @implementation
public func fs_enlarger_trainer_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ vgg: OpaquePointer?,
  _ options: UnsafePointer<fs_enlarger_trainer_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let vgg = vgg == nil ? nil : try model(vgg, "vgg")
    let given = try known(options), start = given.start == nil ? nil : try model(given.start, "start")
    let trainer = try EnlargerTrainer(.init(given), features: vgg, start: start)
    out.pointee = Handle.make(PictureTrainerHandle(trainer))
  }
}

@c @implementation
public func fs_enlarger_trainer_step(
  _ trainer: OpaquePointer?, _ photos: UnsafePointer<OpaquePointer?>?, _ count: Int,
  _ step: UnsafeMutablePointer<fs_enlarger_training_step>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try EnlargerTrainer.handle(trainer)
    let images = try pictures(photos, count, "photos", "a photo")
    try checkRoom(step, "step")
    let (report, steps) = try handle.use { trainer throws(Failure) in
      (try trainer.step(images), trainer.steps)
    }
    guard step != nil else { return }
    try fill(
      step,
      with: fs_enlarger_training_step(
        size: 0, step: UInt32(clamping: steps), pixels: report.pixels, features: report.features,
        total: report.total), "step")
  }
}

extension fs_enlarger_training_step: SizedStruct {}

@c @implementation
public func fs_enlarger_trainer_save_model(
  _ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ precision: fs_precision,
  _ texts: UnsafePointer<fs_model_texts>?
) -> fs_status {
  EnlargerTrainer.saveModel(trainer, path, precision, texts)
}

@c @implementation
public func fs_enlarger_trainer_save(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
  EnlargerTrainer.save(trainer, path)
}

@c @implementation
public func fs_enlarger_trainer_resume(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status
{
  EnlargerTrainer.resume(trainer, path)
}

@c @implementation
public func fs_enlarger_trainer_destroy(_ trainer: OpaquePointer?) { EnlargerTrainer.destroy(trainer) }
