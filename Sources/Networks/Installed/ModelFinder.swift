import CSystem
import Tensors

/// Finds the files of models by name.
package struct ModelFinder {
  package let folders: ModelFolders

  package init(_ folders: ModelFolders = .current) { self.folders = folders }

  package static var ending: StaticString { ".safetensors" }
  private static let maxNameBytes = 128

  /// Letters, digits, "-", "_" and "."; not a hidden file.
  package static func isName(_ text: String) -> Bool {
    func isAllowed(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    return (1...maxNameBytes).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: ".")
      && text.utf8.allSatisfy { isAllowed($0) }
  }

  /// Whether a caller's text is a path, not a name.
  package static func isPath(_ text: String) -> Bool {
    text.utf8.contains(UInt8(ascii: "/")) || ends(text, in: ending) || !isName(text) || isRegularFile(text)
  }

  /// The file of a name. Of a role it is the best one that is there.
  /// - Throws: `.notFound`, with the folders and the way to get it.
  package func path(named name: String) throws(Failure) -> String {
    let names = ModelRole(named: name)?.candidates ?? [name]
    if let path = first(of: names) { return path }
    let files = names.map { "\($0)\(ModelFinder.ending)" }.joined(separator: " or ")
    let remedy = ModelOrigin(ofModel: name).remedy
    throw .notFound(
      "no model \"\(name)\": no \(files) in \(folders.text); expected \(remedy), or a file's path")
  }

  /// The first name that a folder has, in the first such folder.
  private func first(of names: [String]) -> String? {
    for name in names {
      for folder in folders.paths {
        let path = "\(folder)/\(name)\(ModelFinder.ending)"
        if isRegularFile(path) { return path }
      }
    }
    return nil
  }

  /// What the files in the folders say of themselves, in the order of the folders, then by name.
  /// - Throws: `.noMemory`; `.io` for a folder that may be read but is not.
  package func list() throws(Failure) -> [ModelInformation] {
    var models: [ModelInformation] = [], seen: Set<String> = []
    let chosen = ModelRole.allCases.map { (role: $0, path: first(of: $0.candidates)) }
    for folder in folders.paths {
      for name in try names(in: folder) {
        let path = "\(folder)/\(name)\(ModelFinder.ending)"
        guard isRegularFile(path) else { continue }
        let role = chosen.first { $0.path == path }?.role
        models.append(
          try ModelInformation(ofFile: path, name, role: role, isHidden: !seen.insert(name).inserted))
      }
    }
    return models
  }

  /// Those that a name can have; none if there is no such folder, or one that may not be read.
  private func names(in folder: String) throws(Failure) -> [String] {
    guard withPath(folder, { access($0, R_OK | X_OK) }) == 0 else { return [] }
    let listing = try Folder(folder, followsLink: true)
    var names: [String] = []
    for entry in listing.entries where ends(entry.name, in: ModelFinder.ending) {
      let name = String(
        decoding: entry.name.utf8.dropLast(ModelFinder.ending.utf8CodeUnitCount), as: UTF8.self)
      if ModelFinder.isName(name) { names.append(name) }
    }
    return names
  }
}
