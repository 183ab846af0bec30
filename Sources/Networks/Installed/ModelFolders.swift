import Tensors

/// The folders in which models are looked for by name, in order.
package struct ModelFolders {
  package let paths: [String]

  /// - Parameters:
  ///   - named: folders separated by ":", as in FACESTYLE_MODELS.
  ///   - data: XDG_DATA_HOME; counts only if it is absolute, as its specification demands.
  ///   - library: the library's folder.
  ///   - program: the program's.
  package init(named: String?, data: String?, home: String?, library: String?, program: String?) {
    var paths: [String] = [], seen: Set<String> = []
    func add(_ path: String) { if seen.insert(path).inserted { paths.append(path) } }
    for path in (named ?? "").utf8.split(separator: UInt8(ascii: ":")) {
      add(String(decoding: path, as: UTF8.self))
    }
    if let data, data.utf8.first == UInt8(ascii: "/") {
      add("\(data)/facestyle/models")
    } else if let home {
      add("\(home)/.local/share/facestyle/models")
    }
    #if os(macOS)
      if let home { add("\(home)/Library/Application Support/facestyle/models") }
    #endif
    for folder in [library, program] {
      guard let folder else { continue }
      add(ModelFolders.inside(folder, "models"))
      // Above twice for a library in a folder of its kind: of a processor, or of a build.
      let above = parent(of: folder)
      for folder in [above, parent(of: above)] {
        add(ModelFolders.inside(folder, "models"))
        add(ModelFolders.inside(folder, "share/facestyle/models"))  // `make install`'s
      }
    }
    self.paths = paths
  }

  /// Those of this process, as its environment is now.
  package static var current: ModelFolders {
    ModelFolders(
      named: environment("FACESTYLE_MODELS"), data: environment("XDG_DATA_HOME"), home: environment("HOME"),
      library: libraryFolder, program: programFolder)
  }

  /// For messages: the first ones, and how many more there are.
  package var text: String {
    let shown = 12
    let first = paths.prefix(shown).joined(separator: ", ")
    if paths.isEmpty { return "no folder" }
    return paths.count > shown ? "\(first) and \(paths.count - shown) more folders" : first
  }

  private static func inside(_ folder: String, _ name: String) -> String {
    folder == "/" ? "/\(name)" : "\(folder)/\(name)"
  }
}
