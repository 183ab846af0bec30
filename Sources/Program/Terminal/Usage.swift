import ArgumentParser

/// For `validate()`: throws bad usage, with what was seen and what is expected, unless a condition holds.
func require(_ isRight: Bool, _ message: @autoclosure () -> String) throws {
  if !isRight { throw ValidationError(message()) }
}

/// What to say of a word in place of a command that is none, which the parser only calls unexpected; nil if
/// all are commands.
/// - Parameter path: the words of `parent`.
func unknownCommand(
  _ words: ArraySlice<String>, of parent: any ParsableCommand.Type, _ path: String = "facestyle"
) -> String? {
  let commands = parent.configuration.subcommands
  guard let word = words.first, !commands.isEmpty, !word.hasPrefix("-") else { return nil }
  if word == "help", path == "facestyle" { return unknownCommand(words.dropFirst(), of: parent) }
  if let command = commands.first(where: { $0._commandName == word }) {
    return unknownCommand(words.dropFirst(), of: command, "\(path) \(word)")
  }
  let near = commands.map { (name: $0._commandName, changes: changes(from: word, to: $0._commandName)) }
    .filter { $0.changes <= 2 && $0.changes < word.count }.min { $0.changes < $1.changes }
  let meant = near.map { "Did you mean '\($0.name)'?" } ?? "Expected one of the list in its help."
  return """
    Error: '\(word)' is no command of \(path). \(meant)
    Usage: \(path) <subcommand>
      See '\(path) --help' for more information.

    """
}

/// The fewest letters to add, leave out or replace (Levenshtein 1965).
private func changes(from one: String, to other: String) -> Int {
  var row = Array(0...other.count)
  for (i, letter) in one.enumerated() {
    var before = row[0]
    row[0] = i + 1
    for (j, wanted) in other.enumerated() {
      (before, row[j + 1]) = (
        row[j + 1], min(before + (letter == wanted ? 0 : 1), row[j] + 1, row[j + 1] + 1)
      )
    }
  }
  return row[other.count]
}
