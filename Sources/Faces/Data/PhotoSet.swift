import Images
import Tensors

/// A training photo.
package struct FacePhoto {
  /// The path that opens it.
  package let path: String
  /// The path relative to the folder of its set, "Ann/1.jpg": its name in lists and landmark files.
  package let name: String
  /// An index into `PhotoSet.people`; nil if unlabelled.
  package var person: Int?
  /// Five landmarks, in pixels of the photo; nil if unknown.
  package var landmarks: [Point]?
}

/// An entry that was left out, and why.
package struct LeftOut: Equatable {
  package let path: String
  package let reason: String
}

/// Photos of faces, ordered by name, with their labels and landmarks.
///
/// Entries that are not picture files are listed in `leftOut`. Only dotfiles are skipped silently. Links
/// below the given folder are not followed.
package struct PhotoSet {
  package private(set) var photos: [FacePhoto] = []
  /// Names, indexed by a photo's `person`.
  package private(set) var people: [String] = []
  package private(set) var leftOut: [LeftOut] = []

  package init() {}

  /// A folder of people: each subfolder is a person, each picture in it a photo of that person.
  /// - Throws: `.io` if the folder cannot be read.
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

  /// A flat folder: each picture is an unlabelled photo.
  /// - Throws: `.io` if the folder cannot be read.
  package init(photosIn root: String) throws(Failure) {
    addPhotos(of: try Folder(root, followsLink: true), root, prefix: "", person: nil)
  }

  /// A flat folder: each picture is a photo of a person of its own, who has its name.
  /// - Throws: `.io` if the folder cannot be read.
  package init(strangersIn root: String) throws(Failure) {
    try self.init(photosIn: root)
    for i in photos.indices {
      photos[i].person = i
      people.append(photos[i].name)
    }
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

  /// Gives each photo the landmarks that the file has for its name; others stay without.
  package mutating func setLandmarks(from file: LandmarkFile) {
    for i in photos.indices { photos[i].landmarks = file.known(photos[i].name)?.landmarks }
  }

  /// Gives all photos the same five landmarks: for crops that are already aligned.
  /// - Throws: `.invalidArgument` unless there are five finite points.
  package mutating func setLandmarks(_ points: [Point]) throws(Failure) {
    guard points.count == 5, points.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) else {
      throw .invalidArgument("\(points.count) landmarks for all photos; expected 5 finite ones")
    }
    for i in photos.indices { photos[i].landmarks = points }
  }

  /// Appends another set. Its people are distinct from those here, even if names are equal.
  package mutating func append(_ other: PhotoSet) {
    for var photo in other.photos {
      photo.person = photo.person.map { $0 + people.count }
      photos.append(photo)
    }
    people += other.people
    leftOut += other.leftOut
  }

  /// Only the photos of the people in `range`, who are renumbered from 0. `leftOut` is kept.
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
  /// The reason for leaving it out.
  fileprivate func reason(_ expected: String) -> String {
    switch self {
    case .file: "a file; \(expected)"
    case .folder: "a folder; \(expected)"
    case .link: "a link, which is not followed; \(expected)"
    case .other: "neither a file nor a folder; \(expected)"
    case .unknown(let reason): reason
    }
  }
}
