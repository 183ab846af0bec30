import Foundation
import Images
import TestSupport
import Tensors
import Testing

private func bytes(_ image: Image) -> [UInt8] {
  image.withPixels { Array(UnsafeBufferPointer(start: $0, count: 3 * image.width * image.height)) }
}

@Suite struct HeatTests {
  private func heat(
    _ gradient: [Float], _ width: Int, _ height: Int, _ deviation: Float = 0
  ) throws -> [Float] {
    let found = try pixelHeat(gradient.span, width: width, height: height, deviation: deviation)
    return (0..<found.count).map { found[$0] }
  }

  @Test func `is the length of a pixel's three numbers`() throws {
    #expect(try heat([3, 0, -4, 0, 0, 0, -1, 2, 2], 3, 1) == [5, 0, 3])
    #expect(try heat([1e30, 0, 0], 1, 1) == [1e30])
  }

  @Test func `blurs along rows and columns, without the edges' outside`() throws {
    let (width, height, deviation) = (9, 7, Float(1.5))
    let plain = Formula.numbers("heat", width * height).map { abs($0) }
    let found = try heat(plain.flatMap { [Float($0), 0, 0] }, width, height, deviation)
    func weight(_ k: Int) -> Double { abs(k) <= 5 ? exp(-Double(k * k) / 4.5) : 0 }
    for y in 0..<height {
      for x in 0..<width {
        var sum = 0.0, whole = 0.0
        for j in 0..<height {
          for i in 0..<width {
            sum += weight(j - y) * weight(i - x) * plain[j * width + i]
            whole += weight(j - y) * weight(i - x)
          }
        }
        #expect(abs(Double(found[y * width + x]) - sum / whole) < 1e-5)
      }
    }
  }

  @Test func `refuses other counts and blurs`() {
    #expect(
      outcome { try heat([1, 2], 1, 1) } == "invalidArgument: a gradient of 2 numbers; expected 3")
    for blur: Float in [-1, 65, .nan, .infinity] {
      #expect(outcome { try heat([1, 2, 3], 1, 1, blur) }.hasPrefix("invalidArgument: a blur of"))
    }
    #expect(outcome { try heat([], 0, 1) }.hasPrefix("invalidArgument: picture of 0x1"))
  }

  @Test func `over a picture it is three fifths viridis and two fifths grey`() throws {
    let picture = try Image(width: 2, height: 1) { _, row in
      for (i, level) in [UInt8(200), 100, 50, 10, 10, 10].enumerated() { row[i] = level }
    }
    let values: [Float] = [0, 9], image = try Image(heat: values.span, over: picture, highest: 2)
    // The luma is 124.2 and 10; viridis begins with 68, 1, 84 and ends with 253, 231, 37.
    let shown = bytes(image), expected: [UInt8] = [90, 50, 100, 156, 143, 26]
    #expect(shown == expected)
    #expect(
      outcome { try Image(heat: values.span, over: plain(3, 1, level: 0), highest: 2) }
        == "invalidArgument: 2 values; expected 3x1 with a step of 1")
    #expect(
      outcome { try Image(heat: values.span, over: picture, highest: .nan) }.hasPrefix("invalidArgument"))
  }

  @Test func `signed numbers lie about mid-grey`() throws {
    let values: [Float] = [0, 1, -1, 2, -2, .nan]
    func levels(_ largest: Float?) throws -> [UInt8] {
      bytes(try Image(signed: values.span, width: 2, height: 1, largest: largest))
    }
    #expect(try levels(nil) == [128, 192, 65, 255, 1, 128])
    #expect(try levels(1) == [128, 255, 1, 255, 1, 128])
    // Of 202 that are not 0 one is beyond the limit, the next is it.
    let many = (1...201).map { Float($0) } + [0, 0, 1e9]
    let shown = bytes(try Image(signed: many.span, width: 68, height: 1, largest: nil))
    #expect(shown[200] == 255 && shown[203] == 255 && shown[100] == 192)
    let zeros: [Float] = [0, 0, 0]
    #expect(bytes(try Image(signed: zeros.span, width: 1, height: 1, largest: nil)) == [128, 128, 128])
    #expect(
      outcome { try Image(signed: values.span, width: 1, height: 1, largest: nil) }
        == "invalidArgument: 6 values; expected 3")
    for largest: Float in [-1, 0, .nan, .infinity] {
      #expect(outcome { try levels(largest) }.hasPrefix("invalidArgument: a largest value of"))
    }
  }
}
