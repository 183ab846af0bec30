import ArgumentParser
import CFaceStyle

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists models, and writes them in another precision.",
    subcommands: [ModelsList.self, ModelsConvert.self], defaultSubcommand: ModelsList.self)
}

/// `facestyle models`
struct ModelsList: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the models that are found by name.",
    usage: "facestyle models [list] [--json]",
    discussion: """
      Models are listed by folder, in the order in which folders are searched. * marks those that \
      commands use unless another is named; a model in brackets is hidden by one of the same \
      name in an earlier folder.

      With --json, there is one line for each model, with "name", "path", "role" (the name under \
      which it is the best one, or null), "use", "architecture", "bytes", "parameters", "styles" (of \
      a fast style, or null), "mirrored", "licence", "accuracy", "note", "hidden", and "fault", which is \
      null if it can be opened.
      """)

  @Flag(help: "Print one line of JSON for each model.") var json = false

  func run() throws {
    let models = try ModelDescription.all()
    guard !json else {
      for model in models { print(model.json) }
      return
    }
    guard !models.isEmpty else {
      print("no models; `make models` or `python3 -m facestyle.models` gets some, and")
      print("`facestyle --help` says where they are looked for")
      return
    }
    let width = min(models.map { $0.shownName.count }.max() ?? 0, 30)
    var last: String?
    for model in models {
      let folder = model.folder
      if folder != last { print("\(last == nil ? "" : "\n")\(folder)") }
      last = folder
      for line in model.lines(nameWidth: width) { print(line) }
    }
  }
}

extension ModelDescription {
  var json: JSON {
    func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
    return .object([
      "name": .string(name), "path": text(path), "role": text(role), "use": .string(useText),
      "architecture": text(architecture), "bytes": .integer(Int(clamping: byteCount)),
      "parameters": .integer(Int(clamping: parameterCount)),
      "styles": styles == 0 ? .null : .integer(styles), "mirrored": .bool(isMirrored),
      "licence": text(licence), "accuracy": text(accuracy), "note": text(note),
      "hidden": .bool(isHidden), "fault": text(fault)
    ])
  }

  fileprivate var folder: String {
    guard let path, let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[..<slash])
  }

  fileprivate var shownName: String { isHidden ? "(\(name))" : name }

  /// A row of the table, and the rest of its texts below it, in 80 columns.
  fileprivate func lines(nameWidth: Int) -> [String] {
    let size = "\(fixed(Double(byteCount) / 1e6, 1)) MB"
    let start = "\(role == nil ? " " : "*") \(leftAligned(shownName, nameWidth))  \(leftAligned(useText, 16))"
    var lines = ["\(start)  \(padded(size, 9))"]
    let texts = [("", fault), ("", accuracy), ("licence: ", licence)]
    for (title, text) in texts {
      if let text { lines += wrapped(title + text, to: 80 - 4).map { "    \($0)" } }
    }
    return lines
  }
}
