import CFaceStyle

/// A portrait of the demo: its main face, and what two networks make of it.
struct Portrait {
  let file: String
  private let photo: Picture
  private let face: fs_face?
  /// The best embedder's embedding, and that of the small one in the box.
  let embedding, small: [Float]

  /// obama2.jpg and obama_partial_face.jpg are photos of obama.
  var person: String {
    let name = nameAndExtension(file).0
    let letters = name.prefix { $0.isLetter }
    return letters.isEmpty ? name : String(letters)
  }

  init(_ file: String, _ photo: Picture, _ eyes: DemoNetworks) throws(Failure) {
    (self.file, self.photo) = (file, photo)
    guard eyes.detector.findsPoints else {
      // It can be shown, not named.
      face = try eyes.detector.find(in: photo).first
      guard face != nil else { throw Failure("\(file): no face", FS_NO_FACE) }
      (embedding, small) = ([], [])
      return
    }
    (face, embedding) = try eyes.best.embed(photo, file, eyes.detector)
    small = try eyes.small.embed([eyes.small.align(photo, face)])[0]
  }

  /// The face and what is around it, with its box and a name.
  func marked(_ name: String, number: Int32, side: Int) throws(Failure) -> Picture {
    guard var face else { return try photo.resized(side, side) }
    let wanted = Int(1.9 * max(face.width, face.height)), square = min(wanted, photo.width, photo.height)
    let x = min(max(Int(face.x + face.width / 2) - square / 2, 0), photo.width - square)
    let y = min(max(Int(face.y + face.height / 2) - square / 2, 0), photo.height - square)
    let part = try photo.part(x, y, square, square).resized(side, side)
    face.move(-Float(x), -Float(y), scale: Float(side) / Float(square))
    return try part.marked([face], [name], people: [number])
  }
}

/// The networks that look at portraits.
struct DemoNetworks {
  let detector: Detector
  /// The best embedder that is installed, with its name, and the small one in the box.
  let best: Embedder
  let bestName: String
  let small: Embedder

  init() throws(Failure) {
    let finder: Model
    do throws(Failure) {
      finder = try openModel(Role.facesWithPoints)
    } catch {
      guard error.status == FS_NOT_FOUND else { throw error }
      finder = try openModel("faces-cascade")
    }
    detector = try Detector(finder, Detector.defaults())
    let model = try openModel(Role.faces)
    (best, bestName) = (try Embedder(model), model.name)
    small = try Embedder(openModel("faces-nn4"))
  }
}

extension fs_face {
  /// Moves it, then scales the picture's coordinates.
  fileprivate mutating func move(_ dx: Float, _ dy: Float, scale: Float) {
    func moved(_ p: fs_point) -> fs_point { fs_point(x: (p.x + dx) * scale, y: (p.y + dy) * scale) }
    let (a, b, c, d, e) = landmarks, corner = moved(fs_point(x: x, y: y))
    self = fs_face(
      x: corner.x, y: corner.y, width: width * scale, height: height * scale, score: score,
      landmarks: (moved(a), moved(b), moved(c), moved(d), moved(e)))
  }
}
