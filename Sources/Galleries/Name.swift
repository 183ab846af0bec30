@_spi(_Unicode) import Swift

/// A person's name, as bytes in Unicode's form C (UAX 15): "é" is one letter, however it was typed, and one
/// name.
///
/// Databases compare bytes, as do we; to `String`, texts are equal that differ in bytes.
struct Name: Hashable {
  let text: String

  /// A name that is longer in form C than a gallery's names may be stays as it is. (Few letters are: those
  /// that Unicode parts for good.)
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
    // What Foundation composes with, too; `==` of the standard library compares by it.
    for scalar in text._nfc { composed.append(scalar) }
    return String(composed)
  }
}
