import Tensors

extension Image {
  /// The largest file that is read: more than one of `maxPixels`, uncompressed, with 16 bits and alpha.
  private static var maxFile: Int { 9 * maxPixels }

  /// Decodes a whole file of a `FileFormat`, recognised by its content, and makes the picture upright.
  /// - Throws: `.badData` if it has another format, or is truncated, corrupt or too large; `.io` if the
  ///   library that reads the format is not installed.
  package static func decode(_ bytes: Span<UInt8>) throws(Failure) -> Image {
    try format(of: bytes).codec.decode(bytes)
  }

  /// Decodes at 1/1, 1/2, 1/4 or 1/8 of the size, rounded up: the largest that has at most `maxPixels`.
  package static func decode(
    _ bytes: Span<UInt8>, maxPixels: Int
  ) throws(Failure) -> (image: Image, reduction: Int) {
    let codec = try format(of: bytes).codec
    if let decode = codec.decodeReduced { return try decode(bytes, maxPixels) }
    let image = try codec.decode(bytes)
    let reduction = reduction(width: image.width, height: image.height, maxPixels: maxPixels)
    guard reduction > 1 else { return (image, 1) }
    let (width, height) = reduced(width: image.width, height: image.height, by: reduction)
    return (try image.resized(width: width, height: height, filter: .area), reduction)
  }

  private static func format(of bytes: Span<UInt8>) throws(Failure) -> FileFormat {
    if let format = FileFormat(content: bytes) { return format }
    guard !bytes.isEmpty else { throw .badData("picture of 0 bytes; expected a \(FileFormat.names) file") }
    if let name = UnreadFormat.name(of: bytes) {
      throw .badData("\(name) file, which is not read; expected a \(FileFormat.names) file")
    }
    throw .badData(
      "picture begins with \(hexadecimal(bytes.extracting(first: 8).array)); expected a \(FileFormat.names) file"
    )
  }

  /// The smallest of 1, 2, 4 and 8 by which a picture is to be reduced to `maxPixels`; 8 if none is enough.
  static func reduction(width: Int, height: Int, maxPixels: Int) -> Int {
    for reduction in [1, 2, 4] {
      let (width, height) = reduced(width: width, height: height, by: reduction)
      if width * height <= maxPixels { return reduction }
    }
    return 8
  }

  static func reduced(width: Int, height: Int, by reduction: Int) -> (width: Int, height: Int) {
    ((width + reduction - 1) / reduction, (height + reduction - 1) / reduction)
  }

  /// The picture as a file; the storage's count is the file's size.
  /// - Parameter quality: of a JPEG, 1 to 100; a PNG is lossless and ignores it.
  /// - Throws: `.invalidArgument` for a format that is only read.
  package func encode(as format: FileFormat, quality: Int = 95) throws(Failure) -> Storage<UInt8> {
    guard let encode = format.codec.encode else {
      throw .invalidArgument("\(format.name) is only read; expected \(FileFormat.writtenNames)")
    }
    return try encode(self, quality)
  }

  /// Reads a picture's file.
  /// - Throws: `.io` if the file cannot be read, or its format's library is not installed; `.badData` if it
  ///   is not a picture; all name the path.
  package static func open(_ path: String) throws(Failure) -> Image {
    try read(path) { bytes throws(Failure) in try decode(bytes) }
  }

  /// Reads a picture's file at 1/1, 1/2, 1/4 or 1/8 of its size: see `decode(_:maxPixels:)`.
  package static func open(
    _ path: String, maxPixels: Int
  ) throws(Failure) -> (image: Image, reduction: Int) {
    try read(path) { bytes throws(Failure) in try decode(bytes, maxPixels: maxPixels) }
  }

  private static func read<Result>(
    _ path: String, _ decode: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let file = try readFile(path, limit: maxFile)
    do throws(Failure) {
      return try file.withSpan(decode)
    } catch {
      guard error.kind == .badData || error.kind == .io else { throw error }
      throw Failure(error.kind, "\(path): \(error.reason)")
    }
  }

  /// Writes a file in the format of its name's ending (a JPEG with quality 95), atomically.
  /// - Throws: `.invalidArgument` for another ending, `.io` with nothing left behind.
  package func write(_ path: String) throws(Failure) {
    let file = try encode(as: FileFormat(path: path))
    try file.withBytes { bytes throws(Failure) in try writeFile(path, bytes) }
  }
}
