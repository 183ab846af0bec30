import Tensors

/// The kinds of file that pictures come from and go to.
package enum FileFormat: Int32, CaseIterable {
  case png = 0
  case jpeg = 1
}

extension Image {
  /// Decodes a whole JPEG or PNG file, told apart by its first bytes, and turns the picture upright.
  /// - Throws: `.badData` when it is neither, truncated, corrupt or too large.
  package static func decode(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Image {
    if JPEG.isBeginning(bytes) { return try JPEG.decode(bytes) }
    if PNG.isBeginning(bytes) { return try PNG.decode(bytes) }
    if bytes.isEmpty { throw .badData("picture of 0 bytes, a JPEG or PNG file wanted") }
    var seen = ""
    for byte in bytes.prefix(8) { seen += (seen.isEmpty ? "" : " ") + hexadecimal(byte) }
    throw .badData("picture begins with \(seen), FF D8 FF (JPEG) or 89 50 4E 47 0D 0A 1A 0A (PNG) wanted")
  }

  /// The picture as a file; the count of the storage is the file's size.
  /// - Parameter quality: JPEG's, 1 to 100; a PNG is exact and ignores it.
  package func encode(as format: FileFormat, quality: Int = 95) throws(Failure) -> Storage<UInt8> {
    switch format {
    case .png: return try PNG.encode(self)
    case .jpeg: return try JPEG.encode(self, quality: quality)
    }
  }
}

private func hexadecimal(_ byte: UInt8) -> String {
  let text = String(byte, radix: 16, uppercase: true)
  return byte < 16 ? "0" + text : text
}
