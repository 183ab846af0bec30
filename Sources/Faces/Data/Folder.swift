import CSystem
import Tensors

/// What lies in a folder, in the order of the names' bytes: the same on every machine.
///
/// Names that begin with a point are passed over. Links are named but never followed, so a walk ends and stays inside.
package struct Folder {
  package enum Kind { case file, folder, link, other }

  package struct Entry {
    package let name: String
    package let kind: Kind
  }

  package private(set) var entries: [Entry] = []
  /// Names that are no UTF-8, as far as they can be shown.
  package private(set) var strangeNames: [String] = []

  private static let most = 10_000_000

  /// - Parameter followsLink: whether `path` itself may be a link.
  /// - Throws: `.io` when the folder cannot be read, `.badData` for more than ten million names.
  package init(_ path: String, followsLink: Bool) throws(Failure) {
    guard let folder = systemOpenFolder(path, followsLink ? 1 : 0) else { throw .io("\(path): \(lastReason())") }
    defer { closedir(folder) }
    while let name = systemNextName(folder) {
      guard name[0] != CChar(bitPattern: UInt8(ascii: ".")) else { continue }
      guard entries.count < Folder.most else { throw .badData("\(path): more than \(Folder.most) names") }
      guard let text = String(validatingCString: name) else {
        strangeNames.append(String(cString: name))
        continue
      }
      var info = stat()
      // A file that went away since is passed on as such: opening it will say so.
      guard lstat(path + "/" + text, &info) == 0 else {
        entries.append(Entry(name: text, kind: .other))
        continue
      }
      let kind: Kind =
        systemIsRegular(info.st_mode) != 0 ? .file
        : systemIsDirectory(info.st_mode) != 0 ? .folder : systemIsLink(info.st_mode) != 0 ? .link : .other
      entries.append(Entry(name: text, kind: kind))
    }
    guard systemError() == 0 else { throw .io("\(path): \(lastReason())") }
    entries.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    strangeNames.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
