import CFaceStyle

extension Picture {
  func quality(of face: fs_face) throws(Failure) -> fs_quality {
    var (face, quality) = (face, fs_quality())
    quality.size = MemoryLayout<fs_quality>.size
    try check(fs_face_quality(handle, &face, nil, &quality))
    return quality
  }
}

/// "too small" and the like, for bits of fs_quality_reason.
func reasonTexts(_ reasons: UInt32) -> [String] {
  (0..<32).filter { reasons >> UInt32($0) & 1 != 0 }.map {
    String(cString: fs_quality_reason_text(fs_quality_reason(rawValue: 1 << UInt32($0))))
  }
}

extension fs_quality {
  var summary: String {
    let texts = reasonTexts(reasons),
      reasons = texts.isEmpty ? "no reason against it" : texts.joined(separator: ", ")
    return "    quality \(fixed(score, 2)): \(reasons)\n"
      + "    \(fixed(eye_distance, 0)) pixels between the eyes, sharpness \(fixed(sharpness, 0)),"
      + (yaw.isNaN
        ? " no points, so no pose\n"
        : " yaw \(fixed(yaw, 0)), pitch \(fixed(pitch, 0)), roll \(fixed(roll, 0))\n")
      + "    brightness \(fixed(brightness, 0)), contrast \(fixed(contrast, 0)),"
      + " clipped \(fixed(100 * (clipped_dark + clipped_bright), 0)) %, outside \(fixed(100 * outside, 0)) %"
  }

  var json: JSON {
    .object([
      "score": .single(score), "reasons": .array(reasonTexts(reasons).map(JSON.string)),
      "eye_distance": .single(eye_distance),
      "sharpness": .single(sharpness), "yaw": .single(yaw), "pitch": .single(pitch), "roll": .single(roll),
      "brightness": .single(brightness), "contrast": .single(contrast), "clipped_dark": .single(clipped_dark),
      "clipped_bright": .single(clipped_bright), "outside": .single(outside)
    ])
  }
}
