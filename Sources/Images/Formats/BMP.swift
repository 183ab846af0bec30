import Tensors

/// BMP files, of which no library is needed.
enum BMP {
  static var codec: Codec {
    Codec(
      name: "BMP", endings: [".bmp", ".dib"], isRecognised: { $0.has("BM", at: 0) },
      decode: { bytes throws(Failure) in try decode(bytes) })
  }

  /// - Throws: `.badData` for a file that is truncated or malformed, or whose header promises more pixels
  ///   than an image may have; nothing is allocated before that has been checked.
  static func decode(_ bytes: Span<UInt8>) throws(Failure) -> Image {
    let header = try BMPHeader(bytes)
    var samples: Samples<UInt8>
    if header.packing == .runs {
      samples = try runs(bytes, header)
    } else {
      samples = try rows(bytes, header)
    }
    // Programs that know no alpha leave zeros where it would be.
    if let alpha = samples.alpha, alpha.withBuffer({ $0.allSatisfy { $0 == 0 } }) {
      samples = Samples(width: samples.width, height: samples.height, colours: samples.colours)
    }
    if let profile = header.profile {
      let colours = try bytes.extracting(profile).withUnsafeBytes { profile throws(Failure) in
        try ColourProfile.toSRGB(profile, of: .rgb)
      }
      try colours?.convert(samples.colours)
    }
    return try samples.image()
  }

  /// Rows of pixels, each of whole words of 32 bits; the first is the lowest.
  private static func rows(
    _ bytes: Span<UInt8>, _ header: BMPHeader
  ) throws(Failure) -> Samples<UInt8> {
    let (width, height, bits) = (header.width, header.height, header.bits)
    let used = (width * bits + 7) / 8, stride = (width * bits + 31) / 32 * 4
    let end = header.pixels + stride * (height - 1) + used
    guard bytes.count >= end else {
      throw .badData("BMP: truncated, ends at byte \(bytes.count) of \(end)")
    }
    let colours = try Storage<UInt8>(count: 3 * width * height)
    let alpha = header.masks.count == 4 ? try Storage<UInt8>(count: width * height) : nil
    colours.withMutableSpan { colours in
      for y in 0..<height {
        let row = bytes.extracting((header.pixels + stride * y)..<(header.pixels + stride * y + used))
        let first = width * (header.isTopDown ? y : height - 1 - y)
        switch bits {
        case 24: readBytes(row, into: &colours, from: first)
        case 16, 32: readMasked(row, header, into: &colours, alpha, from: first, width: width)
        default: readIndices(row, header, into: &colours, from: first, width: width)
        }
      }
    }
    return Samples(width: width, height: height, colours: colours, alpha: alpha)
  }

  /// B, G, R bytes.
  private static func readBytes(_ row: Span<UInt8>, into colours: inout MutableSpan<UInt8>, from first: Int) {
    for x in 0..<(row.count / 3) {
      let place = 3 * (first + x)
      colours[place] = row[3 * x + 2]
      colours[place + 1] = row[3 * x + 1]
      colours[place + 2] = row[3 * x]
    }
  }

  private static func readMasked(
    _ row: Span<UInt8>, _ header: BMPHeader, into colours: inout MutableSpan<UInt8>, _ alpha: Storage<UInt8>?,
    from first: Int, width: Int
  ) {
    let (red, green, blue) = (header.masks[0], header.masks[1], header.masks[2])
    let isWide = header.bits == 32
    for x in 0..<width {
      let pixel =
        isWide
        ? Int(row[4 * x]) | Int(row[4 * x + 1]) << 8 | Int(row[4 * x + 2]) << 16 | Int(row[4 * x + 3]) << 24
        : Int(row[2 * x]) | Int(row[2 * x + 1]) << 8
      let place = 3 * (first + x)
      colours[place] = red.level(pixel)
      colours[place + 1] = green.level(pixel)
      colours[place + 2] = blue.level(pixel)
      if let alpha { alpha[first + x] = header.masks[3].level(pixel) }
    }
  }

  /// Indices of colours, the first in the highest bits.
  private static func readIndices(
    _ row: Span<UInt8>, _ header: BMPHeader, into colours: inout MutableSpan<UInt8>, from first: Int,
    width: Int
  ) {
    let bits = header.bits, mask = 1 << bits - 1
    for x in 0..<width {
      let bit = x * bits, index = Int(row[bit / 8]) >> (8 - bits - bit % 8) & mask
      for channel in 0..<3 { colours[3 * (first + x) + channel] = header.colours[3 * index + channel] }
    }
  }

  /// Runs of indices. Pixels that are skipped have the first colour.
  private static func runs(
    _ bytes: Span<UInt8>, _ header: BMPHeader
  ) throws(Failure) -> Samples<UInt8> {
    let (width, height, colours) = (header.width, header.height, header.colours)
    try walk(bytes, header) { _, _, _ in }  // so that nothing is allocated for a file that ends too early
    let pixels = try Storage<UInt8>(count: 3 * width * height)
    try pixels.withMutableSpan { pixels throws(Failure) in
      for pixel in 0..<(width * height) {
        for channel in 0..<3 { pixels[3 * pixel + channel] = colours[channel] }
      }
      try walk(bytes, header) { x, y, index in
        let to = 3 * (width * (height - 1 - y) + x)
        for channel in 0..<3 { pixels[to + channel] = colours[3 * Int(index) + channel] }
      }
    }
    return Samples(width: width, height: height, colours: pixels)
  }

  /// Calls `put` with each pixel, its row counted from the lowest, and its index: runs of equal ones and runs
  /// of different ones. Those beyond the end of a row are left out. Source: Microsoft, "Bitmap Compression".
  private static func walk(
    _ bytes: Span<UInt8>, _ header: BMPHeader, _ put: (_ x: Int, _ y: Int, _ index: UInt8) -> Void
  ) throws(Failure) {
    let isHalf = header.bits == 4
    func index(_ number: Int, of byte: UInt8) -> UInt8 {
      isHalf ? number % 2 == 0 ? byte >> 4 : byte & 15 : byte
    }
    var (x, y, place) = (0, 0, header.pixels)
    while y < header.height {
      guard let count = bytes.littleEndian(at: place, byteCount: 1),
        let value = bytes.littleEndian(at: place + 1, byteCount: 1)
      else {
        // Some programs leave out the mark of the end.
        if y == header.height - 1, x >= header.width { return }
        throw .badData("BMP: truncated, ends at byte \(bytes.count) in row \(y + 1) of \(header.height)")
      }
      place += 2
      if count > 0 {
        for number in 0..<count where x + number < header.width {
          put(x + number, y, index(number, of: UInt8(value)))
        }
        x += count
        continue
      }
      switch value {
      case 0: (x, y) = (0, y + 1)
      case 1: return
      case 2:
        guard let right = bytes.littleEndian(at: place, byteCount: 1),
          let up = bytes.littleEndian(at: place + 1, byteCount: 1)
        else { throw .badData("BMP: truncated, ends at byte \(bytes.count) in a step") }
        (x, y, place) = (x + right, y + up, place + 2)
      default:
        let byteCount = isHalf ? (value + 1) / 2 : value
        guard bytes.count - place >= byteCount else {
          throw .badData("BMP: truncated, ends at byte \(bytes.count) in a run of \(value) pixels")
        }
        for number in 0..<value where x + number < header.width {
          put(x + number, y, index(number, of: bytes[place + (isHalf ? number / 2 : number)]))
        }
        x += value
        place += (byteCount + 1) / 2 * 2  // whole words of 16 bits
      }
    }
  }
}
