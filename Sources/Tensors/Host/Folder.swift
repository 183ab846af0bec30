import CSystem

/// The entries of a folder, ordered by the bytes of their names: the same on every machine.
///
/// Dotfiles are skipped. Links are listed but never followed, so a walk ends and stays inside.
package struct Folder {
  package enum Kind: Equatable {
    case file, folder, link, other
    /// The system does not report it, for this reason.
    case unknown(String)
  }

  package struct Entry {
    /// As a path's text: arbitrary bytes.
    package let name: String
    package let kind: Kind
  }

  package let entries: [Entry]

  private static let maxNames = 10_000_000

  /// - Parameter followsLink: whether `path` itself may be a link.
  /// - Throws: `.io` if the folder cannot be read, `.badData` for more than ten million names.
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
      try Memory.expectObjects()
      try names.add((pathBytes(text), Entry(name: text, kind: Folder.kind(of: path + "/" + text))))
    }
    guard systemError() == 0 else { throw .io("\(path): \(lastReason())") }
    names.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    entries = names.map { $0.entry }
  }

  private static func kind(of path: String) -> Kind {
    var info = stat()
    // It may have disappeared, or its folder may be readable but not searchable.
    guard withPath(path, { lstat($0, &info) }) == 0 else { return .unknown(lastReason()) }
    if systemIsRegular(info.st_mode) != 0 { return .file }
    if systemIsDirectory(info.st_mode) != 0 { return .folder }
    return systemIsLink(info.st_mode) != 0 ? .link : .other
  }
}
