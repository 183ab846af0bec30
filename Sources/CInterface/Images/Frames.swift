import CFaceStyle
import Images
import Tensors

@c @implementation
public func fs_frame_init(_ frame: UnsafeMutablePointer<fs_frame>?, _ size: Int) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(frame, size, "frame")
  }
}

extension fs_frame: SizedStruct {}

@c @implementation
public func fs_image_from_frame(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ frame: UnsafePointer<fs_frame>?,
  _ region: UnsafePointer<fs_region>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let frame = try Frame(frame)
    let region = region.flatMap { $0.pointee.isEmpty ? nil : Region($0.pointee) }
    out.pointee = Handle.make(try frame.image(region))
  }
}

// MARK: Between C and Swift

extension Frame {
  /// A caller's frame, whose memory is valid during the call.
  init(_ pointer: UnsafePointer<fs_frame>?) throws(Failure) {
    let frame = try known(required(pointer, "frame"), "frame")
    let format = try Format(frame.format)
    let starts = [frame.planes.0, frame.planes.1, frame.planes.2]
    let counts = [frame.byte_counts.0, frame.byte_counts.1, frame.byte_counts.2]
    let strides = [frame.strides.0, frame.strides.1, frame.strides.2]
    var planes: [Plane] = []
    for i in 0..<format.planeCount {
      planes.append(Plane(try bytes(starts[i], counts[i], "a plane of the frame"), stride: strides[i]))
    }
    try self.init(
      format, width: Int(frame.width), height: Int(frame.height), planes: planes,
      rotation: Int(frame.rotation),
      isMirrored: frame.mirrored != 0, colours: ColourConversion(.init(frame.matrix), .init(frame.range)))
  }
}

extension fs_region {
  /// All zeros stand for the whole picture.
  var isEmpty: Bool { x == 0 && y == 0 && width == 0 && height == 0 }
}

extension Region {
  init(_ region: fs_region) {
    self.init(x: Int(region.x), y: Int(region.y), width: Int(region.width), height: Int(region.height))
  }
}
