import Tensors

/// The chunks of a WebP file: name, length (little-endian), data, and a byte more where the length is odd.
/// Source: RFC 9649, section 2.
struct WebPChunks {
  /// The whole of a still picture, or the first frame of an animation.
  struct Frame {
    /// In pixels of the canvas.
    var region: Region
    /// What a decoder needs: "ALPH", "VP8 " or "VP8L", with names and lengths.
    var chunks: Range<Int>
  }

  /// The end of the file; what follows is not the file's.
  let end: Int
  private(set) var exif, xmp, profile: Range<Int>?
  /// The size of the canvas, of files that say it.
  private(set) var canvas: (width: Int, height: Int)?
  /// The first frame of an animation.
  private(set) var frame: Frame?

  static func isRecognised(_ bytes: Span<UInt8>) -> Bool {
    bytes.has("RIFF", at: 0) && bytes.has("WEBP", at: 8)
  }

  /// - Throws: `.badData` for a file that ends before its chunks do.
  init(_ bytes: Span<UInt8>) throws(Failure) {
    guard let length = bytes.littleEndian(at: 4, byteCount: 4), 8 + length <= bytes.count else {
      throw .badData("WebP: truncated, ends at byte \(bytes.count)")
    }
    end = 8 + length
    let end = end
    var place = 12
    while place < end {
      guard let length = bytes.littleEndian(at: place + 4, byteCount: 4), place + 8 + length <= end else {
        throw .badData("WebP: truncated, a chunk at byte \(place) does not end with the file")
      }
      try note(bytes, place, (place + 8)..<(place + 8 + length))
      place += 8 + length + length % 2
    }
  }

  /// Stores what is needed of the chunk, of each kind the first.
  private mutating func note(_ bytes: Span<UInt8>, _ name: Int, _ data: Range<Int>) throws(Failure) {
    func side(_ place: Int) -> Int { 1 + (bytes.littleEndian(at: place, byteCount: 3) ?? 0) }
    let start = data.lowerBound
    if bytes.has("EXIF", at: name), exif == nil {
      exif = data
    } else if bytes.has("XMP ", at: name), xmp == nil {
      xmp = data
    } else if bytes.has("ICCP", at: name), profile == nil {
      profile = data
    } else if bytes.has("VP8X", at: name), canvas == nil, data.count >= 10 {
      canvas = (side(start + 4), side(start + 7))
    } else if bytes.has("ANMF", at: name), frame == nil {
      guard data.count >= 16 else {
        throw .badData("WebP: a frame of \(data.count) bytes; expected 16 or more")
      }
      let region = Region(
        x: 2 * (side(start) - 1), y: 2 * (side(start + 3) - 1), width: side(start + 6),
        height: side(start + 9))
      frame = Frame(region: region, chunks: (start + 16)..<data.upperBound)
    }
  }

  /// The orientation of the camera: from EXIF, else from XMP, as of a JPEG.
  func orientation(_ bytes: Span<UInt8>) -> Orientation {
    if let exif, let found = Exif.orientation(bytes.extracting(exif)) { return found }
    if let xmp, let found = XMP.orientation(bytes.extracting(xmp)) { return found }
    return .upright
  }
}
