@_spi(_Unicode) import Swift

/// A letter's strokes, in the units of `Font`: lines through points, also for curves; a point alone is a dot.
struct Glyph {
  private(set) var strokes: [[SIMD2<Double>]] = []
  /// From the first stroke's centre to the last one's.
  private(set) var width = 0.0
  /// Of the highest stroke's centre.
  private var top = 0.0

  /// A blank.
  init(blank width: Double) { self.width = width }

  init(_ outline: StaticString) {
    strokes = Glyph.strokes(outline)
    for point in strokes.joined() { (width, top) = (max(width, point.x), max(top, point.y)) }
  }

  /// Adds a combining mark.
  mutating func add(_ mark: Font.Mark) {
    switch mark {
    case .above(let outline):
      add(outline, at: SIMD2(width / 2, top))
      top += 1.3  // the next one stands higher
    case .below(let outline): add(outline, at: SIMD2(width / 2, 0))
    case .unseen: break
    }
  }

  private mutating func add(_ outline: StaticString, at place: SIMD2<Double>) {
    for stroke in Glyph.strokes(outline) { strokes.append(stroke.map { $0 + place }) }
  }

  // MARK: A text's letters

  /// The letters of a text, one after another. Letters of Cyrillic and Greek are written in Latin, others
  /// that the font lacks as a box; line breaks and tabs are blanks.
  static func glyphs(of text: String) -> [Glyph] {
    var glyphs: [Glyph] = []
    for letter in text.unicodeScalars {
      if let outline = Font.outline(letter) {
        glyphs.append(Glyph(outline))
      } else if letter.value <= 0x20 || (0x7F...0xA0).contains(letter.value) || letter == "\u{3000}"
        || (0x2000...0x200A).contains(letter.value)
      {
        glyphs.append(Glyph(blank: 1.2))
      } else if let mark = Font.mark(letter) {
        // Behind a letter; alone it is not shown.
        if let last = glyphs.indices.last { glyphs[last].add(mark) }
      } else if let latin = Transliteration.latin(letter) {
        for letter in latin.unicodeScalars {
          if let outline = Font.outline(letter) { glyphs.append(Glyph(outline)) }
        }
      } else {
        glyphs.append(composed(letter))
      }
    }
    return glyphs
  }

  /// A letter with accents, which Unicode takes apart.
  private static func composed(_ letter: Unicode.Scalar) -> Glyph {
    var parts: [Unicode.Scalar] = []
    for scalar in String(Character(letter))._nfd { parts.append(scalar) }
    guard parts.count > 1, let first = parts.first else { return Glyph(Font.box) }
    let latin = Transliteration.latin(first)?.unicodeScalars
    // An i loses its dot below an accent.
    let base: Unicode.Scalar = first == "i" ? "ı" : latin?.first ?? first
    guard let outline = Font.outline(base), latin.map({ $0.count == 1 }) ?? true else {
      return Glyph(Font.box)
    }
    var glyph = Glyph(outline)
    for part in parts.dropFirst() {
      if let mark = Font.mark(part) { glyph.add(mark) }
    }
    return glyph
  }

  // MARK: Outlines

  private static func strokes(_ outline: StaticString) -> [[SIMD2<Double>]] {
    var strokes: [[SIMD2<Double>]] = [], corners: [Corner] = [], isClosed = false
    func flattened() -> [SIMD2<Double>] { line(through: corners, isClosed: isClosed) }
    let bytes = outline.withUTF8Buffer { Array($0) }
    for word in bytes.split(separator: UInt8(ascii: " ")) {
      switch word.first {
      case UInt8(ascii: "/"):
        strokes.append(flattened())
        (corners, isClosed) = ([], false)
      case UInt8(ascii: "@"): isClosed = true
      default: corners.append(Corner(word))
      }
    }
    strokes.append(flattened())
    return strokes
  }

  /// "x,y" or "~x,y"
  private struct Corner {
    var place = SIMD2<Double>.zero
    var isControl = false

    init(place: SIMD2<Double>) { self.place = place }

    init(_ word: ArraySlice<UInt8>) {
      var sign = 1.0, unit = 1.0, axis = 0, isFraction = false
      for letter in word {
        switch letter {
        case UInt8(ascii: "~"): isControl = true
        case UInt8(ascii: "-"): sign = -1
        case UInt8(ascii: "."): isFraction = true
        case UInt8(ascii: ","):
          place[0] *= sign
          (axis, sign, unit, isFraction) = (1, 1, 1, false)
        default:
          let digit = Double(letter) - Double(UInt8(ascii: "0"))
          if isFraction {
            unit /= 10
            place[axis] += digit * unit
          } else {
            place[axis] = 10 * place[axis] + digit
          }
        }
      }
      place[axis] *= sign
    }
  }

  /// Lines, with eight for each curve.
  private static func line(through corners: [Corner], isClosed: Bool) -> [SIMD2<Double>] {
    guard let first = corners.first, let last = corners.last else { return [] }
    var corners = corners
    if isClosed {
      // All its corners are controls: it begins in the middle of its last side.
      let start = Corner(place: (first.place + last.place) / 2)
      corners = [start] + corners + [start]
    }
    var line = [corners[0].place], i = 1
    while i < corners.count {
      let corner = corners[i]
      guard corner.isControl, i + 1 < corners.count, let from = line.last else {
        line.append(corner.place)
        i += 1
        continue
      }
      let next = corners[i + 1], end = next.isControl ? (corner.place + next.place) / 2 : next.place
      for step in 1...8 {
        let t = Double(step) / 8, rest = 1 - t
        line.append(rest * rest * from + 2 * t * rest * corner.place + t * t * end)
      }
      i += next.isControl ? 1 : 2
    }
    return line
  }
}
