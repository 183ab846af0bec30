import Images
import TestSupport
import Testing

struct PixelFormatTests {
  @Test(arguments: PixelFormat.allCases, [0, 5])
  func `reads each format, packed and with wide rows`(format: PixelFormat, extra: Int) throws {
    // red 10 y + x, green + 50, blue + 100, alpha 7
    let (width, height) = (4, 3)
    var memory: [UInt8] = []
    var wanted: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let (r, g, b) = (UInt8(10 * y + x), UInt8(10 * y + x + 50), UInt8(10 * y + x + 100))
        switch format {
        case .rgb: memory += [r, g, b]
        case .bgr: memory += [b, g, r]
        case .rgba: memory += [r, g, b, 7]
        case .bgra: memory += [b, g, r, 7]
        case .grey: memory += [r]
        case .rgb16, .rgba16:
          let samples = [r, g, b, 7].map { UInt16($0) * 257 + 3 }
          memory += samples.prefix(format == .rgb16 ? 3 : 4).flatMap { sample in
            withUnsafeBytes(of: sample) { Array($0) }
          }
        }
        wanted += format == .grey ? [r, r, r] : [r, g, b]
      }
      if y < height - 1 { memory += [UInt8](repeating: 255, count: extra) }
    }
    let pixel = format.bytesOfPixel
    let stride = extra == 0 ? 0 : width * pixel + extra
    let image = try memory.withUnsafeBytes {
      try Image.copying($0, width: width, height: height, stride: stride, format: format)
    }
    #expect(image.unblended.values == wanted)
    let hasAlpha = [.rgba, .bgra, .rgba16].contains(format)
    #expect(image.alphaValues == (hasAlpha ? [UInt8](repeating: 7, count: width * height) : nil))
    #expect((image.deep != nil) == [.rgb16, .rgba16].contains(format))
    let text = outcome {
      try memory.dropLast().withUnsafeBytes {
        _ = try Image.copying($0, width: width, height: height, stride: stride, format: format)
      }
    }
    #expect(text.hasPrefix("invalidArgument: \(memory.count - 1) bytes"))
  }

  @Test func `turns clockwise`() throws {
    // 1 2      3 1
    // 3 4  ->  4 2   by 90 degrees
    let memory: [UInt8] = [1, 2, 3, 4, 5, 6]  // 2 wide, 3 high
    func turned(_ degrees: Int) throws -> (Int, [UInt8]) {
      let image = try memory.withUnsafeBytes {
        try Image.copying($0, width: 2, height: 3, format: .grey, rotation: degrees)
      }
      return (image.width, image.values.enumerated().filter { $0.offset % 3 == 0 }.map(\.element))
    }
    #expect(try turned(0) == (2, [1, 2, 3, 4, 5, 6]))
    #expect(try turned(90) == (3, [5, 3, 1, 6, 4, 2]))
    #expect(try turned(180) == (2, [6, 5, 4, 3, 2, 1]))
    #expect(try turned(270) == (3, [2, 4, 6, 1, 3, 5]))
    #expect(
      outcome { _ = try turned(45) } == "invalidArgument: rotation of 45 degrees; expected 0, 90, 180 or 270")
    #expect(outcome { _ = try turned(-90) }.hasPrefix("invalidArgument"))
  }

  @Test(arguments: [
    (0, 1, 0), (1, 0, 0), (-1, 5, 0), (65501, 1, 0), (65500, 65500, 0), (Int.max, Int.max, 0), (2, 2, 5),
    (2, 2, -6), (2, 3, Int.max), (2, 2, Int.min), (1, 65500, Int.max / 65499)
  ])
  func `refuses sizes and strides that make no sense`(width: Int, height: Int, stride: Int) {
    let memory = [UInt8](repeating: 0, count: 100)
    let text = outcome {
      try memory.withUnsafeBytes {
        _ = try Image.copying($0, width: width, height: height, stride: stride, format: .rgb)
      }
    }
    #expect(text.hasPrefix("invalidArgument"))
  }

  @Test func `refuses no memory at all`() {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    #expect(
      outcome { _ = try Image.copying(nothing, width: 1, height: 1, format: .grey) }.hasPrefix("invalid"))
  }

  @Test func `cuts a part out and refuses one that reaches beyond`() throws {
    let image = try Image.pattern()
    let part = try image.cropped(x: 3, y: 2, width: 4, height: 5)
    for y in 0..<5 {
      #expect(Array(part.row(y)) == Array(image.row(y + 2)[9..<21]))
    }
    #expect(try image.cropped(x: 0, y: 0, width: 13, height: 9).values == image.values)
    for (x, y, w, h) in [
      (10, 0, 4, 1), (0, 9, 1, 1), (-1, 0, 2, 2), (0, 0, 0, 1), (1, 1, Int.max, 1), (Int.max, 0, 1, 1),
      (0, 0, -1, -1)
    ] {
      #expect(outcome { _ = try image.cropped(x: x, y: y, width: w, height: h) }.hasPrefix("invalidArgument"))
    }
  }
}
