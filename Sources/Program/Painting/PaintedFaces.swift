import CFaceStyle

/// The faces of a photo to be painted: their map, and the painted faces' distances.
struct PaintedFaces {
  private let photo: Picture
  private let faces: [fs_face]
  private let embedder: Embedder

  /// - Throws: for a photo without a face.
  init(_ photo: Picture, _ path: String) throws(Failure) {
    self.photo = photo
    embedder = try Embedder(openModel(Role.faces))
    faces = try Detector(openModel(Role.facesWithPoints), Detector.defaults()).find(in: photo)
    guard !faces.isEmpty else { throw Failure("\(path): no face was found") }
  }

  var count: Int { faces.count }

  func map() throws(Failure) -> Picture {
    Picture(
      owning: try made("") { fs_face_map(&$0, UInt32(photo.width), UInt32(photo.height), faces, faces.count) }
    )
  }

  var threshold: Float { embedder.threshold }

  /// From each face to itself in the painted picture, which may have another size.
  func distances(to painted: Picture) throws(Failure) -> [Float] {
    let across = Float(painted.width) / Float(photo.width), down = Float(painted.height) / Float(photo.height)
    var distances: [Float] = []
    for face in faces {
      let there = face.scaled(across, down)
      let pair = try embedder.embed([embedder.align(photo, face), embedder.align(painted, there)])
      var distance: Float = 0
      try check(fs_distance(pair[0], pair[1], pair[0].count, &distance))
      distances.append(distance)
    }
    return distances
  }
}

extension fs_face {
  fileprivate func scaled(_ across: Float, _ down: Float) -> fs_face {
    func moved(_ p: fs_point) -> fs_point { fs_point(x: p.x * across, y: p.y * down) }
    let (a, b, c, d, e) = landmarks
    return fs_face(
      x: x * across, y: y * down, width: width * across, height: height * down, score: score,
      landmarks: (moved(a), moved(b), moved(c), moved(d), moved(e)))
  }
}
