import CFaceStyle
import CSystem
import Images
import Networks
import Styles
import Tensors

extension Enlarger: HandleKind {
  static var kind: StaticString { "fs_enlarger" }
}

@c @implementation
public func fs_enlarger_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try Enlarger(model(handle)))
  }
}

@c @implementation
public func fs_enlarger_factor(_ enlarger: OpaquePointer?) -> UInt32 {
  UInt32(clamping: Handle.find(enlarger, Enlarger.self)?.factor ?? 0)
}

@c @implementation
public func fs_enlarger_run(
  _ enlarger: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?, _ picture: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let enlarger = try Handle.object(enlarger, Enlarger.self, "enlarger")
    let out = try required(out, "out")
    out.pointee = Handle.make(try enlarger.run(Handle.object(picture, Image.self, "picture")))
  }
}

@c @implementation
public func fs_enlarger_memory_needed(
  _ enlarger: OpaquePointer?, _ width: UInt32, _ height: UInt32, _ bytes: UnsafeMutablePointer<UInt64>?
) -> fs_status {
  boundary { () throws(Failure) in
    let enlarger = try Handle.object(enlarger, Enlarger.self, "enlarger")
    let target = try required(bytes, "bytes")
    target.pointee = UInt64(clamping: try enlarger.memoryNeeded(width: Int(width), height: Int(height)))
  }
}

@c @implementation
public func fs_enlarger_destroy(_ enlarger: OpaquePointer?) { Handle.destroy(enlarger, Enlarger.self) }
