import CFaceStyle

/// A photo, its faces, and what is known of them: as text, as JSON, and as a marked copy.
struct SeenPhoto {
  let path: String
  private let picture: Picture
  private let faces: [fs_face]
  private let names: [FaceNames.Name]?
  /// The model by which faces are named.
  private let model: String?
  private let qualities: [fs_quality]?
  /// Of each face, many.
  private let points: [[fs_point]]?
  private var marked: String?
  /// The files of the faces' cut-outs.
  private var crops: [String] = []

  init(
    _ path: String, _ detector: Detector, _ names: FaceNames?, withQuality: Bool, _ dense: DenseLandmarks?
  ) throws(Failure) {
    (self.path, model) = (path, names?.model)
    let photo = try Picture(opening: path)
    let found: [fs_face]
    do throws(Failure) {
      found = try detector.find(in: photo)
      self.names = try names?.names(of: found, in: photo)
      qualities = withQuality ? try found.map { face throws(Failure) in try photo.quality(of: face) } : nil
      points = try dense.map { dense throws(Failure) in
        try found.map { face throws(Failure) in try dense.points(of: face, in: photo) }
      }
    } catch {
      throw Failure(
        error.message.contains(shown(path)) ? error.message : "\(path): \(error.message)", error.status)
    }
    (picture, faces) = (photo, found)
  }

  /// Writes a copy with boxes, points and labels.
  mutating func mark(at place: String) throws(Failure) {
    var copy = try picture.marked(faces, labels, people: names?.map(\.number))
    for points in points ?? [] { copy = try copy.dotted(points) }
    try copy.write(to: place)
    marked = place
  }

  /// Cuts each face out, with its hair and chin, to files beside one another.
  /// - Parameter place: the file for a face, by its number from 1.
  mutating func crop(to place: (Int) throws(Failure) -> String) throws(Failure) {
    for (i, face) in faces.enumerated() {
      let margin = 0.25 * max(face.width, face.height)
      func cut(_ first: Float, _ length: Float, _ limit: Int) -> (Int, Int) {
        let low = max(0, Int(first - margin)), high = min(limit, Int((first + length + margin).rounded(.up)))
        return (low, max(1, high - low))
      }
      let (x, width) = cut(face.x, face.width, picture.width)
      let (y, height) = cut(face.y, face.height, picture.height)
      let path = try place(i + 1)
      try picture.part(min(x, picture.width - 1), min(y, picture.height - 1), width, height).write(to: path)
      crops.append(path)
    }
  }

  private var labels: [String] {
    if let names { return names.map { $0.person ?? "?" } }
    return faces.count > 1 ? faces.indices.map { "\($0 + 1)" } : faces.map { _ in "" }
  }

  // MARK: Text

  var text: String {
    let count = faces.isEmpty ? "no face" : counted(faces.count, "face", "faces")
    let marked = marked.map { ", marked in \($0)" } ?? ""
    var lines = ["\(count) in \(path) (\(picture.width)x\(picture.height))\(marked)"]
    for (i, face) in faces.enumerated() {
      lines.append("  \(face.place), score \(fixed(face.score, 3))")
      if let names, let model { lines.append("    \(names[i].match.summary(by: model))") }
      if let qualities { lines.append(qualities[i].summary) }
    }
    return lines.joined(separator: "\n")
  }

  // MARK: JSON

  var json: JSON {
    var members: [(String, JSON)] = [
      ("photo", .string(path)), ("width", .integer(picture.width)), ("height", .integer(picture.height)),
      ("faces", .array(faces.indices.map(json)))
    ]
    if let model, let name = names?.first {
      members += [("model", .string(model)), ("threshold", .single(name.match.threshold))]
    }
    if let marked { members.append(("marked", .string(marked))) }
    return .members(members)
  }

  private func json(_ i: Int) -> JSON {
    var members = faces[i].members
    if let points {
      members.append(("dense_landmarks", .array(points[i].map(JSON.point))))
      members.append(("openness", openness(points[i])))
    }
    if let names {
      members += [
        ("name", names[i].person.map(JSON.string) ?? .null),
        ("nearest", .string(fixedText(names[i].match.nearest))),
        ("distance", .single(names[i].match.distance))
      ]
    }
    if let qualities { members.append(("quality", qualities[i].json)) }
    if !crops.isEmpty { members.append(("crop", .string(crops[i]))) }
    return .members(members)
  }

  /// null for points of another order than iBUG's and WFLW's.
  private func openness(_ points: [fs_point]) -> JSON {
    var found = fs_face_openness()
    guard fs_face_openness_get(points, points.count, &found) == FS_OK else { return .null }
    return .object([
      "left_eye": .single(found.left_eye), "right_eye": .single(found.right_eye),
      "mouth": .single(found.mouth)
    ])
  }
}
