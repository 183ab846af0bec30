/// The stored members of a struct, as words: "content weight" for contentWeight, "clamped" for isClamped.
/// What keeps a list of such names by hand is held against it.
package func members(of value: Any) -> [String] {
  Mirror(reflecting: value).children.compactMap { $0.label.map(words) }
}

/// Numbers, texts and enumerations inside, however deep: what a list of settings must have a line for.
package func leafCount(of value: Any) -> Int {
  let mirror = Mirror(reflecting: value)
  guard mirror.displayStyle == .struct || mirror.displayStyle == .tuple || mirror.displayStyle == .enum else {
    return 1
  }
  guard !mirror.children.isEmpty else { return 1 }  // a case without a payload, a number
  return mirror.children.reduce(0) { $0 + leafCount(of: $1.value) }
}

private func words(_ label: String) -> String {
  var words = ""
  for character in label {
    words += character.isUppercase ? " " + character.lowercased() : String(character)
  }
  return words.hasPrefix("is ") ? String(words.dropFirst(3)) : words
}
