/// A line of text, ready to be drawn at any place.
package struct Lettering {
  private var glyphs: [Glyph]
  /// Pixels of a unit of the font.
  private let unit: Double
  /// Between the centres of the last stroke of a letter and the first one of the next, in units.
  private static let gap = 2.15

  /// - Parameter height: of capitals, in pixels.
  package init(_ text: String, height: Double) {
    glyphs = Glyph.glyphs(of: text)
    // A capital is 7 units and half a pen at each end.
    unit = height / 8
  }

  package var isEmpty: Bool { glyphs.isEmpty }

  /// From its first stroke to its last, in pixels, with the pen.
  package var width: Int {
    glyphs.isEmpty ? 0 : Int((places.last ?? 0) + columns(glyphs.last) + pen.rounded(.up))
  }

  /// Cut off with an ellipsis so that it is at most `width` pixels wide; nil if not even a letter fits.
  package func fitted(to width: Int) -> Lettering? {
    var fitted = self
    guard fitted.width > width else { return self }
    let ellipsis = Glyph(Font.outline("…") ?? Font.box)
    while fitted.glyphs.count > 1 {
      fitted.glyphs.removeLast()
      var cut = fitted
      cut.glyphs.append(ellipsis)
      if cut.width <= width { return cut }
    }
    return nil
  }

  /// A round pen's width.
  private var pen: Double { max(unit, 1) }

  /// A letter's width, in whole pixels: its first and last upright stroke are both sharp.
  private func columns(_ glyph: Glyph?) -> Double { ((glyph?.width ?? 0) * unit).rounded() }

  /// Where each letter begins.
  private var places: [Double] {
    var places: [Double] = [], x = 0.0
    for glyph in glyphs {
      places.append(x)
      x += columns(glyph) + max((Lettering.gap * unit).rounded(), 2)
    }
    return places
  }

  /// Draws it with its left edge at `x` and its baseline's strokes around row `baseline`.
  package func draw(on canvas: Canvas, x: Int, baseline: Int, _ ink: Ink) {
    let left = Double(x) + ((pen - 1) / 2).rounded(.up)
    for (glyph, place) in zip(glyphs, places) where !glyph.strokes.isEmpty {
      let stretch = glyph.width > 0 ? columns(glyph) / glyph.width : unit
      let strokes = glyph.strokes.map { stroke in
        stroke.map { SIMD2(left + place + $0.x * stretch, Double(baseline) - row($0.y)) }
      }
      canvas.stroke(strokes, pen: pen, ink)
    }
  }

  /// A height in pixels. The lines where many strokes end - of capitals, small letters, the baseline and
  /// descenders - are whole ones, so that these strokes are sharp.
  private func row(_ y: Double) -> Double {
    let (low, high) = y < 0 ? (-2.0, 0.0) : y < 5 ? (0, 5) : (5, 7)
    let (from, to) = ((low * unit).rounded(), (high * unit).rounded())
    guard y >= -2, y <= 7 else { return y > 7 ? to + (y - 7) * unit : from + (y + 2) * unit }
    return from + (y - low) * (to - from) / (high - low)
  }
}
