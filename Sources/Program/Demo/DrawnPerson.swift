import CFaceStyle
import Glibc

/// A person who does not exist, drawn for the demo where there are no photos: a shaded head, with enough of a
/// face that networks which learned from photos find it, and tell it from the others.
struct DrawnPerson {
  typealias Colour = SIMD3<Double>

  let name: String
  // Half widths and heights, and places below the face's middle, as fractions of the picture's side.
  let width, height, jaw: Double
  let eyes, eyeLine, eyeWidth, eyeHeight: Double
  let brows, browWeight, browTilt: Double
  let nose, noseWidth: Double
  let mouth, mouthWidth, lips: Double
  let hairline: Double
  let hair: Hair
  let hasBeard, hasGlasses: Bool
  let skin, hairColour, iris, lipTint, shirt: Colour

  enum Hair { case short, long, bald }

  static let all = [
    DrawnPerson(
      name: "Zoë", width: 0.285, height: 0.415, jaw: 0.78, eyes: 0.118, eyeLine: -0.05, eyeWidth: 0.058,
      eyeHeight: 0.031, brows: 0.075, browWeight: 0.009, browTilt: 0, nose: 0.135, noseWidth: 0.036,
      mouth: 0.23, mouthWidth: 0.088, lips: 0.03, hairline: 0.34, hair: .long, hasBeard: false,
      hasGlasses: false, skin: [248, 216, 194], hairColour: [214, 178, 110], iris: [80, 125, 165],
      lipTint: [1, 0.45, 0.5], shirt: [190, 60, 70]),
    DrawnPerson(
      name: "Émile", width: 0.332, height: 0.415, jaw: 0.948, eyes: 0.11, eyeLine: -0.032, eyeWidth: 0.051,
      eyeHeight: 0.025, brows: 0.086, browWeight: 0.02, browTilt: -0.014, nose: 0.182, noseWidth: 0.036,
      mouth: 0.252, mouthWidth: 0.092, lips: 0.015, hairline: 0.392, hair: .short, hasBeard: false,
      hasGlasses: true, skin: [240, 205, 175], hairColour: [48, 36, 30], iris: [70, 45, 30],
      lipTint: [0.85, 0.55, 0.5], shirt: [50, 70, 120]),
    DrawnPerson(
      name: "Amara", width: 0.325, height: 0.405, jaw: 0.86, eyes: 0.135, eyeLine: -0.045, eyeWidth: 0.057,
      eyeHeight: 0.029, brows: 0.07, browWeight: 0.012, browTilt: 0, nose: 0.14, noseWidth: 0.072,
      mouth: 0.225, mouthWidth: 0.115, lips: 0.038, hairline: 0.33, hair: .short, hasBeard: false,
      hasGlasses: false, skin: [112, 74, 54], hairColour: [22, 18, 18], iris: [35, 24, 18],
      lipTint: [0.85, 0.5, 0.55], shirt: [230, 180, 60]),
    DrawnPerson(
      name: "Søren", width: 0.294, height: 0.418, jaw: 0.767, eyes: 0.133, eyeLine: -0.066, eyeWidth: 0.054,
      eyeHeight: 0.025, brows: 0.054, browWeight: 0.014, browTilt: 0.188, nose: 0.181, noseWidth: 0.047,
      mouth: 0.25, mouthWidth: 0.118, lips: 0.036, hairline: 0.3, hair: .bald, hasBeard: true,
      hasGlasses: false, skin: [238, 188, 160], hairColour: [180, 90, 40], iris: [80, 120, 90],
      lipTint: [0.8, 0.5, 0.48], shirt: [70, 110, 80])
  ]

  /// How it is seen.
  struct View {
    /// Where the face's middle is, as fractions of the side from the picture's.
    var x = 0.0, y = 0.0
    var scale = 1.0
    /// Radians, clockwise.
    var roll = 0.0
    /// From the left, -1, to the right, 1.
    var light = 0.0
    var smile = 0.0

    static let all = [
      View(), View(x: 0.03, y: -0.01, scale: 0.92, roll: 0.12, light: 1, smile: 1),
      View(x: -0.03, y: 0.02, scale: 0.86, roll: -0.1, light: -1)
    ]
  }

