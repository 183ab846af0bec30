import CSystem
import Images
import Networks
import Tensors

/// Composes the pictures that a detector learns from: parts of scenes, faces set into photos without any, and
/// mosaics. Each picture is a function of the seed, the step and its index in the batch.
struct SceneComposer {
  let photos: ScenePhotos
  let options: SceneOptions
  let seed: UInt64

  /// Writes a picture's levels into `view`, which has the options' side.
  /// - Returns: its faces.
  func compose(step: Int, index: Int, into view: LevelView) throws(Failure) -> [FaceTarget] {
    let variation = variation(step: step, index: index)
    var random = Generator(
      seed: seed ^ 0x5CE1_E5, UInt64(truncatingIfNeeded: step), UInt64(truncatingIfNeeded: index))
    var canvas = Canvas(view, options)
    let kind = random.uniform(), whole = canvas.whole
    if kind < options.paste, !photos.set.backgrounds.isEmpty {
      try paste(on: &canvas, &random)
    } else if kind >= 1 - options.mosaic {
      let x = Double(options.side) * Double(0.3 + 0.4 * random.uniform()).rounded(toMultiplesOf: 1 / 32)
      let y = Double(options.side) * Double(0.3 + 0.4 * random.uniform()).rounded(toMultiplesOf: 1 / 32)
      for (left, right) in [(0, x), (x, whole.right)] {
        for (top, bottom) in [(0, y), (y, whole.bottom)] {
          let window = Area(left: left, top: top, right: right, bottom: bottom)
          try scene(in: window, on: &canvas, &random)
        }
      }
    } else {
      try scene(in: whole, on: &canvas, &random)
    }
    let isDark = random.uniform() < options.dark, light = 0.15 + 0.45 * random.uniform()
    try finish(view, variation, isDark ? light : 1)
    return canvas.targets(coarseness: variation.pixels)
  }

  private func variation(step: Int, index: Int) -> Variation {
    var variation = Variation(options.augmentation, seed: seed, epoch: step, index: index)
    variation.occluder = nil
    variation.blend = 0
    return variation
  }

  /// Camera and light.
  private func finish(_ view: LevelView, _ variation: Variation, _ light: Float) throws(Failure) {
    let count = 3 * view.width * view.height
    let photographed = try variation.photographed(
      { () throws(Failure) in try view.image() }, partner: nil)
    photographed?.withPixels { pixels in for i in 0..<count { view.levels[i] = Float(pixels[i]) } }
    if light < 1 { view.light(brightness: 127.5 * (light - 1), contrast: light) }
    variation.light(view)
  }

  // MARK: Scenes

  /// A part of a scene, or all of it before a photo without faces.
  private func scene(in window: Area, on canvas: inout Canvas, _ random: inout Generator) throws(Failure) {
    let number = random.below(photos.set.scenes.count), scene = photos.set.scenes[number]
    let photo = try photos.photo(number)
    let size = (width: photo.width, height: photo.height)
    let chosen = scene.faces[random.below(scene.faces.count)]
    let face = Area(chosen), side = (face.width * face.height).squareRoot()
    let largest = Double(options.maxFace) * min(window.width, window.height)
    let scale = min(random.size(Double(options.minFace), largest) / side, 4 / photo.scale)
    let isFlipped = random.uniform() < options.augmentation.flip
    let turns = random.uniform() < 0.5, turn = random.around(options.augmentation.turn) / 4
    let centre = (x: (face.left + face.right) / 2, y: (face.top + face.bottom) / 2)
    let x = random.place(
      of: isFlipped ? size.width - centre.x : centre.x, length: size.width, scale, window.width)
    let y = random.place(of: centre.y, length: size.height, scale, window.height)
    let placement = Placement(
      scale: scale, turn: turns ? turn : 0, isFlipped: isFlipped, pivot: centre,
      place: (window.left + x, window.top + y))
    let all = Area(left: 0, top: 0, right: size.width, bottom: size.height)
    // Turned corners show what lies behind.
    let isCovered = !turns && placement.around(all).intersection(window) == window
    if !isCovered { try background(in: window, on: canvas, &random) }
    canvas.view.paint(photo, placement, part: all, in: window)
    for face in scene.faces { canvas.add(placement(face), in: window) }
  }

  /// A part of a photo without faces that fills the window; one colour if there is no such photo.
  private func background(
    in window: Area, on canvas: Canvas, _ random: inout Generator
  ) throws(Failure) {
    let count = photos.set.backgrounds.count
    guard count > 0 else {
      let colour = (255 * random.uniform(), 255 * random.uniform(), 255 * random.uniform())
      return canvas.view.fill(colour, in: window)
    }
    let photo = try photos.photo(photos.set.scenes.count + random.below(count))
    let least = max(window.width / photo.width, window.height / photo.height)
    let scale = least * Double(1 + 1.5 * random.uniform() * random.uniform())
    let x = Double(random.uniform()) * (window.width - photo.width * scale)
    let y = Double(random.uniform()) * (window.height - photo.height * scale)
    let placement = Placement(
      scale: scale, turn: 0, isFlipped: random.uniform() < options.augmentation.flip,
      pivot: (photo.width / 2, photo.height / 2),
      place: (
        window.left + x + photo.width * scale / 2, window.top + y + photo.height * scale / 2
      ))
    canvas.view.paint(
      photo, placement, part: Area(left: -1, top: -1, right: photo.width + 1, bottom: photo.height + 1),
      in: window)
  }

