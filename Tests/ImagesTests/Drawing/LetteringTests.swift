import Images
import TestSupport
import Testing

struct LetteringTests {
  /// Black text on white, as the levels of its pixels.
  private func drawn(_ text: String, height: Double = 16, width: Int = 300) throws -> [UInt8] {
    let tall = Int(3 * height)
    let blank = try Image.from(.init(repeating: 255, count: 3 * width * tall), width: width, height: tall)
    let canvas = try Canvas(copying: blank)
    Lettering(text, height: height).draw(on: canvas, x: 2, baseline: Int(2 * height), Ink(0, 0, 0))
    let image = try canvas.finish()
    return (0..<tall).flatMap { y in (0..<width).map { image.row(y)[3 * $0] } }
  }

  @Test func `an upright stroke is sharp`() throws {
    // Letters 9 high: a unit and the pen are 9/8, so the stroke of an I is at column 3 and from the baseline,
    // 18, 8 up. Beside it a pen of 9/8 covers 1/16 of a pixel: 255 * 15 / 16 is 239.
    let text = try drawn("I", height: 9, width: 6)
    func row(_ y: Int) -> [UInt8] { Array(text[6 * y..<6 * y + 6]) }
    #expect(row(8) == [255, 255, 255, 255, 255, 255])
    #expect(row(9) == [255, 255, 255, 239, 255, 255])
    for y in 10...18 { #expect(row(y) == [255, 255, 239, 0, 239, 255]) }
    #expect(row(19) == [255, 255, 255, 239, 255, 255])
    #expect(row(20) == [255, 255, 255, 255, 255, 255])
  }

  @Test func `each sign of ASCII and letter of Latin is drawn, and is not another's twin`() throws {
    var letters = (33...126).compactMap { Unicode.Scalar($0) }
    letters += (0xC0...0x17F).compactMap { Unicode.Scalar($0) }.filter { $0 != "÷" }
    var known: [[UInt8]: Unicode.Scalar] = [:]
    let box = try drawn("李", width: 40), blank = try drawn(" ", width: 40)
    // Letters that are two joined, or that an apostrophe tells from another, and old ones.
    let lacking = "\u{132}\u{133}\u{138}\u{13F}\u{140}\u{149}\u{14A}\u{166}\u{167}\u{17F}".unicodeScalars
    // The same letter by two numbers: of Iceland and of Croatia.
    let twins = "Ðd".unicodeScalars
    for letter in letters where !lacking.contains(letter) {
      let text = try drawn(String(Character(letter)), width: 40)
      #expect(text != box && text != blank, "\(letter)")
      if let other = known[text], !twins.contains(other) { Issue.record("\(letter) is drawn as \(other)") }
      known[text] = letter
    }
    #expect(known.count == 94 + 192 - 11 - 1)  // less those that are left out, and one twin
  }

  @Test func `an accent is the same composed and apart`() throws {
    #expect(try drawn("Zoë Čapek") == drawn("Zoe\u{308} C\u{30C}apek"))
    #expect(try drawn("i\u{301}") != drawn("i"))
    // Joiners and directions are not seen, and a mark without a letter is not drawn.
    #expect(try drawn("\u{301}a\u{200D}b\u{202A}c\u{FE0F}") == drawn("abc"))
  }

  @Test func `Cyrillic and Greek are written in Latin`() throws {
    #expect(try drawn("Владимир Щукин") == drawn("Vladimir Shchukin"))
    #expect(try drawn("Ё, ё, й, Юлія, Ель") == drawn("E, e, i, Iuliia, El"))
    #expect(try drawn("Ελευθερος Ψ") == drawn("Eleytheros Ps"))
    #expect(try drawn("Ελένη") == drawn("Eléni"))
  }

  @Test func `letters that it lacks are boxes, and what is between words is blank`() throws {
    #expect(try drawn("李😀") == drawn("مع"))
    #expect(try drawn("李") != drawn(" "))
    #expect(try drawn("a\nb\tc\u{A0}d\u{3000}e\0f") == drawn("a b c d e f"))
    #expect(try drawn("") == drawn("  "))
  }

  @Test(arguments: [9, 12.5, 40, 300])
  func `a text is as wide as it says`(height: Double) throws {
    for text in ["Obama", "W", "j.", "—"] {
      let lettering = Lettering(text, height: height), width = 12 * Int(height)
      let pixels = try drawn(text, height: height, width: width)
      let columns = pixels.indices.filter { pixels[$0] < 128 }.map { $0 % width }
      let (first, last) = (try #require(columns.min()), try #require(columns.max()))
      #expect(
        first >= 2 && first <= 3 && abs(last + 1 - 2 - lettering.width) <= 1, "\(text): \(first) to \(last)")
    }
  }

  @Test func `a text that is too long ends in an ellipsis`() throws {
    let text = Lettering("Maximiliane", height: 16)
    #expect(text.fitted(to: text.width)?.width == text.width)
    for width in [text.width - 1, text.width / 2, 40] {
      #expect(try #require(text.fitted(to: width)).width <= width)
    }
    #expect(text.fitted(to: 12) == nil && text.fitted(to: 0) == nil && text.fitted(to: -5) == nil)
    let cut = try #require(Lettering("iiiiiiiiii", height: 16).fitted(to: 30)),
      canvas = try Canvas(
        copying: Image.from(.init(repeating: 255, count: 3 * 300 * 48), width: 300, height: 48))
    cut.draw(on: canvas, x: 2, baseline: 32, Ink(0, 0, 0))
    let image = try canvas.finish()
    let pixels = (0..<48).flatMap { y in (0..<300).map { image.row(y)[3 * $0] } }
    #expect(try (1...9).map { try drawn(String(repeating: "i", count: $0) + "…") }.contains(pixels))
  }
}
