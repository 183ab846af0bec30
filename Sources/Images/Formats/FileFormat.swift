import Tensors

/// The file formats that pictures are read from, and of which some are written. Each is defined by its codec.
package enum FileFormat: Int32, CaseIterable {
  case png = 0
  case jpeg = 1
  case webP = 2
  case heic = 3
  case avif = 4
  case tiff = 5
  case jpegXL = 6
  case bmp = 7

  var codec: Codec {
    switch self {
    case .png: PNG.codec
    case .jpeg: JPEG.codec
    case .webP: WebP.codec
    case .heic: HEIF.heic
    case .avif: HEIF.avif
    case .tiff: TIFF.codec
    case .jpegXL: JPEGXL.codec
    case .bmp: BMP.codec
    }
  }
}

/// The name of a format, how to recognise it, and its conversions from and to a picture.
struct Codec {
  /// The name in messages.
  let name: StaticString
  /// File name endings, in lower case, the most common first.
  let endings: [StaticString]
  /// Whether a file that begins so has the format; the file may be shorter than any of the format.
  let isRecognised: (Span<UInt8>) -> Bool
  let decode: (Span<UInt8>) throws(Failure) -> Image
  /// Decodes at 1/1, 1/2, 1/4 or 1/8 of the size, the largest of at most that many pixels; nil where decoding
  /// a part of a picture's details takes as much memory as decoding all.
  var decodeReduced: ((Span<UInt8>, Int) throws(Failure) -> (image: Image, reduction: Int))?
  /// The second argument is the quality, 1 to 100, for formats that have one. nil for formats that are read
  /// only.
  var encode: ((Image, Int) throws(Failure) -> Storage<UInt8>)?
}

extension FileFormat {
  /// The name in messages: "PNG".
  package var name: StaticString { codec.name }
  /// File name endings, in lower case, the most common first.
  package var endings: [StaticString] { codec.endings }
  /// Whether pictures are written in it; they are read in every format.
  package var isWritten: Bool { codec.encode != nil }

  /// The format of a file name's ending, ignoring case; nil for other endings.
  package init?(ending path: String) {
    let known = FileFormat.allCases.first { format in format.endings.contains { ends(path, in: $0) } }
    guard let known else { return nil }
    self = known
  }

  /// The format in which a file of this name is written.
  /// - Throws: `.invalidArgument` unless the name has the ending of a format that is written.
  package init(path: String) throws(Failure) {
    guard let known = FileFormat(ending: path), known.isWritten else {
      throw .invalidArgument("\(path): expected a name that ends in \(FileFormat.endings { $0.isWritten })")
    }
    self = known
  }

  /// The format of a file's content; nil for other files.
  init?(content bytes: Span<UInt8>) {
    for format in FileFormat.allCases where format.codec.isRecognised(bytes) {
      self = format
      return
    }
    return nil
  }

  // MARK: For messages

  /// What names of pictures that are read must be.
  package static var endingExpected: String { "expected a name that ends in \(endings { _ in true })" }

  /// ".png, .jpg or .jpeg"
  private static func endings(of isListed: (FileFormat) -> Bool) -> String {
    listed(allCases.filter(isListed).flatMap { format in format.endings.map { "\($0)" } })
  }

  /// "PNG, JPEG, ... or BMP"
  static var names: String { listed(allCases.map { "\($0.name)" }) }

  /// "PNG or JPEG"
  static var writtenNames: String { listed(allCases.filter { $0.isWritten }.map { "\($0.name)" }) }

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

/// Numbers of files, unsigned; nil beyond the end.
extension Span where Element == UInt8 {
  func littleEndian(at place: Int, byteCount: Int) -> Int? {
    guard place >= 0, place <= count - byteCount else { return nil }
    var value = 0
    for index in (0..<byteCount).reversed() { value = value << 8 | Int(self[place + index]) }
    return value
  }

  func bigEndian(at place: Int, byteCount: Int) -> Int? {
    guard place >= 0, place <= count - byteCount else { return nil }
    var value = 0
    for index in 0..<byteCount { value = value << 8 | Int(self[place + index]) }
    return value
  }
}
