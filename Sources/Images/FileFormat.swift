import Tensors

/// The kinds of file that pictures come from and go to. All that is known of one is its codec.
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

/// What a kind of file is called, how it is told from others, and the ways from and to a picture.
struct Codec {
  /// As messages name it.
  let name: StaticString
  /// Of file names, in small letters, the usual one first.
  let endings: [StaticString]
  /// The bytes with which every such file begins.
  let signature: [UInt8]
  let decode: (Span<UInt8>) throws(Failure) -> Image
  /// The second is the quality, 1 to 100, of kinds that have one.
  let encode: (Image, Int) throws(Failure) -> Storage<UInt8>
}

extension FileFormat {
  /// As messages name it: "PNG".
  package var name: StaticString { codec.name }
  /// Of file names, in small letters, the usual one first.
  package var endings: [StaticString] { codec.endings }

  /// The format that a file name asks for by its ending, in capitals or not; nil for another ending.
  package init?(ending path: String) {
    let known = FileFormat.allCases.first { format in format.endings.contains { ends(path, in: $0) } }
    guard let known else { return nil }
    self = known
  }

  /// - Throws: `.invalidArgument` for a name that ends like no picture's.
  package init(path: String) throws(Failure) {
    guard let known = FileFormat(ending: path) else {
      throw .invalidArgument("\(path): \(FileFormat.endingExpected)")
    }
    self = known
  }

  /// Of a file's first bytes; nil for no picture's.
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
