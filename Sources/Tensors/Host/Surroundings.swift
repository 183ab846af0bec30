import CReserve
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
  resolved("/proc/self/exe").flatMap { resolvedFolder(of: $0) }
}()

private func resolvedFolder(of path: String) -> String? { resolved(directory(of: path)) }

/// The absolute path without links; nil if it leads nowhere.
func resolved(_ path: String) -> String? { textOfSystem(withPath(path) { realpath($0, nil) }) }

/// The absolute path of the current folder; nil if it is gone.
package var currentFolder: String? { textOfSystem(getcwd(nil, 0)) }

/// A path in a block that the C library gave by itself, which is not among those that the library counts.
private func textOfSystem(_ block: UnsafeMutablePointer<CChar>?) -> String? {
  guard let block else { return nil }
  defer { __real_free(block) }
  return pathText(UnsafePointer(block))
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
