import Tensors

extension Image {
  /// The largest file that is read: more than a PNG of `maxPixels` needs.
  private static var maxFile: Int { 1 << 30 }

  /// Decodes a whole file of a `FileFormat`, identified by its first bytes, and makes the picture upright.
  /// - Throws: `.badData` if it has another format, or is truncated, corrupt or too large.
  package static func decode(_ bytes: Span<UInt8>) throws(Failure) -> Image {
    if let format = FileFormat(signature: bytes) { return try format.codec.decode(bytes) }
    guard !bytes.isEmpty else { throw .badData("picture of 0 bytes; expected a \(FileFormat.names) file") }
    throw .badData(
      "picture begins with \(hexadecimal(bytes.extracting(first: 8).array)); expected \(FileFormat.signatures)"
    )
  }

  /// The picture as a file; the storage's count is the file's size.
  /// - Parameter quality: of a JPEG, 1 to 100; a PNG is lossless and ignores it.
  package func encode(as format: FileFormat, quality: Int = 95) throws(Failure) -> Storage<UInt8> {
    try format.codec.encode(self, quality)
  }

  /// Reads a picture's file.
  /// - Throws: `.io` if the file cannot be read, `.badData` if it is not a picture; both name the path.
  package static func open(_ path: String) throws(Failure) -> Image {
    let file = try readFile(path, limit: maxFile)
    do throws(Failure) {
      return try file.withSpan { bytes throws(Failure) in try decode(bytes) }
    } catch {
      guard error.kind == .badData else { throw error }
      throw .badData("\(path): \(error.reason)")
    }
  }

  /// Writes a file in the format of its name's ending (a JPEG with quality 95), atomically.
  /// - Throws: `.invalidArgument` for another ending, `.io` with nothing left behind.
  package func write(_ path: String) throws(Failure) {
    let file = try encode(as: FileFormat(path: path))
    try file.withBytes { bytes throws(Failure) in try writeFile(path, bytes) }
  }
}
