import CFaceStyle

/// Pictures arranged on white.
struct Sheet {
  let width, height: Int
  private var pixels: [UInt8]

  init(width: Int, height: Int) throws(Failure) {
    guard width <= FS_IMAGE_MAX_SIDE, height <= FS_IMAGE_MAX_SIDE, width * height <= FS_IMAGE_MAX_PIXELS
    else {
      throw Failure(
        "a sheet of \(width)x\(height) pixels, larger than pictures may be; expected fewer units or a smaller --tile"
      )
    }
    (self.width, self.height) = (width, height)
    pixels = .init(repeating: 255, count: 3 * width * height)
  }

  /// The columns of a roughly square grid.
  static func columns(for count: Int) -> Int {
    var columns = 1
    while columns * columns < count { columns += 1 }
    return columns
  }

  /// Width of `count` tiles in a row, with gaps between them.
  static func extent(_ count: Int, _ tile: Int, gap: Int) -> Int { count * tile + max(0, count - 1) * gap }

  /// The whole picture must lie on the sheet.
  mutating func put(_ picture: Picture, x: Int, y: Int) {
    picture.withBytes { source in
      for row in 0..<picture.height {
        let from = 3 * picture.width * row, to = 3 * (width * (y + row) + x)
        pixels.replaceSubrange(to..<to + 3 * picture.width, with: source[from..<from + 3 * picture.width])
      }
    }
  }

  /// Fills a rectangle with a grey level.
  mutating func fill(_ level: UInt8, x: Int, y: Int, width: Int, height: Int) {
    for row in y..<y + height {
      for i in 3 * (self.width * row + x)..<3 * (self.width * row + x + width) { pixels[i] = level }
    }
  }

  func picture() throws(Failure) -> Picture {
    try Picture(rgb: pixels, width: width, height: height)
  }
}
