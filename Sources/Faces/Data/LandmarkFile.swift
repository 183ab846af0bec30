import Networks
import Tensors

/// Five landmarks per photo, from a JSON file: `{"NAME/NAME_0001.jpg": {"landmarks": [[x, y], ... five]},
/// ...}`. A member "box", `[x, y, width, height]`, is optional. The list `[[x, y], ... five]` is accepted in
/// place of the object.
package final class LandmarkFile: @unchecked Sendable {
  private let faces: [[UInt8]: Face]

  package init(path: String) throws(Failure) {
    faces = try LandmarkFile.faces(in: readText(path))
  }

  /// - Throws: `.badData` naming the photo, or the byte at which it stops being JSON.
  package init(parsing bytes: Storage<UInt8>) throws(Failure) {
    faces = try LandmarkFile.faces(in: bytes)
  }

  private static func faces(in text: Storage<UInt8>) throws(Failure) -> [[UInt8]: Face] {
    let place = text.withSpan { markLength($0) }..<text.count
    guard case .object(let members) = try JSON(parsing: text, place, "landmarks") else {
      throw .badData("landmarks: no object; expected {\"photo\": {\"landmarks\": [[x, y], ...]}}")
    }
    var faces: [[UInt8]: Face] = [:]
    for (photo, value) in members {
      var points = value, box: JSON?
      if case .object(let fields) = value {
        guard let found = fields.first(where: { $0.key == "landmarks" }) else {
          throw .badData("landmarks: \(photo) has no member \"landmarks\"")
        }
        points = found.value
        box = fields.first { $0.key == "box" }?.value
      }
      guard case .array(let list) = points, list.count == 5 else {
        throw .badData("landmarks: \(photo) has not five points [x, y]")
      }
      var landmarks: [Point] = []
      for point in list {
        let place = try numbers(point, 2, photo)
        landmarks.append(Point(place[0], place[1]))
      }
      let sides = try box.map { box throws(Failure) in try numbers(box, 4, photo) } ?? [0, 0, 0, 0]
      try faces.makeRoom()
      try Memory.expectObjects()
      faces[Array(photo.utf8)] = Face(
        box: Box(left: sides[0], top: sides[1], right: sides[0] + sides[2], bottom: sides[1] + sides[3]),
        score: 1,
        landmarks: landmarks)
    }
    return faces
  }

  package var count: Int { faces.count }

  /// nil if the file does not contain the photo.
  package func known(_ photo: String) -> Face? { faces[Array(photo.utf8)] }

  /// - Throws: `.notFound`
  package func face(in photo: String) throws(Failure) -> Face {
    guard let face = known(photo) else { throw .notFound("no landmarks of \"\(photo)\"") }
    return face
  }
}

private func numbers(_ value: JSON, _ count: Int, _ photo: String) throws(Failure) -> [Float] {
  guard case .array(let list) = value, list.count == count else {
    throw .badData("landmarks: \(photo) has not \(count) numbers where they are expected")
  }
  var numbers: [Float] = []
  for element in list {
    guard let number = element.double, Float(number).isFinite else {
      throw .badData("landmarks: \(photo) has something else than a number")
    }
    numbers.append(Float(number))
  }
  return numbers
}
