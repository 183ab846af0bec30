import CFaceStyle
import CSystem
import Images
import Networks
import Styles
import Tensors

extension FastStyleTrainer: PictureTrainer {
  static var kind: StaticString { "fs_fast_trainer" }
}

extension fs_fast_trainer_options: SizedStruct {
  static var standard: fs_fast_trainer_options {
    var options = fs_fast_trainer_options(), own = FastStyleTrainer.Options()
    options.size = MemoryLayout<fs_fast_trainer_options>.size
    own.exchange(&options, Exchange(.toC))
    return options
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
    var given = given
    exchange(&given, Exchange(.fromC))
  }

  /// All options, in either direction.
  fileprivate mutating func exchange(_ c: inout fs_fast_trainer_options, _ way: Exchange) {
    way.number(&c.filters, &filters)
    way.number(&c.blocks, &blocks)
    way.number(&c.side, &side)
    way.number(&c.scales, &scales)
    way.number(&c.content_weight, &contentWeight)
    way.number(&c.style_weight, &styleWeight)
    way.number(&c.smoothness, &smoothness)
    way.number(&c.rate, &rate)
    way.number(&c.steps, &steps, none: 0)
    way.number(&c.seed, &seed)
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
    let given = try known(options), start = given.start == nil ? nil : try model(given.start, "start")
    let trainer = try FastStyleTrainer(vgg, style: style, .init(given), start: start)
    out.pointee = Handle.make(PictureTrainerHandle(trainer))
  }
}

@c @implementation
public func fs_fast_trainer_step(
  _ trainer: OpaquePointer?, _ contents: UnsafePointer<OpaquePointer?>?, _ count: Int,
  _ step: UnsafeMutablePointer<fs_fast_training_step>?
) -> fs_status {
  boundary { () throws(Failure) in
    let handle = try FastStyleTrainer.handle(trainer)
    let images = try pictures(contents, count, "contents", "a content")
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
  _ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ precision: fs_precision,
  _ texts: UnsafePointer<fs_model_texts>?
) -> fs_status {
  FastStyleTrainer.saveModel(trainer, path, precision, texts)
}

@c @implementation
public func fs_fast_trainer_save(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
  FastStyleTrainer.save(trainer, path)
}

@c @implementation
public func fs_fast_trainer_resume(_ trainer: OpaquePointer?, _ path: UnsafePointer<CChar>?) -> fs_status {
  FastStyleTrainer.resume(trainer, path)
}

@c @implementation
public func fs_fast_trainer_destroy(_ trainer: OpaquePointer?) { FastStyleTrainer.destroy(trainer) }
