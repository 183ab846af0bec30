import CFaceStyle
import Faces
import Images
import Tensors

@c @implementation
public func fs_quality_options_init(_ options: UnsafeMutablePointer<fs_quality_options>?, _ size: Int) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size, defaults: qualityDefaults, least: qualityOptionsSize, "options")
  }
}

private let qualityOptionsSize = MemoryLayout<fs_quality_options>.size  // version 0.1's

private var qualityDefaults: fs_quality_options {
  let standard = FaceQuality.Options()
  return fs_quality_options(
    size: MemoryLayout<fs_quality_options>.size, min_eye_distance: standard.leastEyeDistance,
    min_sharpness: standard.leastSharpness, max_yaw: standard.mostYaw, max_pitch: standard.mostPitch,
    max_roll: standard.mostRoll, min_brightness: standard.leastBrightness, max_brightness: standard.mostBrightness,
    max_clipped: standard.mostClipped, min_contrast: standard.leastContrast, max_outside: standard.mostOutside)
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
    let given = try prefixed(options, defaults: qualityDefaults, least: qualityOptionsSize, "options")
    var options = FaceQuality.Options()
    options.leastEyeDistance = given.min_eye_distance
    options.leastSharpness = given.min_sharpness
    options.mostYaw = given.max_yaw
    options.mostPitch = given.max_pitch
    options.mostRoll = given.max_roll
    options.leastBrightness = given.min_brightness
    options.mostBrightness = given.max_brightness
    options.mostClipped = given.max_clipped
    options.leastContrast = given.min_contrast
    options.mostOutside = given.max_outside
    target.pointee = fs_quality(try FaceQuality(of: face, in: image, options))
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

extension fs_quality {
  fileprivate init(_ quality: FaceQuality) {
    self.init(
      reasons: quality.reasons.rawValue, score: quality.score, eye_distance: quality.eyeDistance,
      sharpness: quality.sharpness, yaw: quality.pose.yaw, pitch: quality.pose.pitch, roll: quality.pose.roll,
      brightness: quality.brightness, contrast: quality.contrast, clipped_dark: quality.dark,
      clipped_bright: quality.bright, outside: quality.outside)
  }
}
