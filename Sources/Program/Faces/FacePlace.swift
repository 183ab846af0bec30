import CFaceStyle

// Where a face is, in the words of every command.

extension fs_face {
  /// "84x90 at (210, 35)"
  var place: String {
    "\(fixed(width, 0))x\(fixed(height, 0)) at (\(fixed(x, 0)), \(fixed(y, 0)))"
  }

  /// Members of an object of JSON.
  var members: [(String, JSON)] {
    let (a, b, c, d, e) = landmarks
    return [
      ("x", .single(x)), ("y", .single(y)), ("width", .single(width)), ("height", .single(height)),
      ("score", .single(score)), ("landmarks", .array(a.x.isNaN ? [] : [a, b, c, d, e].map(JSON.point)))
    ]
  }

  /// The face in a picture that is `factor` times as large.
  func enlarged(_ factor: Float) -> fs_face {
    var face = self
    (face.x, face.y, face.width, face.height) = (x * factor, y * factor, width * factor, height * factor)
    let (a, b, c, d, e) = landmarks
    func place(_ point: fs_point) -> fs_point { fs_point(x: point.x * factor, y: point.y * factor) }
    face.landmarks = (place(a), place(b), place(c), place(d), place(e))
    return face
  }
}
