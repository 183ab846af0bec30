import Faces
import Images
import TestSupport
import Testing

struct FaceMarksTests {
  private let gold: [UInt8] = [255, 209, 51], blue: [UInt8] = [64, 169, 255], grey: [UInt8] = [216, 216, 216]

  private func white(_ width: Int, _ height: Int) throws -> Image {
    try Image(width: width, height: height) { _, row in row.update(repeating: 255) }
  }

  private func face(_ x: Float, _ y: Float, _ side: Float, points: [Point] = []) -> Face {
    Face(box: Box(left: x, top: y, right: x + side, bottom: y + side), score: 1, landmarks: points)
  }

  private func marked(
    _ faces: [Face], in picture: Image, _ labels: [String] = [], people: [Int] = [], letters: Float? = nil,
    line: Float? = nil, points: Bool = true
  ) throws -> Image {
    var options = FaceMarks.Options()
    (options.labels, options.people) = (labels, people)
    (options.letterHeight, options.lineWidth, options.showsPoints) = (letters, line, points)
    return try FaceMarks(of: faces, in: picture, options).drawn(on: picture)
  }

  private func pixel(_ image: Image, _ x: Int, _ y: Int) -> [UInt8] { Array(image.row(y)[3 * x..<3 * x + 3]) }

  /// How many pixels have a colour.
  private func count(_ colour: [UInt8], in image: Image) -> Int {
    (0..<image.height).reduce(0) { sum, y in sum + (0..<image.width).count { pixel(image, $0, y) == colour } }
  }

  @Test func `a box is drawn around the face, with a shade beside the line`() throws {
    let image = try marked([face(8, 8, 16)], in: white(40, 40), line: 1)
    for (x, y) in [(15, 7), (15, 24), (7, 15), (24, 15)] { #expect(pixel(image, x, y) == gold) }
    // 255 * (1 - 0.45)
    for (x, y) in [(15, 6), (15, 8), (6, 15), (8, 15), (15, 25)] {
      #expect(pixel(image, x, y) == [140, 140, 140])
    }
    for (x, y) in [(15, 5), (15, 9), (5, 15), (15, 26), (26, 26), (0, 0)] {
      #expect(pixel(image, x, y) == [255, 255, 255])
    }
  }

  @Test func `one person has one colour`() throws {
    let faces = [face(20, 40, 40), face(100, 40, 40), face(180, 40, 40)], picture = try white(260, 120)
    func colours(_ image: Image) -> [[UInt8]] { [40, 120, 200].map { pixel(image, $0, 80) } }
    #expect(colours(try marked(faces, in: picture, line: 1)) == [gold, gold, gold])
    #expect(colours(try marked(faces, in: picture, ["Ada", "Ben", "Ada"], line: 1)) == [gold, blue, gold])
    #expect(colours(try marked(faces, in: picture, ["Ada", "", "Ben"], line: 1)) == [gold, gold, blue])
    #expect(colours(try marked(faces, in: picture, people: [1, -1, 10], line: 1)) == [blue, grey, gold])
    #expect(colours(try marked(faces, in: picture, people: [1, .min, .max], line: 1))[0..<2] == [blue, grey])
  }

  @Test(arguments: [(0, 0), (290, 0), (0, 190), (290, 190), (140, 90), (-30, -30), (310, 210), (-40, 90)])
  func `a plate is whole and inside the picture wherever the face is`(x: Int, y: Int) throws {
    let face = face(Float(x), Float(y), 60), picture = try white(320, 220)
    let plain = try marked([face], in: picture, letters: 12, points: false)
    let image = try marked([face], in: picture, ["Ada"], letters: 12, points: false)
    // A plate of 20 rows, less its text and its corners.
    let width = Lettering("Ada", height: 12).width + 8
    var plate = Rectangle(left: .max, top: .max, right: 0, bottom: 0)
    for row in 0..<220 {
      for column in 0..<320 where pixel(plain, column, row) != pixel(image, column, row) {
        (plate.left, plate.top) = (min(plate.left, column), min(plate.top, row))
        (plate.right, plate.bottom) = (max(plate.right, column + 1), max(plate.bottom, row + 1))
      }
    }
    #expect(abs(plate.width - width) <= 2 && abs(plate.height - 20) <= 2, "\(plate)")
  }

  @Test func `plates do not hide each other while there is room`() throws {
    let faces = (0..<4).map { face(100 + Float($0) * 5, 100, 40) }, picture = try white(300, 300)
    let labels = ["Ada", "Ben", "Cleo", "Dan"]
    let image = try marked(faces, in: picture, labels, letters: 9, points: false)
    let colours: [[UInt8]] = [gold, blue, [255, 112, 92], [94, 214, 122]]
    for (colour, label) in zip(colours, labels) {
      let plate = 15 * (Lettering(label, height: 9).width + 6)
      #expect(count(colour, in: image) > plate / 2, "\(label)")
    }
  }

  @Test func `a label that is wider than the picture is cut off, and one without room left out`() throws {
    let long = String(repeating: "Maximiliane ", count: 20), face = face(10, 30, 30)
    let image = try marked([face], in: white(80, 80), [long], letters: 9, points: false)
    #expect(count(gold, in: image) > count(gold, in: try marked([face], in: white(80, 80), letters: 9)) + 300)
    for (width, height) in [(10, 80), (80, 10)] {
      let small = try white(width, height)
      #expect(
        try marked([face], in: small, [long], letters: 9).pixels.withBuffer(Array.init)
          == marked([face], in: small, letters: 9).pixels.withBuffer(Array.init))
    }
  }

