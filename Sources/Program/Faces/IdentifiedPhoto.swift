import CFaceStyle

/// A photo, and who is in it: as text, and as JSON.
struct IdentifiedPhoto {
  private struct Face {
    /// In the photo as it was taken; nil if the network saw all of it.
    let box: fs_face?
    let match: fs_gallery_identity
    /// Why it has no answer, bits of fs_quality_reason.
    let reasons: UInt32
  }

  let path: String
  private let width, height: Int
  private let model: String
  private let faces: [Face]
  private let areAnyGood: Bool

  /// - Parameter areAnyGood: whether faces have an answer that are too bad to be recognised.
  init(_ path: String, _ reader: FaceReader, _ names: FaceNames, areAnyGood: Bool) throws(Failure) {
    (self.path, self.areAnyGood, model) = (path, areAnyGood, reader.name)
    let photo = try Picture(ofFaces: path)
    (width, height) = (photo.width * photo.reduction, photo.height * photo.reduction)
    guard let detector = reader.detector else {
      faces = [Face(box: nil, match: try names.name(ofAll: photo).match, reasons: 0)]
      return
    }
    let found = try detector.find(in: photo)
    guard !found.isEmpty else { throw Failure("\(path): no face was found in the photo", FS_NO_FACE) }
    let matches = try names.names(of: found, in: photo).map(\.match)
    var faces: [Face] = []
    for (face, match) in zip(found, matches) {
      let reasons = try photo.quality(of: face).reasons
      faces.append(Face(box: face.enlarged(Float(photo.reduction)), match: match, reasons: reasons))
    }
    self.faces = faces
  }

  private func isAnswered(_ face: Face) -> Bool { areAnyGood || face.reasons == 0 }

  /// Whether there is an answer for one of its faces.
  var hasAnswer: Bool { faces.contains(where: isAnswered) }

  /// Whether all faces that have an answer are of known people.
  var areKnown: Bool { faces.allSatisfy { !isAnswered($0) || $0.match.known != 0 } }

  /// What speaks against the faces, if that is why there is no answer, or might be.
  var reasonsAgainst: [UInt32] { areAnyGood || !hasAnswer ? faces.map(\.reasons) : [] }

  /// - Parameter isOne: whether there is no other photo, so that its path need not be said.
  func text(isOne: Bool) -> String {
    if faces.count == 1 {
      let match = faces[0].match
      return "\(isOne ? "" : "\(path): ")\(match.summary(by: model))"
    }
    let threshold = fixed(faces[0].match.threshold, 2)
    let lines = faces.map { face in
      let answer =
        isAnswered(face)
        ? face.match.answer : "no answer: the face is \(reasonTexts(face.reasons).joined(separator: ", "))"
      return "  \(face.box.map { "\($0.place)  " } ?? "")\(answer)"
    }
    return
      "\(faces.count) faces in \(path) (threshold \(threshold), \(model))\n\(lines.joined(separator: "\n"))"
  }

  var json: JSON {
    .object([
      "photo": .string(path), "width": .integer(width), "height": .integer(height), "model": .string(model),
      "threshold": .single(faces[0].match.threshold), "faces": .array(faces.map(json))
    ])
  }

  private func json(_ face: Face) -> JSON {
    let isSure = isAnswered(face), match = face.match
    return .members(
      (face.box?.members ?? []) + [
        ("known", isSure ? .bool(match.known != 0) : .null),
        ("name", isSure ? match.person.map(JSON.string) ?? .null : .null),
        ("nearest", .string(fixedText(match.nearest))), ("distance", .single(match.distance)),
        ("ambiguous", .bool(match.ambiguous != 0)), ("runner_up", match.next.map(JSON.string) ?? .null),
        ("runner_up_distance", .single(match.runner_up_distance)), ("margin", .single(match.margin)),
        ("reasons", .array(reasonTexts(face.reasons).map(JSON.string)))
      ])
  }
}
