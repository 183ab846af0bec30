import CFaceStyle
import Glibc

enum PathKind { case file, folder, absent }

func kind(of path: String) -> PathKind {
  var info = stat()
  guard withPath(path, { stat($0, &info) }) == 0 else { return .absent }
  return info.st_mode & S_IFMT == S_IFDIR ? .folder : .file
}

/// Names of a folder's entries, sorted, without hidden ones. Names are arbitrary bytes.
func contents(of folder: String) throws(Failure) -> [String] {
  guard let directory = opendir(folder) else {
    throw Failure("\(folder): \(String(cString: strerror(errno)))")
  }
  defer { closedir(directory) }
  var names: [String] = []
  errno = 0
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
        pathText($0)
      }
    }
    if !name.hasPrefix(".") { names.append(name) }
    errno = 0
  }
  // The end, or a disk error: a folder is never read in part.
  guard errno == 0 else { throw Failure("\(folder): \(String(cString: strerror(errno)))") }
  return names.sorted()
}

/// The name of a file without its folder: "obama2.jpg".
func fileName(_ path: String) -> String {
  path.split(separator: "/").last.map(String.init) ?? path
}

/// The name before the last dot, and what follows it in lower case: ("obama2", "jpg").
func nameAndExtension(_ file: String) -> (String, String) {
  guard let dot = file.lastIndex(of: "."), dot != file.startIndex, !file[dot...].contains("/") else {
    return (file, "")
  }
  return (String(file[..<dot]), file[file.index(after: dot)...].lowercased())
}

/// A picture format of the library: its name, such as "PNG", and its endings, such as ".png".
private struct PictureFormat {
  let name: String
  let endings: [String]
  /// Whether it is also written.
  let isWritten: Bool
}

private let pictureFormats: [PictureFormat] = {
  var formats: [PictureFormat] = []
  while let name = fs_file_format_name(fs_file_format(rawValue: UInt32(formats.count))) {
    let format = fs_file_format(rawValue: UInt32(formats.count))
    var endings: [String] = []
    while let ending = fs_file_format_ending(format, endings.count) {
      endings.append(String(cString: ending))
    }
    formats.append(
      PictureFormat(
        name: String(cString: name), endings: endings, isWritten: fs_file_format_is_written(format) != 0))
  }
  return formats
}()

/// "PNG, JPEG, ... or BMP": the formats that are read, for help.
var anyPictureFormat: String { alternatives(pictureFormats.map(\.name)) }

/// ".png, .jpg, ... or .bmp": the endings of pictures that are read, for messages.
var anyPictureEnding: String { alternatives(pictureFormats.flatMap(\.endings)) }

/// ".png, .jpg or .jpeg": the endings of pictures that are written, for help and messages.
var anyWrittenEnding: String { alternatives(pictureFormats.filter(\.isWritten).flatMap(\.endings)) }

private func alternatives(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.joined() }
  return "\(words.dropLast().joined(separator: ", ")) or \(last)"
}

/// Whether the library reads this kind of picture, by the ending.
func isPicture(_ file: String) -> Bool { pictureFormats.contains { $0.endings.contains(ending(of: file)) } }

/// Whether the library writes this kind of picture, by the ending.
func isWrittenPicture(_ file: String) -> Bool {
  pictureFormats.contains { $0.isWritten && $0.endings.contains(ending(of: file)) }
}

/// Whether this is a picture of a format that the library does not read, by the ending.
func isUnreadPicture(_ file: String) -> Bool {
  [
    ".gif", ".jp2", ".psd", ".ico", ".exr", ".qoi", ".pbm", ".pgm", ".ppm", ".tga", ".svg", ".cr2", ".cr3",
    ".nef",
    ".arw", ".dng", ".orf", ".raf", ".rw2"
  ].contains(ending(of: file))
}

private func ending(of file: String) -> String { "." + nameAndExtension(file).1 }

/// Creates a folder; an existing one is accepted.
func makeFolder(_ path: String) throws(Failure) {
  if mkdir(path, 0o777) != 0, kind(of: path) != .folder {
    throw Failure("\(path): \(String(cString: strerror(errno)))")
  }
}
