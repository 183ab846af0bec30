import CFaceStyle
import Faces
import Images
import Styles
import Tensors

// Pictures that control a style transfer locally: maps of faces, warped frames.

@c @implementation
public func fs_face_map(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ width: UInt32, _ height: UInt32,
  _ faces: UnsafePointer<fs_face>?,
  _ count: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let faces = try buffer(faces, count, "faces").map { Face($0) }
    out.pointee = Handle.make(try Image.map(of: faces, width: Int(width), height: Int(height)))
  }
}

@c @implementation
public func fs_flow_warp(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ mask: UnsafeMutablePointer<OpaquePointer?>?,
  _ before: OpaquePointer?,
  _ flow: UnsafePointer<Float>?, _ back: UnsafePointer<Float>?, _ count: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out"), mask = try required(mask, "mask")
    let before = try Handle.object(before, Image.self, "before"),
      (width, height) = (before.width, before.height)
    guard count == 2 * width * height else {
      throw .invalidArgument(
        "a flow of \(UInt(bitPattern: count)) numbers for a frame of \(width)x\(height); expected \(2 * width * height)"
      )
    }
    let flow = Flow(try buffer(required(flow, "flow"), count, "flow"), width: width, height: height)
    let returning = try back.map { back throws(Failure) in
      Flow(try buffer(back, count, "back"), width: width, height: height)
    }
    let moved = try before.moved(by: flow, back: returning)
    out.pointee = Handle.make(moved.frame)
    mask.pointee = Handle.make(moved.mask)
  }
}