  @Test func `letters and lines grow with the picture and its faces`() throws {
    func share(_ side: Int) throws -> Double {
      let unit = Float(side) / 100, face = face(30 * unit, 40 * unit, 40 * unit)
      let image = try marked([face], in: white(side, side), ["Ada"], points: false)
      return Double(count(gold, in: image)) / Double(side * side)
    }
    // Letters of 24 and 48 pixels, lines of 4 and 8.
    let (small, large) = (try share(1080), try share(2160))
    #expect(abs(small / large - 1) < 0.05, "\(small) \(large)")
    // Never too small to be read.
    #expect(try share(100) > 2 * large)
  }

  @Test func `points are dots, if they are wanted`() throws {
    let points = [Point(12, 12), Point(20, 12), Point(16, 16), Point(13, 20), Point(19, 20)]
    let face = face(8, 8, 16, points: points)
    let shown = try marked([face], in: white(40, 40), line: 1)
    let hidden = try marked([face], in: white(40, 40), line: 1, points: false)
    for point in points {
      #expect(pixel(shown, Int(point.x), Int(point.y)) == gold)
      #expect(pixel(hidden, Int(point.x), Int(point.y)) == [255, 255, 255])
    }
  }

  @Test func `a face without a box shows its points and its label`() throws {
    let points = [Point(60, 60), Point(80, 60), Point(70, 70), Point(62, 80), Point(78, 80)]
    let face = Face(box: Box(left: 0, top: 0, right: 0, bottom: 0), score: 1, landmarks: points)
    let image = try marked([face], in: white(140, 140), ["Ada"], letters: 9)
    #expect(pixel(image, 60, 60) == gold && count(gold, in: image) > 200)
    #expect(pixel(image, 0, 0) == [255, 255, 255])
    let nothing = Face(box: face.box, score: 1, landmarks: [])
    #expect(count([255, 255, 255], in: try marked([nothing], in: white(9, 9), letters: 9)) == 81)
  }

  @Test func `no face leaves a copy`() throws {
    let picture = try white(5, 4)
    #expect(count([255, 255, 255], in: try marked([], in: picture)) == 20)
  }

  @Test func `refuses what is not finite, sizes out of range and lists of other lengths`() throws {
    let picture = try white(9, 9), good = face(1, 1, 5)
    func told(_ body: () throws -> Image) -> String { outcome { _ = try body() } }
    for value in [Float.nan, .infinity, -1e7] {
      let prefix = "invalidArgument: face 1 has a "
      #expect(told { try marked([good, face(value, 1, 5)], in: picture) }.hasPrefix(prefix + "box"))
      #expect(
        told { try marked([good, face(1, 1, 5, points: [Point(1, value)])], in: picture) }.hasPrefix(
          prefix + "point"))
    }
    for letters in [Float.nan, 4.9, 1001, -1] {
      #expect(told { try marked([good], in: picture, letters: letters) }.hasSuffix("expected 5 to 1000"))
    }
    for line in [Float.nan, 0.9, 201] {
      #expect(told { try marked([good], in: picture, line: line) }.hasSuffix("expected 1 to 200"))
    }
    #expect(
      told { try marked([good], in: picture, ["a", "b"]) }.contains("2 labels; expected 1, one for each face")
    )
    #expect(
      told { try marked([good], in: picture, people: [1, 2]) }.contains(
        "2 people; expected 1, one for each face"))
  }

  @Test func `a crowd takes no longer than its faces`() throws {
    let crowd = (0..<5000).map { face(Float($0 % 100) * 4, Float($0 / 100) * 4, 9) }
    let picture = try white(420, 220)
    _ = try marked(crowd, in: picture, crowd.indices.map { "\($0)" })
  }
}