  /// - Parameter side: of the picture, in pixels.
  func drawn(_ view: View, side: Int) throws(Failure) -> Picture {
    let easel = Easel(side: side, view)
    paintBehind(easel)
    paintHead(easel, light: view.light)
    for sign in [-1.0, 1] { paintEye(easel, sign) }
    paintNose(easel, light: view.light)
    paintMouth(easel, smile: view.smile)
    if hasGlasses { paintGlasses(easel) }
    return try easel.picture()
  }

  // MARK: From the back to the front

  private func paintBehind(_ easel: Easel) {
    easel.fill { place in
      let tone = 55 * place.y
      return Colour(118 + tone, 132 + tone, 148 + tone)
    }
    easel.put(shirt) { Easel.inside(Easel.ellipse($0, 0, 0.66, 0.46, 0.26), soft: 3) }
    if hair == .long {
      easel.put(hairColour * 0.82) {
        Easel.inside(max(Easel.ellipse($0, 0, 0.12, width + 0.09, 0.5), -($0.y + 0.2)), soft: 4)
      }
    }
    easel.put(skin * 0.74) {
      Easel.inside(max(abs($0.x) - 0.12, 0.1 - $0.y), soft: 4)
        * Easel.inside(Easel.ellipse($0, 0, 0.3, 0.2, 0.26), soft: 4)
    }
    easel.put(hairColour) { place in
      guard hair != .bald else {
        return Easel.inside(Easel.ellipse(place, 0, -0.02, width + 0.018, height * 0.72), soft: 4)
          * Easel.share((0.12 - place.y) / 0.05)
      }
      return Easel.inside(cap(place), soft: 4)
    }
  }

  private func cap(_ place: SIMD2<Double>) -> Double {
    Easel.ellipse(place, 0, -0.08, width + (hair == .long ? 0.06 : 0.04), height + 0.05)
  }

  /// How light the head is where it curves away.
  private func shade(_ place: SIMD2<Double>, light: Double) -> (tone: Double, front: Double) {
    let x = place.x / jawWidth(place.y), y = place.y / height
    let front = max(0, 1 - x * x - y * y).squareRoot()
    return (min(max(0.62 + 0.42 * front + light * 0.22 * x - 0.06 * y, 0), 1.15), front)
  }

  private func jawWidth(_ y: Double) -> Double { width * (1 - (1 - jaw) * Easel.share(y / 0.4)) }

  private func paintHead(_ easel: Easel, light: Double) {
    func face(_ place: SIMD2<Double>) -> Double {
      let x = place.x / jawWidth(place.y), y = place.y / height
      return Easel.inside(((x * x + y * y).squareRoot() - 1) * width, soft: 3)
    }
    easel.put({ skin * shade($0, light: light).tone }, face)
    if hair != .bald {
      easel.put({ hairColour * (0.8 + 0.3 * shade($0, light: light).front) }) { place in
        Easel.inside(Easel.ellipse(place, 0.03, -hairline - 0.1, width * 1.05, 0.17), soft: 8)
          * Easel.inside(cap(place), soft: 3)
      }
    }
    guard hasBeard else { return }
    easel.put({ place in
      let curls = 0.88 + 0.12 * sin(140 * place.x + 9 * place.y) * sin(110 * place.y)
      return hairColour * curls * min(max(shade(place, light: light).tone, 0.5), 1)
    }) { place in
      let beard = Easel.inside(-Easel.ellipse(place, 0, 0.03, width * 0.82, 0.235), soft: 30)
      let lip = Easel.inside(Easel.ellipse(place, 0, mouth - lips - 0.02, mouthWidth * 1.15, 0.022), soft: 10)
      let open = Easel.inside(Easel.ellipse(place, 0, mouth, mouthWidth * 0.8, lips * 0.9), soft: 5)
      return max(0.9 * beard * Easel.share((place.y + 0.02) / 0.12) * face(place), 0.85 * lip * (1 - open))
    }
  }