  // MARK: Faces set in

  /// A photo without faces, with faces from scenes and their surroundings set into it.
  private func paste(on canvas: inout Canvas, _ random: inout Generator) throws(Failure) {
    try background(in: canvas.whole, on: canvas, &random)
    guard random.uniform() >= 0.15 else { return }  // a photo without faces
    for _ in 0..<(1 + random.below(options.maxPasted)) {
      let number = random.below(photos.set.scenes.count), scene = photos.set.scenes[number]
      let photo = try photos.photo(number)
      let chosen = random.below(scene.faces.count), face = Area(scene.faces[chosen])
      let side = (face.width * face.height).squareRoot()
      let largest = 0.7 * Double(options.side)
      let scale = min(random.size(Double(options.minFace), largest) / side, 3 / photo.scale)
      let margin = side * Double(0.2 + 0.5 * random.uniform())
      let part = Area(
        left: face.left - margin, top: face.top - margin, right: face.right + margin,
        bottom: face.bottom + margin
      ).intersection(Area(left: 0, top: 0, right: photo.width, bottom: photo.height))
      let isFlipped = random.uniform() < options.augmentation.flip
      let turn = random.around(options.augmentation.turn)
      for _ in 0..<8 {
        let place = (
          x: Double(random.uniform()) * canvas.whole.right, y: Double(random.uniform()) * canvas.whole.bottom
        )
        let placement = Placement(
          scale: scale, turn: turn, isFlipped: isFlipped,
          pivot: ((face.left + face.right) / 2, (face.top + face.bottom) / 2), place: place)
        guard part.width > 0, part.height > 0, !canvas.hasFace(in: placement.around(part)) else { continue }
        let feather = margin * 0.5
        canvas.view.paint(photo, placement, part: part, feather: feather, in: canvas.whole)
        for (i, other) in scene.faces.enumerated() {
          var found = placement(other)
          let visible = i == chosen ? 1 : Area(other).part(inside: part.reduced(by: feather / 2))
          guard visible > 0.1 else { continue }
          found.isIgnored = found.isIgnored || visible < 0.8
          canvas.add(found, in: canvas.whole)
        }
        break
      }
    }
  }
}

extension ScenePhotos.Photo {
  /// The sides of the file's picture.
  fileprivate var width: Double { Double(sizes[0].width) / scale }
  fileprivate var height: Double { Double(sizes[0].height) / scale }
}

/// A picture being composed, and its faces so far.
private struct Canvas {
  let view: LevelView
  let whole: Area
  private let minFace: Float
  private var faces: [FaceTarget] = []

  init(_ view: LevelView, _ options: SceneOptions) {
    self.view = view
    whole = Area(left: 0, top: 0, right: Double(view.width), bottom: Double(view.height))
    minFace = options.minFace
  }

  /// Adds what is seen of a face: to be found from half of it, to be ignored from a twentieth.
  mutating func add(_ face: FaceTarget, in window: Area) {
    let visible = Area(face).part(inside: window)
    guard visible > 0.05 else { return }
    let area = Area(face).intersection(window)
    var face = face
    (face.left, face.top) = (Float(area.left), Float(area.top))
    (face.right, face.bottom) = (Float(area.right), Float(area.bottom))
    face.isIgnored = face.isIgnored || visible < 0.5
    guard face.width > 0, face.height > 0 else { return }
    faces.append(face)
  }

  /// Whether a rectangle covers more than a tenth of a face.
  func hasFace(in area: Area) -> Bool { faces.contains { Area($0).part(inside: area) > 0.1 } }

  /// All faces; small ones, and those that become small in a picture of few pixels, are to be ignored.
  func targets(coarseness pixels: Int) -> [FaceTarget] {
    let reduction = pixels > 0 ? min(1, Float(pixels) / Float(view.width)) : 1
    return faces.map { face in
      var face = face
      let side = (face.width * face.height).squareRoot()
      if side < 0.99 * minFace || side * reduction < 0.7 * minFace { face.isIgnored = true }
      return face
    }
  }
}

extension LevelView {
  /// Fills a part of the view with one colour.
  fileprivate func fill(_ colour: (Float, Float, Float), in window: Area) {
    for y in Int(window.top.rounded())..<Int(window.bottom.rounded()) {
      for x in Int(window.left.rounded())..<Int(window.right.rounded()) {
        let pixel = levels + 3 * (y * width + x)
        (pixel[0], pixel[1], pixel[2]) = colour
      }
    }
  }
}

extension Generator {
  /// Uniform in -most ..< most.
  fileprivate mutating func around(_ most: Float) -> Double { Double((2 * uniform() - 1) * most) }

  /// A length whose logarithm is uniform.
  fileprivate mutating func size(_ low: Double, _ high: Double) -> Double {
    low * exp(Double(uniform()) * log(max(high / low, 1)))
  }

  /// Where a photo's point lies in a window, along one axis: such that the photo fills the window, or lies
  /// inside.
  fileprivate mutating func place(
    of point: Double, length: Double, _ scale: Double, _ window: Double
  ) -> Double {
    let painted = length * scale, share = Double(uniform())
    guard painted > window else { return share * (window - painted) + point * scale }
    let first = share * window - point * scale
    return min(max(first, window - painted), 0) + point * scale
  }
}

extension Double {
  fileprivate func rounded(toMultiplesOf unit: Double) -> Double { (self / unit).rounded() * unit }
}
