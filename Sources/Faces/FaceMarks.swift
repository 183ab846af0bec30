import Images
import Tensors

/// Boxes, points and names of faces, drawn on a copy of their picture.
package struct FaceMarks {
  package struct Options {
    /// A text for each face, "" for none; empty: no texts.
    package var labels: [String] = []
    /// The number of each face's person, which chooses the colour; negative for nobody known. Empty: faces
    /// with the same text are one person's.
    package var people: [Int] = []
    /// Of capitals, in pixels; nil: by the sizes of the picture and of the faces.
    package var letterHeight: Float?
    /// In pixels; nil: a sixth of the letters' height.
    package var lineWidth: Float?
    package var showsPoints = true

    package init() {}
  }

  private let faces: [Face]
  private let inks: [Ink]
  private let labels: [String]
  private let picture: Rectangle
  private let letterHeight: Double
  private let line: Int
  private let showsPoints: Bool

  /// - Throws: `.invalidArgument` for faces that are not finite, and sizes outside their ranges.
  package init(of faces: [Face], in picture: Image, _ options: Options) throws(Failure) {
    for (i, face) in faces.enumerated() { try FaceMarks.check(face, i) }
    for (what, given) in [("labels", options.labels.count), ("people", options.people.count)]
    where given != 0 && given != faces.count {
      throw .invalidArgument("\(given) \(what); expected \(faces.count), one for each face, or none")
    }
    if let height = options.letterHeight, !(height >= 5 && height <= 1000) {
      throw .invalidArgument("letters \(height) pixels high; expected 5 to 1000")
    }
    if let width = options.lineWidth, !(width >= 1 && width <= 200) {
      throw .invalidArgument("lines \(width) pixels wide; expected 1 to 200")
    }
    self.faces = faces
    labels = options.labels.isEmpty ? [String](repeating: "", count: faces.count) : options.labels
    inks = FaceMarks.inks(options.people.isEmpty ? FaceMarks.people(labels) : options.people)
    self.picture = Rectangle(left: 0, top: 0, right: picture.width, bottom: picture.height)
    letterHeight = options.letterHeight.map { Double($0) } ?? FaceMarks.letterHeight(for: faces, in: picture)
    line = Int((options.lineWidth.map { Double($0) } ?? letterHeight / 6).rounded())
    showsPoints = options.showsPoints
  }

  private static func check(_ face: Face, _ number: Int) throws(Failure) {
    let box = face.box
    for side in [box.left, box.top, box.right, box.bottom] where !(abs(side) <= 1e6) {
      throw .invalidArgument(
        "face \(number) has a box of \(box.width)x\(box.height) at (\(box.left), \(box.top)); expected at most 1e6"
      )
    }
    for point in face.landmarks where !(abs(point.x) <= 1e6 && abs(point.y) <= 1e6) {
      throw .invalidArgument("face \(number) has a point at (\(point.x), \(point.y)); expected at most 1e6")
    }
  }

  // MARK: Sizes and colours

  /// A sixth of the median face's side, but neither tiny nor huge in the whole picture.
  private static func letterHeight(for faces: [Face], in picture: Image) -> Double {
    let side = (Double(picture.width) * Double(picture.height)).squareRoot()
    let sides = faces.map { Double(max($0.box.width, $0.box.height)) }.sorted()
    let face = sides.isEmpty ? 0 : sides[sides.count / 2]
    return max(9, min(max(face / 6, side / 110), side / 45)).rounded()
  }

  /// Numbers people by their texts, in the order of the faces; 0 for all without one.
  private static func people(_ labels: [String]) -> [Int] {
    var known: [String] = []
    return labels.map { label in
      guard !label.isEmpty else { return 0 }
      if let number = known.firstIndex(of: label) { return number }
      known.append(label)
      return known.count - 1
    }
  }

  /// Colours that differ in hue and lightness; after the tenth they begin again.
  private static func inks(_ people: [Int]) -> [Ink] {
    let inks = [
      Ink(255, 209, 51), Ink(64, 169, 255), Ink(255, 112, 92), Ink(94, 214, 122), Ink(226, 132, 245),
      Ink(255, 161, 46), Ink(66, 224, 219), Ink(255, 133, 178), Ink(183, 222, 64), Ink(163, 156, 255)
    ]
    return people.map { $0 < 0 ? Ink(216, 216, 216) : inks[$0 % inks.count] }
  }

  // MARK: Drawing

  /// Draws on a copy of a picture of the same size.
  package func drawn(on picture: Image) throws(Failure) -> Image {
    let canvas = try Canvas(copying: picture)
    let boxes = faces.map { box(of: $0) }
    // Large faces first, so that a small one in front of them stays visible.
    let order = boxes.indices.sorted { i, j in
      let (a, b) = (boxes[i].width * boxes[i].height, boxes[j].width * boxes[j].height)
      return a == b ? i < j : a > b
    }
    for i in order where faces[i].box.hasArea { drawBox(boxes[i], inks[i], on: canvas) }
    if showsPoints { for i in order { drawPoints(of: faces[i], inks[i], on: canvas) } }
    var plates: [Rectangle] = []
    for i in order where boxes[i].overlap(self.picture) > 0 {
      guard let label = label(labels[i]) else { continue }
      let plate = place(for: label, at: boxes[i], among: boxes, plates)
      plates.append(plate)
      draw(label, in: plate, inks[i], on: canvas)
    }
    return try canvas.finish()
  }

  private static var shade: Ink { Ink(0, 0, 0, opacity: 0.45) }
  private var halo: Int { max(1, line / 3) }

  /// The outer edge of a face's frame. The label of a face without a box stands at its points.
  private func box(of face: Face) -> Rectangle {
    var box = face.box
    if !box.hasArea, let first = face.landmarks.first {
      box = Box(left: first.x, top: first.y, right: first.x, bottom: first.y)
      for point in face.landmarks {
        (box.left, box.right) = (min(box.left, point.x), max(box.right, point.x))
        (box.top, box.bottom) = (min(box.top, point.y), max(box.bottom, point.y))
      }
    }
    func whole(_ value: Float) -> Int { Int(value.rounded()) }
    return Rectangle(
      left: whole(box.left), top: whole(box.top), right: whole(box.right), bottom: whole(box.bottom)
    ).grown(by: (line + 1) / 2)
  }

  private func drawBox(_ box: Rectangle, _ ink: Ink, on canvas: Canvas) {
    let radius = Double(line)
    canvas.outline(
      box.grown(by: halo), line: line + 2 * halo, radius: radius + Double(halo), FaceMarks.shade)
    canvas.outline(box, line: line, radius: radius, ink)
  }

  private func drawPoints(of face: Face, _ ink: Ink, on canvas: Canvas) {
    let radius = max(1, 0.75 * Double(line))
    for point in face.landmarks {
      let centre = SIMD2(Double(point.x), Double(point.y))
      canvas.dot(centre, radius: radius + Double(halo), FaceMarks.shade)
      canvas.dot(centre, radius: radius, ink)
    }
  }

  // MARK: Labels

  private var plateHeight: Int { Int((1.675 * letterHeight).rounded()) }
  private var margin: Int { Int((0.33 * letterHeight).rounded()) }

  /// nil for no text, and if the picture has no room for it.
  private func label(_ text: String) -> Lettering? {
    guard !text.isEmpty, plateHeight <= picture.height else { return nil }
    return Lettering(text, height: letterHeight).fitted(to: picture.width - 2 * margin)
  }

  /// The best place of a label's plate in the picture: above the box, below it, or in it, and away from
  /// other plates and faces.
  private func place(
    for label: Lettering, at box: Rectangle, among boxes: [Rectangle], _ plates: [Rectangle]
  ) -> Rectangle {
    let (width, height) = (label.width + 2 * margin, plateHeight)
    func plate(_ x: Int, _ y: Int) -> Rectangle {
      let left = min(max(x, 0), picture.right - width), top = min(max(y, 0), picture.bottom - height)
      return Rectangle(left: left, top: top, right: left + width, bottom: top + height)
    }
    let choices = [
      plate(box.left, box.top - height), plate(box.right - width, box.top - height),
      plate(box.left, box.bottom), plate(box.right - width, box.bottom), plate(box.left, box.top + line),
      plate(box.left, box.bottom - height - line)
    ]
    // In a crowd of thousands only some are looked at: the work would grow with their square.
    func hidden(_ choice: Rectangle) -> Int {
      plates.suffix(500).reduce(0) { $0 + 4 * choice.overlap($1) }
        + boxes.prefix(500).reduce(0) { $0 + choice.overlap($1) }
    }
    var best = choices[0], least = hidden(best)
    for choice in choices.dropFirst() where least > 0 {
      let cost = hidden(choice)
      if cost < least { (best, least) = (choice, cost) }
    }
    return best
  }

  private func draw(_ label: Lettering, in plate: Rectangle, _ ink: Ink, on canvas: Canvas) {
    canvas.fill(plate, radius: 0.2 * letterHeight, ink)
    let dark = Ink(16, 18, 24), light = Ink(255, 255, 255)
    // The plate reaches from under descenders to over a capital's accents.
    let baseline = plate.bottom - 1 - Int((0.41 * letterHeight).rounded())
    label.draw(
      on: canvas, x: plate.left + margin, baseline: baseline, ink.lightness > 0.45 ? dark : light)
  }
}

extension Box {
  fileprivate var hasArea: Bool { width > 0 && height > 0 }
}