  private func paintEye(_ easel: Easel, _ sign: Double) {
    let x = sign * eyes, y = eyeLine
    easel.put(skin * 0.45) { 0.35 * Easel.glow($0, x, y - 0.01, 0.07, 0.045) }
    func lid(_ place: SIMD2<Double>) -> Double { Easel.ellipse(place, x, y, eyeWidth, eyeHeight) }
    easel.put([234, 230, 226]) { Easel.inside(lid($0), soft: 2) }
    for (part, colour) in [(1.0, iris), (0.48, [12, 10, 10])] {
      easel.put(colour) { place in
        Easel.inside(lid(place), soft: 2)
          * Easel.inside(Easel.ellipse(place, x, y - 0.002, part * eyeHeight, part * eyeHeight), soft: 2)
      }
    }
    easel.put([250, 250, 250]) { Easel.inside(Easel.ellipse($0, x - 0.008, y - 0.01, 0.006, 0.006), soft: 2) }
    easel.put(skin * 0.25) { $0.y < y + 0.004 ? Easel.inside(abs(lid($0)) - 0.004, soft: 3) : 0 }
    easel.put(skin * 0.5) { $0.y >= y + 0.004 ? 0.6 * Easel.inside(abs(lid($0)) - 0.004, soft: 3) : 0 }
    easel.put(hairColour * 0.75) { place in
      let along = place.x - x, bend = along / 0.075
      let line = y - brows - browTilt * sign * along * 0.5 + bend * bend * 0.014
      return 0.9 * Easel.inside(max(abs(place.y - line) - browWeight, abs(along) - 0.075), soft: 5)
    }
  }

  private func paintNose(_ easel: Easel, light: Double) {
    let tip = eyeLine + nose, side = light >= 0 ? 1.0 : -1
    func bridge(_ place: SIMD2<Double>, _ x: Double, _ width: Double) -> Double {
      let away = (place.x - x) / width
      return place.y > eyeLine && place.y < tip ? exp(-away * away) : 0
    }
    easel.put(skin * 0.5) { 0.28 * bridge($0, 0.028 * side, 0.016) }
    easel.put((skin * 1.25).clamped(lowerBound: .zero, upperBound: [255, 255, 255])) {
      0.3 * bridge($0, 0, 0.012)
    }
    easel.put(skin * 0.4) { 0.5 * Easel.glow($0, 0, tip + 0.018, noseWidth * 1.3, 0.012) }
    for sign in [-1.0, 1] {
      easel.put(skin * 0.25) {
        0.85 * Easel.inside(Easel.ellipse($0, sign * noseWidth * 0.62, tip + 0.012, 0.013, 0.008), soft: 4)
      }
      easel.put(skin * 0.45) { 0.3 * Easel.glow($0, sign * (noseWidth + 0.012), tip - 0.004, 0.01, 0.022) }
    }
  }

  private func paintMouth(_ easel: Easel, smile: Double) {
    func rise(_ x: Double) -> Double { smile * 0.02 * (x / mouthWidth) * (x / mouthWidth) }
    easel.put(skin * lipTint) { place in
      let straight = SIMD2(place.x, place.y + rise(place.x))
      return 0.9 * Easel.inside(Easel.ellipse(straight, 0, mouth, mouthWidth, lips), soft: 4)
    }
    easel.put(skin * 0.22) { place in
      let line = abs(place.y - mouth + rise(place.x)) - 0.0035
      return 0.85 * Easel.inside(max(line, abs(place.x) - mouthWidth * 1.02), soft: 3)
    }
    easel.put(skin * 0.5) { 0.3 * Easel.glow($0, 0, mouth + lips + 0.022, mouthWidth * 0.7, 0.014) }
  }

  private func paintGlasses(_ easel: Easel) {
    let frame: Colour = [24, 22, 26]
    for sign in [-1.0, 1] {
      func rim(_ place: SIMD2<Double>) -> Double {
        let x = max(0, abs(place.x - sign * eyes) - 0.052), y = max(0, abs(place.y - eyeLine) - 0.03)
        return (x * x + y * y).squareRoot() - 0.032
      }
      easel.put([220, 230, 240]) { 0.12 * Easel.inside(rim($0), soft: 2) }
      easel.put(frame) { Easel.inside(abs(rim($0)) - 0.007, soft: 2) }
      easel.put(frame) { place in
        let along = max(sign * place.x - width, eyes + 0.084 - sign * place.x)
        return Easel.inside(max(abs(place.y - eyeLine + 0.02) - 0.006, along), soft: 2)
      }
    }
    easel.put(frame) { place in
      let bend = place.x / 0.05 * (place.x / 0.05) * 0.01
      return Easel.inside(
        max(abs(place.y - eyeLine + 0.012 - bend) - 0.006, abs(place.x) - (eyes - 0.084)), soft: 2)
    }
  }
}
