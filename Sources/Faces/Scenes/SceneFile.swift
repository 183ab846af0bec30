import Networks
import Tensors

/// The faces of many photos, from a JSON file: `{"photo.jpg": [face, ...], ...}`. A face is a list of 4
/// numbers, `[left, top, right, bottom]`, or of 14, with x, y of five points; or an object with the members
/// "box", 4 numbers, "landmarks", five points [x, y], and "ignore", 1 for a face that is neither to be found
/// nor to be missed; the last two are optional. Pixels from the photo's top left corner.
package enum SceneFile {
  package static func read(path: String) throws(Failure) -> [(name: String, faces: [FaceTarget])] {
    try read(parsing: readText(path))
  }

  /// - Throws: `.badData` naming the photo, or the byte at which it stops being JSON.
  package static func read(
    parsing text: Storage<UInt8>
  ) throws(Failure) -> [(name: String, faces: [FaceTarget])] {
    let place = text.withSpan { markLength($0) }..<text.count
    guard case .object(let members) = try JSON(parsing: text, place, "labels") else {
      throw .badData("labels: no object; expected {\"photo\": [[left, top, right, bottom], ...], ...}")
    }
    var scenes: [(name: String, faces: [FaceTarget])] = []
    for (name, value) in members {
      try check(name)
      guard case .array(let list) = value else { throw .badData("labels: \(name) has no list of faces") }
      var faces: [FaceTarget] = []
      for face in list { faces.append(try target(face, name)) }
      scenes.append((name, faces))
    }
    return scenes
  }

  /// A path that does not lead out of the folder of photos.
  private static func check(_ name: String) throws(Failure) {
    var isFine = !name.isEmpty && name.utf8.first != UInt8(ascii: "/")
    for part in name.split(separator: "/", omittingEmptySubsequences: true) where part == ".." {
      isFine = false
    }
    for byte in name.utf8 where byte < 0x20 { isFine = false }
    guard isFine else {
      throw .badData("labels: the path \"\(name)\"; expected one below the folder of photos")
    }
  }

  private static func target(_ value: JSON, _ photo: String) throws(Failure) -> FaceTarget {
    var box: [Float] = [], points: [Float] = [], isIgnored = false
    switch value {
    case .array(let list):
      let all = try numbers(list, photo)
      guard all.count == 4 || all.count == 14 else {
        throw .badData("labels: \(photo) has a face of \(all.count) numbers; expected 4 or 14")
      }
      box = Array(all[..<4])
      points = Array(all[4...])
    case .object(let members):
      for (key, value) in members {
        switch (key, value) {
        case ("box", .array(let list)): box = try numbers(list, photo)
        case ("landmarks", .array(let list)):
          for point in list {
            guard case .array(let place) = point, place.count == 2 else {
              throw .badData("labels: \(photo) has a point that is not [x, y]")
            }
            points += try numbers(place, photo)
          }
        case ("ignore", .number(let number)) where number == 0 || number == 1: isIgnored = number == 1
        default: throw .badData("labels: \(photo) has a member \"\(key)\" that is not as expected")
        }
      }
    default: throw .badData("labels: \(photo) has a face that is neither a list nor an object")
    }
    guard box.count == 4, points.isEmpty || points.count == 10 else {
      throw .badData(
        "labels: \(photo) has a face of \(box.count) and \(points.count) numbers; expected 4, and 0 or 10")
    }
    let face = FaceTarget(
      left: box[0], top: box[1], right: box[2], bottom: box[3], points: points, isIgnored: isIgnored)
    do throws(Failure) {
      try face.check()
    } catch {
      throw .badData("labels: \(photo): \(error.reason)")
    }
    return face
  }

  private static func numbers(_ list: [JSON], _ photo: String) throws(Failure) -> [Float] {
    var numbers: [Float] = []
    for element in list {
      guard let number = element.double, Float(number).isFinite else {
        throw .badData("labels: \(photo) has something else than a number")
      }
      numbers.append(Float(number))
    }
    return numbers
  }
}
