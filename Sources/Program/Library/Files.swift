import Glibc

enum PathKind { case file, folder, absent }

func kind(of path: String) -> PathKind {
  var info = stat()
  guard withOuter(path, { stat($0, &info) }) == 0 else { return .absent }
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
        outerText($0)
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

/// Whether the library reads this kind of picture, by the extension.
func isPicture(_ file: String) -> Bool {
  ["jpg", "jpeg", "png"].contains(nameAndExtension(file).1)
}

/// Creates a folder; an existing one is accepted.
func makeFolder(_ path: String) throws(Failure) {
  if mkdir(path, 0o777) != 0, kind(of: path) != .folder {
    throw Failure("\(path): \(String(cString: strerror(errno)))")
  }
}
