import CFaceStyle
import CSystem
import Images
import Networks
import Styles
import Tensors

extension FastStyler: HandleKind {
  static var kind: StaticString { "fs_fast_styler" }
}

@c @implementation
public func fs_fast_styler_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try FastStyler(model(handle)))
  }
}

@c @implementation
public func fs_fast_styler_create_mixed(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ weights: UnsafePointer<Float>?,
  _ count: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let model = try model(handle), weights = Array(try buffer(weights, count, "weights"))
    guard !weights.isEmpty else { throw .invalidArgument("0 weights of styles; expected one for each") }
    out.pointee = Handle.make(try FastStyler(model, weights: weights))
  }
}

@c @implementation
public func fs_fast_styler_run(
  _ styler: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?, _ content: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let styler = try Handle.object(styler, FastStyler.self, "styler")
    let out = try required(out, "out")
    out.pointee = Handle.make(try styler.run(Handle.object(content, Image.self, "content")))
  }
}

@c @implementation
public func fs_fast_styler_memory_needed(
  _ styler: OpaquePointer?, _ width: UInt32, _ height: UInt32, _ bytes: UnsafeMutablePointer<UInt64>?
) -> fs_status {
  boundary { () throws(Failure) in
    let styler = try Handle.object(styler, FastStyler.self, "styler")
    let target = try required(bytes, "bytes")
    target.pointee = UInt64(clamping: try styler.memoryNeeded(width: Int(width), height: Int(height)))
  }
}

@c @implementation
public func fs_fast_styler_destroy(_ styler: OpaquePointer?) { Handle.destroy(styler, FastStyler.self) }

extension UniversalStyler: HandleKind {
  static var kind: StaticString { "fs_universal_styler" }
}

extension fs_universal_options: SizedStruct {
  static var standard: fs_universal_options {
    let standard = UniversalStyler.Options()
    return fs_universal_options(
      size: MemoryLayout<fs_universal_options>.size, method: standard.method.inC,
      strength: standard.strength, levels: 0,
      weights: nil, weight_count: 0)
  }
}

@c @implementation
public func fs_universal_options_init(
  _ options: UnsafeMutablePointer<fs_universal_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension UniversalStyler.Options {
  fileprivate init(_ given: fs_universal_options) throws(Failure) {
    self.init()
    strength = given.strength
    method = try UniversalStyler.Method(given.method)
    guard given.levels < 1 << 5 else {
      throw .invalidArgument("levels \(given.levels); expected bits 0 to 4 alone")
    }
    for number in 1...5 where given.levels & 1 << UInt32(clamping: number - 1) != 0 { levels.append(number) }
    weights = Array(try buffer(given.weights, given.weight_count, "weights"))
  }
}

@c @implementation
public func fs_universal_styler_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?,
  _ styles: UnsafePointer<OpaquePointer?>?,
  _ count: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let model = try model(handle)
    guard count >= 1, count <= FS_UNIVERSAL_MAX_STYLES else {
      throw .invalidArgument("\(UInt(bitPattern: count)) styles; expected 1 to \(FS_UNIVERSAL_MAX_STYLES)")
    }
    var images: [Image] = []
    for style in try buffer(styles, count, "styles") {
      images.append(try Handle.object(style, Image.self, "a style"))
    }
    out.pointee = Handle.make(try UniversalStyler(model, styles: images))
  }
}

@c @implementation
public func fs_universal_styler_run(
  _ styler: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?, _ content: OpaquePointer?,
  _ options: UnsafePointer<fs_universal_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let styler = try Handle.object(styler, UniversalStyler.self, "styler")
    let out = try required(out, "out")
    let content = try Handle.object(content, Image.self, "content")
    let given = try known(options)
    out.pointee = Handle.make(try styler.run(content, UniversalStyler.Options(given)))
  }
}

@c @implementation
public func fs_universal_styler_memory_needed(
  _ styler: OpaquePointer?, _ width: UInt32, _ height: UInt32, _ bytes: UnsafeMutablePointer<UInt64>?
) -> fs_status {
  boundary { () throws(Failure) in
    let styler = try Handle.object(styler, UniversalStyler.self, "styler")
    let target = try required(bytes, "bytes")
    target.pointee = UInt64(clamping: try styler.memoryNeeded(width: Int(width), height: Int(height)))
  }
}

@c @implementation
public func fs_universal_styler_destroy(_ styler: OpaquePointer?) {
  Handle.destroy(styler, UniversalStyler.self)
}
