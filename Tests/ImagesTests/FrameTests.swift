import Images
import TestSupport
import Testing

/// Planes of random bytes, as wide as their rows.
private struct Memory {
  var planes: [[UInt8]]
  let format: Frame.Format, width: Int, height: Int

  init(_ format: Frame.Format, _ width: Int, _ height: Int) {
    (self.format, self.width, self.height) = (format, width, height)
    var random = Seeded(state: 5)
    let half = ((width + 1) / 2) * ((height + 1) / 2)
    let counts: [Int] =
      switch format {
      case .packed(let pixels): [width * height * pixels.bytesOfPixel]
      case .nv12, .nv21: [width * height, 2 * half]
      case .i420: [width * height, half, half]
      case .yuyv: [4 * ((width + 1) / 2) * height]
      }
    planes = counts.map { count in (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
  }

  func withFrame<Result>(
    rotation: Int = 0, isMirrored: Bool = false, _ matrix: ColourConversion.Matrix = .bt601,
    _ range: ColourConversion.Range = .limited, _ body: (Frame) throws -> Result
  ) throws -> Result {
    func open(_ opened: [Frame.Plane]) throws -> Result {
      guard opened.count < planes.count else {
        return try body(
          Frame(
            format, width: width, height: height, planes: opened, rotation: rotation, isMirrored: isMirrored,
            colours: ColourConversion(matrix, range)))
      }
      return try planes[opened.count].withUnsafeBytes { try open(opened + [.init($0)]) }
    }
    return try open([])
  }

  /// Y, U and V of a pixel, of the formats of video.
  func yuv(_ x: Int, _ y: Int) -> (Double, Double, Double) {
    let half = (width + 1) / 2, pair = y / 2 * half + x / 2
    func numbers(_ y: UInt8, _ u: UInt8, _ v: UInt8) -> (Double, Double, Double) {
      (Double(y), Double(u), Double(v))
    }
    switch format {
    case .nv12: return numbers(planes[0][y * width + x], planes[1][2 * pair], planes[1][2 * pair + 1])
    case .nv21: return numbers(planes[0][y * width + x], planes[1][2 * pair + 1], planes[1][2 * pair])
    case .i420: return numbers(planes[0][y * width + x], planes[1][pair], planes[2][pair])
    default:
      let four = 4 * (y * half + x / 2)
      return numbers(planes[0][four + 2 * (x % 2)], planes[0][four + 1], planes[0][four + 3])
    }
  }
}

struct FrameTests {
  static let video: [Frame.Format] = [.nv12, .nv21, .i420, .yuyv]
  static let all: [Frame.Format] = video + PixelFormat.allCases.map { .packed($0) }

  @Test(arguments: video, [(16, 6), (1, 1), (13, 9)])
  func `has the colours of the standards' formulas`(format: Frame.Format, size: (Int, Int)) throws {
    let memory = Memory(format, size.0, size.1)
    for (matrix, kr, kb) in [(ColourConversion.Matrix.bt601, 0.299, 0.114), (.bt709, 0.2126, 0.0722)] {
      for range in ColourConversion.Range.allCases {
        let image = try memory.withFrame(matrix, range) { try $0.image() }
        var worst = 0.0
        for y in 0..<size.1 {
          for x in 0..<size.0 {
            var (l, u, v) = memory.yuv(x, y)
            (u, v) = (u - 128, v - 128)
            if range == .limited { (l, u, v) = ((l - 16) * 255 / 219, u * 255 / 224, v * 255 / 224) }
            let green: Double =
              l - 2 * (1 - kb) * kb / (1 - kr - kb) * u - 2 * (1 - kr) * kr / (1 - kr - kb) * v
            let wanted: [Double] = [l + 2 * (1 - kr) * v, green, l + 2 * (1 - kb) * u]
            for c in 0..<3 {
              worst = max(worst, abs(Double(image.row(y)[3 * x + c]) - min(max(wanted[c], 0), 255)))
            }
          }
        }
        #expect(worst <= 0.55)  // half a level is rounding
      }
    }
  }

  @Test(arguments: all, [(21, 10), (1, 5), (70, 33)])
  func `is turned clockwise, then mirrored`(format: Frame.Format, size: (Int, Int)) throws {
    let memory = Memory(format, size.0, size.1)
    let flat = try memory.withFrame { try $0.image() }
    // By EXIF's numbers: turned by 0, 90, 180, 270 degrees, and each mirrored after it.
    for (i, orientation) in [1, 6, 3, 8, 2, 5, 4, 7].enumerated() {
      let image = try memory.withFrame(rotation: i % 4 * 90, isMirrored: i >= 4) { frame in
        #expect(frame.uprightWidth == (orientation >= 5 ? size.1 : size.0))
        return try frame.image()
      }
      OrientationTests.check(image, flat, orientation)
    }
  }

  @Test(arguments: all)
  func `gives a part as it gives the whole`(format: Frame.Format) throws {
    let memory = Memory(format, 31, 37)
    for i in 0..<8 {
      try memory.withFrame(rotation: i % 4 * 90, isMirrored: i >= 4) { frame in
        let whole = try frame.image()
        for region in [
          Region(x: 0, y: 0, width: 1, height: 1), Region(x: 3, y: 7, width: 20, height: 5),
          Region(x: 30, y: 29, width: 1, height: 2), Region(x: 5, y: 0, width: 23, height: 31), frame.whole
        ] {
          #expect(try frame.image(region).values == whole.cropped(region).values)
        }
      }
    }
  }

  @Test(arguments: all)
  func `is grey where luma alone is read, as if it had no chroma`(format: Frame.Format) throws {
    let memory = Memory(format, 31, 37)
    for range in ColourConversion.Range.allCases {
      for i in 0..<8 {
        try memory.withFrame(rotation: i % 4 * 90, isMirrored: i >= 4, .bt709, range) { frame in
          let region = Region(x: 3, y: 7, width: 21, height: 15)
          let grey = try Image(width: 21, height: 15)
          try frame.read(region, into: grey, isGrey: true)
          guard FrameTests.video.contains(format) else {
            return #expect(try grey.values == frame.image(region).values)
          }
          for y in 0..<15 {
            for x in 0..<21 {
              let (lieX, lieY) = place(3 + x, 7 + y, of: frame, i)
              let luma = memory.yuv(lieX, lieY).0
              let wanted = min(max(range == .limited ? (luma - 16) * 255 / 219 : luma, 0), 255)
              let row = grey.row(y), level = row[3 * x]
              #expect(
                abs(Double(level) - wanted) <= 0.55 && row[3 * x + 1] == level && row[3 * x + 2] == level)
            }
          }
        }
      }
    }
  }

  /// Where an upright pixel of a frame that was turned, and mirrored from 4 on, lies.
  private func place(_ x: Int, _ y: Int, of frame: Frame, _ turn: Int) -> (Int, Int) {
    let x = turn >= 4 ? frame.uprightWidth - 1 - x : x
    switch turn % 4 {
    case 0: return (x, y)
    case 1: return (y, frame.height - 1 - x)
    case 2: return (frame.width - 1 - x, frame.height - 1 - y)
    default: return (frame.width - 1 - y, x)
    }
  }

  @Test func `warps a part as it warps the whole`() throws {
    let whole = try Image.pattern(width: 60, height: 50)
    for map in [
      Affine(1, 0, -20, 0, 1, -15), Affine(0.8, 0.6, -30, -0.6, 0.8, 11), Affine(2, 0.1, 3, -0.1, 2, 5),
      Affine(1, 0, 500, 0, 1, 0), Affine(0.01, 0, 5, 0, 0.01, 5), Affine(1, 0, -59.5, 0, 1, -49.5)
    ] {
      let seen = map.seen(size: (20, 18), of: 60, 50)
      for border in [Border.black, .edge] {
        let part = try whole.cropped(seen).warped(
          by: map, width: 20, height: 18, border: border,
          place: .init(x: seen.x, y: seen.y, width: 60, height: 50))
        #expect(try part.values == whole.warped(by: map, width: 20, height: 18, border: border).values)
      }
    }
  }

  @Test(arguments: [
    (0, 1, 0, 0), (1, 0, 0, 0), (-1, 1, 0, 0), (8, 5, 0, 0), (9, 4, 0, 0), (8, 4, 7, 0), (8, 4, 9, 0),
    (8, 4, -8, 0),
    (8, 4, Int.max, 0), (8, 4, Int.max / 3, 0), (8, 4, 0, 45), (8, 4, 0, -90), (65500, 65500, 0, 0),
    (Int.max, Int.max, 0, 0)
  ])
  func `refuses sizes, strides and turns that do not fit`(width: Int, height: Int, stride: Int, rotation: Int)
  {
    let luma = [UInt8](repeating: 0, count: 32), chroma = [UInt8](repeating: 0, count: 16)
    let text = outcome {
      try luma.withUnsafeBytes { luma in
        try chroma.withUnsafeBytes { chroma in
          _ = try Frame(
            .nv12, width: width, height: height, planes: [.init(luma, stride: stride), .init(chroma)],
            rotation: rotation)
        }
      }
    }
    #expect(text.hasPrefix("invalidArgument"))
  }

  @Test func `refuses planes that are missing or too short, and says which`() {
    let memory = Memory(.i420, 9, 5)
    for short in 0..<3 {
      var less = memory
      less.planes[short].removeLast()
      #expect(
        outcome { try less.withFrame { _ = $0 } }.hasPrefix(
          "invalidArgument: \(less.planes[short].count) bytes of plane \(short)"))
    }
    #expect(
      outcome { _ = try Frame(.i420, width: 9, height: 5, planes: []) }
        == "invalidArgument: 0 planes; expected 3")
  }
}
