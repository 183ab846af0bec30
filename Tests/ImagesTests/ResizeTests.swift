import Images
import TestSupport
import Testing

struct ResizeTests {
  @Test func `is Pillow's resize, and PyTorch's area`() throws {
    let image = try Image.pattern()
    var worst = (bilinear: 0, bicubic: 0, area: 0)
    for wanted in try Reference.load().resized {
      func difference(_ filter: ResizeFilter, _ pixels: String) throws -> Int {
        let out = try image.resized(width: wanted.width, height: wanted.height, filter: filter)
        #expect(out.width == wanted.width && out.height == wanted.height)
        return largestDifference(out.values, bytes(hexadecimal: pixels))
      }
      worst.bilinear = max(worst.bilinear, try difference(.bilinear, wanted.bilinear))
      worst.bicubic = max(worst.bicubic, try difference(.bicubic, wanted.bicubic))
      worst.area = max(worst.area, try difference(.area, wanted.area))
    }
    print("resize differs by", worst)
    #expect(worst == (0, 0, 0))
  }

  @Test(arguments: ResizeFilter.allCases)
  func `keeps a plain picture plain, at lopsided sizes too`(filter: ResizeFilter) throws {
    for (width, height, newWidth, newHeight) in [
      (1, 3000, 3000, 1), (3000, 1, 1, 3000), (700, 500, 3, 777), (1, 1, 9, 5)
    ] {
      let image = try Image.from(
        [UInt8](repeating: 200, count: 3 * width * height), width: width, height: height)
      let out = try image.resized(width: newWidth, height: newHeight, filter: filter)
      #expect(out.values.allSatisfy { $0 == 200 })
    }
  }

  @Test(arguments: ResizeFilter.allCases)
  func `works in strips as it does whole`(filter: ResizeFilter) throws {
    // 9000 rows make strips of 116 columns; the same rows, few enough for one strip, must agree.
    let tall = try Image.pattern(width: 300, height: 9000)
    let out = try tall.resized(width: 400, height: 9000 / 3, filter: filter)
    let narrow = try tall.resized(width: 400, height: 9000, filter: filter)
    for left in [0, 115, 116, 230, 399] {
      let column = try narrow.cropped(x: left, y: 0, width: 1, height: 9000).resized(
        width: 1, height: 3000, filter: filter)
      let same = try out.cropped(x: left, y: 0, width: 1, height: 3000)
      // Area rounds once more here.
      #expect(largestDifference(column.values, same.values) <= (filter == .area ? 1 : 0))
    }
  }

  @Test(arguments: ResizeFilter.allCases)
  func `refuses sizes outside the limits`(filter: ResizeFilter) throws {
    let image = try Image.pattern()
    for (width, height) in [(0, 4), (4, 0), (-1, 1), (65501, 1), (65500, 65500), (Int.max, Int.max)] {
      #expect(
        outcome { _ = try image.resized(width: width, height: height, filter: filter) }.hasPrefix(
          "invalidArgument"))
    }
  }

  @Test func `means of areas for a network are not rounded`() throws {
    let wanted = try Reference.load().areaFloats
    var out = [Float](repeating: .nan, count: 5 * 4 * 3)
    try out.withUnsafeMutableBufferPointer {
      try Image.pattern().areaResampled(
        rows: 2..<8, columns: 3..<12, to: 4, width: 5, into: #require($0.baseAddress), scale: 0.0078125,
        mean: 127.5)
    }
    let worst = zip(out, wanted).map { abs($0 - $1) }.max() ?? 9
    print("area means differ by", worst)
    #expect(worst < 2e-6)  // 6 decimals are written
  }

  @Test func `means of areas are exact where sums leave 16 bits`() throws {
    for height in [254, 255, 256, 257, 258, 259, 514, 515, 600] {
      let white = try Image.from([UInt8](repeating: 255, count: 3 * 5 * height), width: 5, height: height)
      for rows in [1, 2, 3] {
        #expect(try white.resized(width: 3, height: rows, filter: .area).values.allSatisfy { $0 == 255 })
      }
    }
  }

  @Test func `refuses areas outside the picture`() throws {
    let image = try Image.pattern()
    var out = [Float](repeating: 0, count: 3)
    for (rows, columns) in [(0..<10, 0..<1), (-1..<2, 0..<1), (0..<1, 3..<14), (2..<2, 0..<1)] {
      let text = outcome {
        try image.areaResampled(rows: rows, columns: columns, to: 1, width: 1, into: &out, scale: 1, mean: 0)
      }
      #expect(text.hasPrefix("internalError"))
    }
  }
}
