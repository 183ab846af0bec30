import Images
import Styles
import TestSupport
import Testing

/// Against numbers of NumPy: bindings/python/tests/test_style_controls.py.
@Suite struct ColoursTests {
  /// Around a mid grey, so that nothing is cut off at black or white.
  private func pictures() throws -> (style: Image, content: Image) {
    func soft(_ wave: Float, _ shares: [Float]) throws -> Image {
      try Image(width: 40, height: 30) { y, row in
        for x in 0..<40 {
          let (a, b) = (Float.sine(Float(x) / wave), Float.sine(Float(y) / wave + 1))
          for c in 0..<3 {
            let wave: Float = shares[c] * a + (1 - shares[c]) * b
            row[3 * x + c] = UInt8(Float(120 + 10 * c) + 30 * wave)
          }
        }
      }
    }
    return (try soft(3, [0.2, 0.5, 0.9]), try soft(5, [0.7, 0.1, 0.4]))
  }

  private func means(_ image: Image) -> [Double] {
    (0..<3).map { c in
      let values = stride(from: c, to: image.pixels.count, by: 3).map { Double(image.pixels.buffer[$0]) }
      return values.reduce(0, +) / Double(values.count)
    }
  }

  @Test(arguments: [Colours.cholesky, .principal, .histogram])
  func `the style's mean colour becomes the content's`(colours: Colours) throws {
    let (style, content) = try pictures()
    let matched = try colours.prepared(style: style, for: content)
    for (mine, wanted) in zip(means(matched), means(content)) { #expect(abs(mine - wanted) < 1) }
    #expect(Array(try colours.prepared(content: content).pixels.buffer) == Array(content.pixels.buffer))
  }

  @Test func `a picture matched to itself stays what it is`() throws {
    let (style, _) = try pictures()
    for colours in [Colours.ofStyle, .cholesky, .principal, .histogram] {
      let same = try colours.prepared(style: style, for: style)
      #expect(zip(same.pixels.buffer, style.pixels.buffer).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }
  }

  @Test func `luminance leaves what is coloured to the content`() throws {
    let (style, content) = try pictures()
    let grey = try Colours.luminance.prepared(content: content)
    for i in stride(from: 0, to: grey.pixels.count, by: 3) {
      #expect(grey.pixels.buffer[i] == grey.pixels.buffer[i + 2])
    }
    let finished = try Colours.luminance.finished(style, content: content)
    for i in stride(from: 0, to: finished.pixels.count, by: 3) {
      // Differences between channels are the content's.
      let mine = Int(finished.pixels.buffer[i]) - Int(finished.pixels.buffer[i + 2])
      let wanted = Int(content.pixels.buffer[i]) - Int(content.pixels.buffer[i + 2])
      #expect(abs(mine - wanted) <= 1)
    }
  }

  @Test func `pictures of one colour can be matched`() throws {
    let grey = try Image(width: 4, height: 4) { _, row in for i in 0..<12 { row[i] = 90 } }
    let black = try Image(width: 1, height: 1) { _, row in for i in 0..<3 { row[i] = 0 } }
    for colours in Colours.allCases {
      let matched = try colours.prepared(style: black, for: grey)
      if colours != .ofStyle { #expect(matched.pixels.buffer.allSatisfy { abs(Int($0) - 90) <= 1 }) }
      _ = try colours.prepared(style: grey, for: black)
    }
  }
}
