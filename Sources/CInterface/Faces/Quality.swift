import CFaceStyle
import Faces
import Images
import Tensors

@c @implementation
public func fs_quality_options_init(
  _ options: UnsafeMutablePointer<fs_quality_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_quality_options: SizedStruct {
  static var standard: fs_quality_options { FaceQuality.Options().inC }
}

@c @implementation
public func fs_face_quality(
  _ image: OpaquePointer?, _ face: UnsafePointer<fs_face>?, _ options: UnsafePointer<fs_quality_options>?,
  _ quality: UnsafeMutablePointer<fs_quality>?
) -> fs_status {
  boundary { () throws(Failure) in
    let image = try Handle.object(image, Image.self, "image")
    let face = Face(try required(face, "face").pointee)
    let target = try required(quality, "quality")
    try checkRoom(target, "quality")
    try fill(target, with: fs_quality(try FaceQuality(of: face, in: image, .init(known(options)))), "quality")
  }
}

@c @implementation
public func fs_face_quality_frame(
  _ frame: UnsafePointer<fs_frame>?, _ face: UnsafePointer<fs_face>?,
  _ options: UnsafePointer<fs_quality_options>?,
  _ quality: UnsafeMutablePointer<fs_quality>?
) -> fs_status {
  boundary { () throws(Failure) in
    let frame = try Frame(frame)
    let face = Face(try required(face, "face").pointee)
    let target = try required(quality, "quality")
    try checkRoom(target, "quality")
    try fill(target, with: fs_quality(try FaceQuality(of: face, in: frame, .init(known(options)))), "quality")
  }
}

@c @implementation
public func fs_quality_reason_text(_ reason: fs_quality_reason) -> UnsafePointer<CChar>? {
  switch reason {
  case FS_QUALITY_SMALL: staticText("too small")
  case FS_QUALITY_BLURRED: staticText("blurred")
  case FS_QUALITY_TURNED: staticText("turned away")
  case FS_QUALITY_TILTED: staticText("tilted")
  case FS_QUALITY_DARK: staticText("too dark")
  case FS_QUALITY_BRIGHT: staticText("too bright")
  case FS_QUALITY_FLAT: staticText("too little contrast")
  case FS_QUALITY_CUT_OFF: staticText("cut off by the edge")
  default: staticText("unknown fs_quality_reason")
  }
}

/// "too small, blurred"
func text(of reasons: FaceQuality.Reasons) -> String {
  var text = ""
  for bit in 0..<32 where reasons.rawValue & 1 << UInt32(bit) != 0 {
    guard let name = fs_quality_reason_text(fs_quality_reason(1 << UInt32(bit))) else { continue }
    text += (text.isEmpty ? "" : ", ") + String(cString: name)
  }
  return text
}

extension FaceQuality.Options: Exchanged {
  mutating func exchange(_ c: inout fs_quality_options, _ way: inout Exchange) {
    way.number(&c.min_eye_distance, &minEyeDistance)
    way.number(&c.min_sharpness, &minSharpness)
    way.number(&c.max_yaw, &maxYaw)
    way.number(&c.max_pitch, &maxPitch)
    way.number(&c.max_roll, &maxRoll)
    way.number(&c.min_brightness, &minBrightness)
    way.number(&c.max_brightness, &maxBrightness)
    way.number(&c.max_clipped, &maxClipped)
    way.number(&c.min_contrast, &minContrast)
    way.number(&c.max_outside, &maxOutside)
  }
}

extension fs_quality: SizedStruct {
  static var standard: fs_quality { fs_quality() }

  fileprivate init(_ quality: FaceQuality) {
    self.init(
      size: MemoryLayout<fs_quality>.size, reasons: quality.reasons.rawValue, score: quality.score,
      eye_distance: quality.eyeDistance,
      sharpness: quality.sharpness, yaw: quality.pose?.yaw ?? .nan, pitch: quality.pose?.pitch ?? .nan,
      roll: quality.pose?.roll ?? .nan,
      brightness: quality.brightness, contrast: quality.contrast, clipped_dark: quality.dark,
      clipped_bright: quality.bright, outside: quality.outside)
  }
}
