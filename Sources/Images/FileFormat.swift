import Tensors

/// The file formats that pictures are read from and written to. Each is defined by its codec.
package enum FileFormat: Int32, CaseIterable {
  case png = 0
  case jpeg = 1

  var codec: Codec {
    switch self {
    case .png: PNG.codec
    case .jpeg: JPEG.codec
    }
  }
}

/// The name of a format, how to recognise it, and its conversions from and to a picture.
struct Codec {
  /// The name in messages.
  let name: StaticString
  /// File name endings, in lower case, the most common first.
  let endings: [StaticString]
  /// The first bytes of every such file.
  let signature: [UInt8]
  let decode: (Span<UInt8>) throws(Failure) -> Image
  /// The second argument is the quality, 1 to 100, for formats that have one.
  let encode: (Image, Int) throws(Failure) -> Storage<UInt8>
}

extension FileFormat {
  /// The name in messages: "PNG".
  package var name: StaticString { codec.name }
  /// File name endings, in lower case, the most common first.
  package var endings: [StaticString] { codec.endings }

  /// The format of a file name's ending, ignoring case; nil for other endings.
  package init?(ending path: String) {
    let known = FileFormat.allCases.first { format in format.endings.contains { ends(path, in: $0) } }
    guard let known else { return nil }
    self = known
  }

  /// - Throws: `.invalidArgument` unless the name has the ending of a picture format.
  package init(path: String) throws(Failure) {
    guard let known = FileFormat(ending: path) else {
      throw .invalidArgument("\(path): \(FileFormat.endingExpected)")
    }
    self = known
  }

  /// The format of a file's first bytes; nil for other files.
  init?(signature bytes: Span<UInt8>) {
    guard let known = FileFormat.allCases.first(where: { bytes.starts(with: $0.codec.signature) }) else {
      return nil
    }
    self = known
  }

  // MARK: For messages

  /// ".png, .jpg or .jpeg"
  package static var endings: String {
    listed(allCases.flatMap { format in format.endings.map { "\($0)" } })
  }

  package static var endingExpected: String { "expected a name that ends in \(endings)" }

  /// "PNG or JPEG"
  static var names: String { listed(allCases.map { "\($0.name)" }) }

  /// "89 50 4E 47 0D 0A 1A 0A (PNG) or FF D8 FF (JPEG)"
  static var signatures: String {
    listed(allCases.map { "\(hexadecimal($0.codec.signature)) (\($0.name))" })
  }

  private static func listed(_ words: [String]) -> String {
    guard words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
  }
}

/// "FF D8"
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { byte in
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 16 ? "0" + digits : digits
  }.joined(separator: " ")
}
