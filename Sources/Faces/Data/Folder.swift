import CSystem
import Tensors

/// What lies in a folder, in the order of the names' bytes: the same on every machine.
///
/// Names that begin with a point are passed over. Links are named but never followed, so a walk ends and
/// stays inside.
package struct Folder {
  package enum Kind: Equatable {
    case file, folder, link, other
    /// The system does not say; its reason.
    case unknown(String)
  }

  package struct Entry {
    /// Whatever its bytes: a path's text.
    package let name: String
    package let kind: Kind
  }

  package let entries: [Entry]

  private static let maxNames = 10_000_000

  /// - Parameter followsLink: whether `path` itself may be a link.
  /// - Throws: `.io` when the folder cannot be read, `.badData` for more than ten million names.
  package init(_ path: String, followsLink: Bool) throws(Failure) {
    guard let folder = withPath(path, { systemOpenFolder($0, followsLink ? 1 : 0) }) else {
      throw .io("\(path): \(lastReason())")
    }
    defer { closedir(folder) }
    var names: [(bytes: [UInt8], entry: Entry)] = []
    while let name = systemNextName(folder) {
      guard name[0] != CChar(bitPattern: UInt8(ascii: ".")) else { continue }
      guard names.count < Folder.maxNames else {
        throw .badData("\(path): more than \(Folder.maxNames) names")
      }
      let text = pathText(name)
      names.append((pathBytes(text), Entry(name: text, kind: Folder.kind(of: path + "/" + text))))
    }
    guard systemError() == 0 else { throw .io("\(path): \(lastReason())") }
    names.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    entries = names.map { $0.entry }
  }

  private static func kind(of path: String) -> Kind {
    var info = stat()
    // It may have gone since it was listed, or lie in a folder that may be listed and not entered.
    guard withPath(path, { lstat($0, &info) }) == 0 else { return .unknown(lastReason()) }
    if systemIsRegular(info.st_mode) != 0 { return .file }
    if systemIsDirectory(info.st_mode) != 0 { return .folder }
    return systemIsLink(info.st_mode) != 0 ? .link : .other
  }
}
