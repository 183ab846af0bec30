import Tensors

extension FileFormat {
  /// The format that a file name asks for by its ending, in capitals or not.
  package init(path: String) throws(Failure) {
    if FileFormat.ends(path, in: ".png") {
      self = .png
    } else if FileFormat.ends(path, in: ".jpg") || FileFormat.ends(path, in: ".jpeg") {
      self = .jpeg
    } else {
      throw .invalidArgument("\(path): a name that ends in .png, .jpg or .jpeg wanted")
    }
  }

  private static func ends(_ path: String, in ending: StaticString) -> Bool {
    let count = ending.utf8CodeUnitCount
    guard path.utf8.count >= count else { return false }
    var index = 0
    for byte in path.utf8.suffix(count) {
      let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      guard (isCapital ? byte + 32 : byte) == ending.utf8Start[index] else { return false }
      index += 1
    }
    return true
  }
}

extension Image {
  /// The largest file that is opened: more than a PNG of `maxPixels` needs.
  private static var maxFile: Int { 1 << 30 }

  /// Reads a JPEG or PNG file.
  /// - Throws: `.io` when the file cannot be read, `.badData` when it is no picture; both name the path.
  package static func open(_ path: String) throws(Failure) -> Image {
    let file = try readFile(path, limit: maxFile)
    do throws(Failure) {
      return try withExtendedLifetime(file) { () throws(Failure) in
        try decode(UnsafeRawBufferPointer(file.buffer))
      }
    } catch {
      guard case .badData(let reason) = error else { throw error }
      throw .badData("\(path): \(reason)")
    }
  }

  /// Writes a .png, .jpg or .jpeg file (quality 95), whole or not at all.
  /// - Throws: `.invalidArgument` for another ending, `.io` with nothing left behind.
  package func write(_ path: String) throws(Failure) {
    let file = try encode(as: FileFormat(path: path))
    try withExtendedLifetime(file) { () throws(Failure) in
      try writeFile(path, UnsafeRawBufferPointer(file.buffer))
    }
  }
}
