@_spi(_Unicode) import Swift

/// A person's name, as bytes in Unicode's form C (UAX 15): "é" is one letter and gives the same name, however
/// it was typed.
///
/// Databases compare bytes, and so do we; `String` treats some texts as equal whose bytes differ.
struct Name: Hashable {
  let text: String

  /// A name that would exceed the length limit in form C stays as it is. (Rare: only letters that Unicode
  /// always decomposes grow.)
  init(_ text: String) {
    let composed = Name.composed(text)
    self.text = composed.utf8.count <= max(SharedGallery.maxNameBytes, text.utf8.count) ? composed : text
  }

  static func == (a: Name, b: Name) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) {
    text.utf8.span.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }

  private static func composed(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text }
    var composed = String.UnicodeScalarView()
    // Foundation composes with it, too; the standard library's `==` uses it for comparisons.
    for scalar in text._nfc { composed.append(scalar) }
    return String(composed)
  }
}
