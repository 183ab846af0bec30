import CSystem

// What surrounds this process: its environment, and the folders of the library and the program.

/// A variable of the environment, as a path's text; nil if it is unset or empty.
package func environment(_ name: StaticString) -> String? {
  let value = name.withUTF8Buffer { name in
    name.withMemoryRebound(to: CChar.self) { name in name.baseAddress.flatMap { getenv($0) } }
  }
  guard let value, value.pointee != 0 else { return nil }
  return pathText(UnsafePointer(value))
}

/// The folder in which the loader found this library, or the program that it is part of; nil if unknown.
/// A link to the library counts as the library: only its folder is resolved.
package let libraryFolder: String? = {
  guard let file = systemLibraryFile() else { return nil }
  return resolvedFolder(of: pathText(file))
}()

/// The folder of this process's program; nil if unknown.
package let programFolder: String? = {
  guard let file = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(file) }
  return resolvedFolder(of: pathText(UnsafePointer(file)))
}()

private func resolvedFolder(of path: String) -> String? {
  guard let folder = withPath(directory(of: path), { realpath($0, nil) }) else { return nil }
  defer { free(folder) }
  return pathText(UnsafePointer(folder))
}

/// The folder above one without a slash at its end; "/" is above itself.
package func parent(of folder: String) -> String {
  guard let slash = folder.utf8.lastIndex(of: UInt8(ascii: "/")), slash != folder.startIndex else {
    return "/"
  }
  return String(folder[..<slash])
}

/// Whether a path leads to a regular file, possibly by links.
package func isRegularFile(_ path: String) -> Bool {
  var info = stat()
  return withPath(path) { stat($0, &info) } == 0 && systemIsRegular(info.st_mode) != 0
}
