import Faces
import Images
import Networks
import TestSupport
import Tensors
import Testing

/// Only where things lie varies: colours stay.
private func geometry(_ change: (inout SceneOptions) -> Void = { _ in }) -> SceneOptions {
  var options = SceneOptions()
  options.side = 128
  options.dark = 0
  options.augmentation = .none
  (options.augmentation.flip, options.augmentation.turn) = (0.5, 0.7)
  change(&options)
  return options
}

private let kinds: [(paste: Float, mosaic: Float)] = [(0, 0), (1, 0), (0, 1)]

@Suite struct ScenesTests {
  private func place(_ levels: Tensor<Float>, _ x: Float, _ y: Float) -> Int {
    let side = levels.shape[0]
    return 3 * (min(max(Int(y), 0), side - 1) * side + min(max(Int(x), 0), side - 1))
  }

  /// The eyes are too.
  private func isRed(_ levels: Tensor<Float>, _ x: Float, _ y: Float) -> Bool {
    levels[place(levels, x, y)] > 150
  }

  private func isEye(_ levels: Tensor<Float>, _ x: Float, _ y: Float) -> Bool {
    isRed(levels, x, y) && levels[place(levels, x, y) + 1] > 130
  }

  @Test func `a set holds labelled photos and photos without faces, and keeps a part`() throws {
    let photos = try ScenePhotosFolder()
    defer { withExtendedLifetime(photos) {} }
    var set = try photos.set()
    #expect(set.scenes.map(\.name) == ["0.png", "1.png", "2.png"] && set.backgrounds.count == 2)
    #expect(set.scenes[1].faces.count == 2)
    try photos.folder.write("empty.json", Array("{\"0.png\": []}".utf8))
    try set.add(folder: photos.folder.path + "/without", labels: photos.folder.path + "/empty.json")
    #expect(set.scenes.count == 3 && set.backgrounds.count == 3)
    set.keep(1..<9)
    #expect(set.scenes.map(\.name) == ["1.png", "2.png"])
    #expect(
      outcome { try set.add(folder: photos.folder.path, labels: photos.folder.path + "/none.json") }
        .hasPrefix(
          "io: "))
  }

  @Test(arguments: kinds) func `labels lie on the faces of composed pictures`(
    kind: (paste: Float, mosaic: Float)
  ) throws {
    let photos = try ScenePhotosFolder()
    defer { withExtendedLifetime(photos) {} }
    let options = geometry { ($0.paste, $0.mosaic) = kind }
    let scenes = try Scenes(
      photos.set(), options, memoryLimit: 1 << 30, seed: 4)
    var faces = 0, hits = 0, eyes = 0, seenEyes = 0, tight = 0, boxes = 0
    for index in 0..<80 {
      let (levels, found) = try scenes.picture(step: 3, index: index)
      let side = Float(options.side)
      for face in found {
        #expect(face.left >= 0 && face.top >= 0 && face.right <= side && face.bottom <= side)
        guard !face.isIgnored else { continue }
        faces += 1
        #expect((face.width * face.height).squareRoot() >= 0.98 * options.minFace)
        // The middle of the face, below the eyes.
        if isRed(levels, (face.left + face.right) / 2, (face.top + face.bottom) / 2) { hits += 1 }
        let points = face.points
        #expect(points.count == 10 && points[0] < points[2])
        if face.width > 24, face.left > 2, face.right < side - 2, face.top > 2, face.bottom < side - 2 {
          eyes += 1
          if isEye(levels, points[0], points[1]), isEye(levels, points[2], points[3]) { seenEyes += 1 }
        }
        guard found.count == 1, face.left > 2, face.right < side - 2, face.top > 2, face.bottom < side - 2
        else { continue }
        boxes += 1
        var seen = (left: side, top: side, right: Float(0), bottom: Float(0))
        for y in 0..<options.side {
          for x in 0..<options.side where isRed(levels, Float(x), Float(y)) {
            seen = (
              min(seen.left, Float(x)), min(seen.top, Float(y)), max(seen.right, Float(x + 1)),
              max(seen.bottom, Float(y + 1))
            )
          }
        }
        let off = max(
          max(abs(seen.left - face.left), abs(seen.top - face.top)),
          max(abs(seen.right - face.right), abs(seen.bottom - face.bottom)))
        if off < 2 { tight += 1 }
      }
    }
    #expect(faces > 50, "\(faces) faces")
    // A face that is cut off may have its middle elsewhere.
    #expect(Double(hits) > 0.93 * Double(faces), "\(hits) of \(faces)")
    #expect(Double(seenEyes) >= 0.95 * Double(eyes) && eyes > 8, "\(seenEyes) of \(eyes)")
    // Of another face a corner may be seen that is too small for a label.
    #expect(tight >= boxes - 2 && (boxes > 5 || kind.mosaic == 1), "\(tight) of \(boxes)")
  }

  @Test func `a picture is a function of seed, step and index, wherever its photos are kept`() throws {
    let photos = try ScenePhotosFolder()
    defer { withExtendedLifetime(photos) {} }
    var options = SceneOptions()
    options.side = 96
    func scenes(_ memoryLimit: Int, _ seed: UInt64) throws -> Scenes {
      try Scenes(photos.set(), options, memoryLimit: memoryLimit, seed: seed)
    }
    let kept = try scenes(1 << 30, 1), read = try scenes(0, 1), other = try scenes(0, 2)
    #expect(kept.fingerprint == read.fingerprint && kept.count == 5)
    for index in 0..<6 {
      let (one, two) = (try kept.picture(step: 7, index: index), try read.picture(step: 7, index: index))
      #expect(one.levels.values == two.levels.values && one.faces == two.faces)
      #expect(try one.levels.values != other.picture(step: 7, index: index).levels.values)
      #expect(try one.levels.values != kept.picture(step: 8, index: index).levels.values)
      #expect(one.levels.values.allSatisfy { $0 >= 0 && $0 <= 255 })
    }
    let format = ViewFormat(
      height: 96, width: 96, mean: (127.5, 127.5, 127.5), scale: 1 / 127.5)
    let batch = try kept.batch(step: 7, count: 2, format)
    let second = try kept.picture(step: 7, index: 1)
    #expect(batch.faces[1] == second.faces && batch.pictures.shape.extents == [2, 96, 96, 3])
    let count = 96 * 96 * 3
    #expect(
      largestDifference(
        Array(batch.pictures.values[count...]), second.levels.values.map { ($0 - 127.5) / 127.5 })
        < Tolerance.float)
  }

  @Test func `faces have all sizes, and small ones are to be ignored`() throws {
    let photos = try ScenePhotosFolder()
    defer { withExtendedLifetime(photos) {} }
    let scenes = try Scenes(
      photos.set(), geometry(), memoryLimit: 1 << 30, seed: 1)
    var sizes: [Float] = []
    for index in 0..<150 {
      for face in try scenes.picture(step: 0, index: index).faces where !face.isIgnored {
        sizes.append((face.width * face.height).squareRoot())
      }
    }
    #expect(sizes.min() ?? 99 < 11 && sizes.max() ?? 0 > 80, "\(sizes.count)")
    let large = try Scenes(
      photos.set(), geometry { $0.minFace = 30 }, memoryLimit: 1 << 30, seed: 1)
    var ignored = 0
    for index in 0..<60 {
      for face in try large.picture(step: 0, index: index).faces {
        let size = (face.width * face.height).squareRoot()
        if size < 29 { #expect(face.isIgnored) }
        if face.isIgnored { ignored += 1 }
      }
    }
    #expect(ignored > 0)
  }

  @Test func `without photos of nobody all pictures come from scenes`() throws {
    let photos = try ScenePhotosFolder()
    defer { withExtendedLifetime(photos) {} }
    let scenes = try Scenes(
      photos.set(backgrounds: false), geometry { ($0.paste, $0.mosaic) = (1, 0) }, memoryLimit: 1 << 30,
      seed: 1)
    for index in 0..<10 { #expect(try !scenes.picture(step: 0, index: index).faces.isEmpty) }
  }

  @Test func `dark pictures are dark`() throws {
    let photos = try ScenePhotosFolder()
    defer { withExtendedLifetime(photos) {} }
    func mean(_ dark: Float) throws -> Float {
      let scenes = try Scenes(
        photos.set(), geometry { $0.dark = dark }, memoryLimit: 1 << 30, seed: 1)
      let levels = try scenes.picture(step: 0, index: 0).levels
      return levels.values.reduce(0, +) / Float(levels.count)
    }
    #expect(try mean(1) < 0.65 * mean(0))
  }

  @Test func `photos that cannot be read are left out`() throws {
    let photos = try ScenePhotosFolder()
    defer { withExtendedLifetime(photos) {} }
    try photos.folder.write("scenes/1.png", [1, 2, 3])
    let scenes = try Scenes(photos.set(), geometry(), memoryLimit: 1 << 30, seed: 1)
    #expect(scenes.set.scenes.map(\.name) == ["0.png", "2.png"] && scenes.count == 4)
    #expect(scenes.leftOut.map(\.path) == [photos.folder.path + "/scenes/1.png"])
    _ = try scenes.picture(step: 0, index: 0)
  }

  @Test func `refuses sets without faces and options out of range`() throws {
    let photos = try ScenePhotosFolder(), set = try photos.set()
    defer { withExtendedLifetime(photos) {} }
    func refusal(_ set: SceneSet, _ options: SceneOptions = geometry()) -> String {
      outcome { try Scenes(set, options, memoryLimit: 0, seed: 1) }
    }
    #expect(refusal(SceneSet()) == "invalidArgument: no scenes with faces to learn from")
    #expect(
      refusal(set, geometry { $0.side = 100 }) == "invalidArgument: side 100; expected a multiple of 32")
    #expect(
      refusal(
        set,
        geometry {
          ($0.paste, $0.mosaic) = (0.6, 0.5)
        }) == "invalidArgument: mosaic 0.5; expected at most 1 with paste")
    #expect(
      refusal(set, geometry { $0.augmentation.flip = 2 }) == "invalidArgument: flip 2.0; expected 0 to 1")
    #expect(
      outcome { try Scenes(set, geometry(), memoryLimit: 0, seed: 1) { _ in false } }.hasPrefix("cancelled: ")
    )
    let options = SceneOptions()
    #expect(options.settings.count == members(of: options).count - 1 + options.augmentation.settings.count)
  }
}
