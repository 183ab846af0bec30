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
  static var standard: fs_quality_options {
    let standard = FaceQuality.Options()
    return fs_quality_options(
      size: MemoryLayout<fs_quality_options>.size, min_eye_distance: standard.minEyeDistance,
      min_sharpness: standard.minSharpness, max_yaw: standard.maxYaw, max_pitch: standard.maxPitch,
      max_roll: standard.maxRoll, min_brightness: standard.minBrightness,
      max_brightness: standard.maxBrightness,
      max_clipped: standard.maxClipped, min_contrast: standard.minContrast,
      max_outside: standard.maxOutside)
  }
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
    target.pointee = fs_quality(try FaceQuality(of: face, in: image, .init(known(options))))
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
    target.pointee = fs_quality(try FaceQuality(of: face, in: frame, .init(known(options))))
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

extension FaceQuality.Options {
  fileprivate init(_ given: fs_quality_options) {
    self.init()
    minEyeDistance = given.min_eye_distance
    minSharpness = given.min_sharpness
    maxYaw = given.max_yaw
    maxPitch = given.max_pitch
    maxRoll = given.max_roll
    minBrightness = given.min_brightness
    maxBrightness = given.max_brightness
    maxClipped = given.max_clipped
    minContrast = given.min_contrast
    maxOutside = given.max_outside
  }
}

extension fs_quality {
  fileprivate init(_ quality: FaceQuality) {
    self.init(
      reasons: quality.reasons.rawValue, score: quality.score, eye_distance: quality.eyeDistance,
      sharpness: quality.sharpness, yaw: quality.pose?.yaw ?? .nan, pitch: quality.pose?.pitch ?? .nan,
      roll: quality.pose?.roll ?? .nan,
      brightness: quality.brightness, contrast: quality.contrast, clipped_dark: quality.dark,
      clipped_bright: quality.bright, outside: quality.outside)
  }
}
