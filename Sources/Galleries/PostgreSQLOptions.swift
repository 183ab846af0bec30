import Tensors

/// The settings that an address requests for its session, in the form of a server's command line:
/// "-csearch_path=north --role=guest".
///
/// Poolers may drop them. Two settings decide which tables a name refers to, and so whose gallery is used:
/// these are checked.
struct PostgreSQLOptions {
  /// The query for a session's settings, as columns of texts, in the order of `requested`.
  static let question = names.map { "current_setting('\($0)')" }.joined(separator: ", ")
  private static let names = ["search_path", "role"]

  /// nil for settings that are not requested.
  private let requested: [String?]

  init(_ text: String) {
    var settings: [(name: String, value: String)] = []
    var words = PostgreSQLOptions.words(text)[...]
    while let word = words.popFirst() {
      var setting = word
      if word == "-c" {
        setting = words.popFirst() ?? ""
      } else if word.utf8.starts(with: "-c".utf8) || word.utf8.starts(with: "--".utf8) {
        setting = String(decoding: Array(word.utf8.dropFirst(2)), as: UTF8.self)
      } else {
        continue
      }
      let bytes = Array(setting.utf8)
      guard let sign = bytes.firstIndex(of: UInt8(ascii: "=")) else { continue }
      settings.append(
        (PostgreSQLOptions.name(bytes[..<sign]), String(decoding: bytes[(sign + 1)...], as: UTF8.self)))
    }
    // The last one counts, as on the server.
    requested = PostgreSQLOptions.names.map { name in settings.last { $0.name == name }?.value }
  }

  /// - Parameter found: the result of `question`.
  /// - Returns: the first difference from the requested settings; nil if there is none.
  func difference(_ found: [String]) -> String? {
    for (i, name) in PostgreSQLOptions.names.enumerated() {
      guard let expected = requested[i], i < found.count, !expected.utf8.elementsEqual(found[i].utf8) else {
        continue
      }
      return
        "the session's \(name) is \"\(found[i])\"; expected \"\(expected)\", as the address asks: a pooler drops options"
    }
    return nil
  }

  /// Splits at blanks, unless a \\ precedes them, like a server's command line.
  private static func words(_ text: String) -> [String] {
    var words: [String] = [], word: [UInt8] = [], isKept = false, isWord = false
    for byte in text.utf8 {
      if isKept || !(isSpace(byte) || byte == UInt8(ascii: "\\")) {
        word.append(byte)
        (isKept, isWord) = (false, true)
      } else if byte == UInt8(ascii: "\\") {
        isKept = true
      } else if isWord {
        words.append(String(decoding: word, as: UTF8.self))
        (word, isWord) = ([], false)
      }
    }
    if isWord { words.append(String(decoding: word, as: UTF8.self)) }
    return words
  }

  /// A setting's name as the server reads it: "Search-Path" is search_path.
  private static func name(_ bytes: ArraySlice<UInt8>) -> String {
    let letters = bytes.map { byte -> UInt8 in
      if byte == UInt8(ascii: "-") { return UInt8(ascii: "_") }
      return byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte + 32 : byte
    }
    return String(decoding: letters, as: UTF8.self)
  }
}
