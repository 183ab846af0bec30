import Tensors

extension FileFormat {
  /// The format that a file name asks for by its ending, in capitals or not.
  package init(path: String) throws(Failure) {
    if ends(path, in: ".png") {
      self = .png
    } else if ends(path, in: ".jpg") || ends(path, in: ".jpeg") {
      self = .jpeg
    } else {
      throw .invalidArgument("\(path): a name that ends in .png, .jpg or .jpeg wanted")
    }
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
      guard error.kind == .badData else { throw error }
      throw .badData("\(path): \(error.reason)")
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
