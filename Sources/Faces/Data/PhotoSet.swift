import Images
import Tensors

/// A photo to learn from.
package struct FacePhoto {
  /// Where it is opened.
  package let path: String
  /// Where it lies below the folder of its set, "Ann/1.jpg": the name by which lists and landmarks know it.
  package let name: String
  /// A number of `PhotoSet.people`; nil if nobody says who it is.
  package var person: Int?
  /// Five points, in pixels of the photo; nil if nobody has looked.
  package var landmarks: [Point]?
}

/// Something that was passed over, and why.
package struct LeftOut: Equatable {
  package let path: String
  package let reason: String
}

/// Photos of faces, in the order of their names, with what is known of them.
///
/// Entries that are not picture files are listed in `leftOut`: only names that begin with a point are
/// skipped silently. No link is followed below the folder that is named.
package struct PhotoSet {
  package private(set) var photos: [FacePhoto] = []
  /// Names, by the number of a photo's `person`.
  package private(set) var people: [String] = []
  package private(set) var leftOut: [LeftOut] = []

  package init() {}

  /// A folder of people: each of its folders is a person, each picture inside a photo of that person.
  /// - Throws: `.io` when the folder cannot be read.
  package init(peopleIn root: String) throws(Failure) {
    let folder = try Folder(root, followsLink: true)
    for entry in folder.entries {
      let path = root + "/" + entry.name
      guard entry.kind == .folder else {
        leftOut.append(LeftOut(path: path, reason: entry.kind.reason("expected a person's folder")))
        continue
      }
      do throws(Failure) {
        let before = photos.count
        addPhotos(
          of: try Folder(path, followsLink: false), path, prefix: entry.name + "/", person: people.count)
        if photos.count > before {
          people.append(entry.name)
        } else {
          leftOut.append(LeftOut(path: path, reason: "a folder without photos"))
        }
      } catch {
        leftOut.append(LeftOut(path: path, reason: error.reason))
      }
    }
  }

  /// A flat folder: each picture is a photo of nobody in particular.
  /// - Throws: `.io` when the folder cannot be read.
  package init(photosIn root: String) throws(Failure) {
    addPhotos(of: try Folder(root, followsLink: true), root, prefix: "", person: nil)
  }

  private mutating func addPhotos(of folder: Folder, _ path: String, prefix: String, person: Int?) {
    for entry in folder.entries {
      let file = path + "/" + entry.name
      if entry.kind != .file {
        leftOut.append(LeftOut(path: file, reason: entry.kind.reason("expected a photo")))
      } else if FileFormat(ending: entry.name) == nil {
        leftOut.append(LeftOut(path: file, reason: FileFormat.endingExpected))
      } else {
        photos.append(FacePhoto(path: file, name: prefix + entry.name, person: person, landmarks: nil))
      }
    }
  }

  /// Gives each photo the points that the file has for its name; others stay without.
  package mutating func setLandmarks(from file: LandmarkFile) {
    for i in photos.indices { photos[i].landmarks = file.known(photos[i].name)?.landmarks }
  }

  /// Gives all photos the same five points: for crops that were aligned before.
  /// - Throws: `.invalidArgument` unless there are five finite points.
  package mutating func setLandmarks(_ points: [Point]) throws(Failure) {
    guard points.count == 5, points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else {
      throw .invalidArgument("\(points.count) landmarks for all photos; expected 5 finite ones")
    }
    for i in photos.indices { photos[i].landmarks = points }
  }

  /// Adds another set behind this one. Its people are others than those here, also where names are the same.
  package mutating func append(_ other: PhotoSet) {
    for var photo in other.photos {
      photo.person = photo.person.map { $0 + people.count }
      photos.append(photo)
    }
    people += other.people
    leftOut += other.leftOut
  }

  /// The photos of people number `range` alone, who are numbered from 0 again. What was left out stays told.
  package func people(_ range: Range<Int>) -> PhotoSet {
    var part = PhotoSet()
    part.leftOut = leftOut
    let range = range.clamped(to: 0..<people.count)
    part.people = Array(people[range])
    for var photo in photos {
      guard let person = photo.person, range.contains(person) else { continue }
      photo.person = person - range.lowerBound
      part.photos.append(photo)
    }
    return part
  }
}

extension Folder.Kind {
  /// Why it was left out.
  fileprivate func reason(_ wanted: String) -> String {
    switch self {
    case .file: "a file; \(wanted)"
    case .folder: "a folder; \(wanted)"
    case .link: "a link, which is not followed; \(wanted)"
    case .other: "neither a file nor a folder; \(wanted)"
    case .unknown(let reason): reason
    }
  }
}
