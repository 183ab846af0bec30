import Glibc

/// The photos that a command was given: files, and all pictures of folders and of the folders in them.
struct PhotoList {
  struct Photo {
    let path: String
    /// Its path in a folder of copies: below its folder that was given, or only its name.
    let name: String
  }

  private(set) var photos: [Photo] = []
  /// Why folders could not be read, or have no pictures.
  private(set) var failures: [Failure] = []
  /// The folders on the way to here: a link to one of them ends there.
  private var entered: Set<FileIdentity> = []

  /// - Parameter output: a folder that is left out, as its pictures are copies.
  init(_ paths: [String], without output: String? = nil) {
    let left = output.flatMap { FileIdentity($0) }
    for path in paths {
      guard kind(of: path) == .folder else {
        photos.append(Photo(path: path, name: path == standardInput ? "stdin" : fileName(path)))
        continue
      }
      let count = photos.count + failures.count
      if let left { entered = [left] } else { entered = [] }
      add(folder: path, below: "")
      if photos.count + failures.count == count {
        failures.append(Failure("\(path): no \(anyPictureEnding) file in this folder"))
      }
    }
  }

  /// Whether there is a file at one of the paths at least.
  var hasAny: Bool { photos.contains { $0.path == standardInput || kind(of: $0.path) != .absent } }

  /// Works on each photo. One that fails is reported, with JSON on the output, too, and the others are done.
  /// - Returns: whether all were done.
  func each(
    _ common: CommonOptions, _ work: (Photo) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    for failure in failures { warn(failure.message) }
    var isDone = failures.isEmpty
    for photo in photos {
      do throws(Failure) {
        try work(photo)
      } catch {
        isDone = false
        warn(error.message)
        // The only one fails as other commands do.
        if common.json, photos.count + failures.count > 1 {
          print(JSON.object(["photo": .string(photo.path), "error": .string(error.message)]))
        }
      }
      try flushOutput()  // for those who read the lines while the others are made
    }
    return isDone
  }

  private mutating func add(folder: String, below: String) {
    guard let identity = FileIdentity(folder), entered.insert(identity).inserted else { return }
    defer { entered.remove(identity) }
    do throws(Failure) {
      for entry in try contents(of: folder) {
        let path = "\(folder.hasSuffix("/") ? String(folder.dropLast()) : folder)/\(entry)"
        if kind(of: path) == .folder {
          add(folder: path, below: "\(below)\(entry)/")
        } else if isPicture(entry) {
          photos.append(Photo(path: path, name: below + entry))
        } else if isUnreadPicture(entry) {
          warn("\(path): left out; expected a \(anyPictureFormat) file")
        }
      }
    } catch {
      failures.append(error)
    }
  }
}

/// What a path leads to, whatever it is called.
struct FileIdentity: Hashable {
  private let device: UInt, file: UInt

  /// nil if there is nothing.
  init?(_ path: String) {
    var info = stat()
    guard withPath(path, { stat($0, &info) }) == 0 else { return nil }
    (device, file) = (UInt(info.st_dev), UInt(info.st_ino))
  }
}

/// Where the copies of photos go: a folder in which none replaces a photo, or another copy.
struct CopyFolder {
  let path: String
  private let photos: Set<FileIdentity>
  private var names: Set<String> = []

  init(_ path: String, for photos: [PhotoList.Photo]) throws(Failure) {
    self.path = path
    self.photos = Set(photos.compactMap { FileIdentity($0.path) })
    try makeFolder(path)
  }

  /// The file for a photo's copy, in a folder that exists: of the photo's name, with .png where its format is
  /// not written.
  /// - Throws: if that is one of the photos.
  mutating func place(for photo: PhotoList.Photo) throws(Failure) -> String {
    let first =
      isWrittenPicture(photo.name)
      ? photo.name : "\(isPicture(photo.name) ? nameAndExtension(photo.name).0 : photo.name).png"
    let stem = nameAndExtension(first).0, ending = first.dropFirst(stem.count)
    var name = first, number = 2
    while !names.insert(name).inserted {
      name = "\(stem)-\(number)\(ending)"
      number += 1
    }
    let place = "\(path)/\(name)"
    if let there = FileIdentity(place), photos.contains(there) {
      throw Failure("\(place): one of the photos; expected another folder for the copies")
    }
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/\(part)"
      try makeFolder(folder)
    }
    return place
  }
}
