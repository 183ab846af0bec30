import Faces
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Renders crop `index` at the given sides.
private func views(_ crops: Crops, _ variation: Variation, _ sides: [Int], index: Int = 0) throws -> [[Float]]
{
  let storages = try sides.map { try Storage<Float>(count: 3 * $0 * $0) }
  try crops.render(index, variation, sides.map { .levels(side: $0) }, into: storages)
  return storages.map(\.values)
}

private func mean(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } / Double(values.count) }

@Suite struct VariationTests {
  @Test func `is the same for the same numbers and another for others`() {
    let a = Variation(.strong, seed: 1, epoch: 2, index: 3)
    #expect(a == Variation(.strong, seed: 1, epoch: 2, index: 3))
    for other in [
      Variation(.strong, seed: 2, epoch: 2, index: 3), Variation(.strong, seed: 1, epoch: 3, index: 3),
      Variation(.strong, seed: 1, epoch: 2, index: 4), Variation(.strong, seed: 1, epoch: 3, index: 2)
    ] { #expect(a != other) }
  }

  @Test func `switching one kind off leaves the others as they are`() {
    var less = Augmentation.strong
    (less.blur, less.occlusion, less.flip) = (0, 0, 0)
    for index in 0..<200 {
      var (a, b) = (
        Variation(.strong, seed: 9, epoch: 0, index: index), Variation(less, seed: 9, epoch: 0, index: index)
      )
      for v in [0, 1] { if v == 0 { (a.blur, a.occluder, a.isFlipped) = (0, nil, false) } }
      b.isFlipped = false
      #expect(a == b)
    }
  }

  @Test func `happens as often and as far as it should`() {
    let count = 20_000
    var strong = Augmentation.strong
    strong.blend = 0.3
    let all = (0..<count).map { Variation(strong, seed: 4, epoch: 1, index: $0) }
    func part(_ holds: (Variation) -> Bool) -> Double { Double(all.filter(holds).count) / Double(count) }
    // Four standard deviations of a part of 20,000 are at most 0.0142.
    for (seen, wanted) in [
      (part { $0.isFlipped }, 0.5), (part { $0.isGrey }, 0.15), (part { $0.blur > 0 }, 0.15),
      (part { $0.pixels > 0 }, 0.15),
      (part { $0.quality > 0 }, 0.1), (part { $0.noise > 0 }, 0.15), (part { $0.occluder != nil }, 0.25),
      (part { $0.blend > 0 }, 0.3),
      (part { $0.turn > 0 }, 0.5), (part { $0.shiftX > 0 && $0.shiftY > 0 }, 0.25)
    ] { #expect(abs(seen - wanted) < 0.0142, "\(seen) for \(wanted)") }
    #expect(
      all.allSatisfy {
        abs($0.turn) <= 0.15 && abs($0.shiftX) <= 0.05 && abs($0.scale - 1) <= 0.1201
          && abs($0.brightness) <= 35
      })
    #expect(all.allSatisfy { $0.quality == 0 || (20...75).contains($0.quality) })
    #expect(all.allSatisfy { $0.pixels == 0 || (32...64).contains($0.pixels) })
    #expect(
      all.allSatisfy { v in
        v.occluder.map { $0.left >= 0 && $0.right <= 1.0001 && $0.top >= 0 && $0.bottom <= 1.0001 } ?? true
      })
    // Uniform: the mean absolute value is half of the largest.
    let turns = all.reduce(0) { $0 + Double(abs($1.turn)) } / Double(count)
    #expect(abs(turns - 0.075) < 0.002)
  }

  @Test func `numbers out of their ranges are refused`() {
    var bad = Augmentation.none
    bad.flip = 1.5
    #expect(outcome { try bad.check() } == "invalidArgument: flip 1.5; expected 0 to 1")
    bad = .none
    bad.turn = .nan
    #expect(outcome { try bad.check() }.hasPrefix("invalidArgument: turn nan"))
    bad = .none
    bad.coarsest = 0
    #expect(outcome { try bad.check() }.hasPrefix("invalidArgument: coarsest 0"))
    for good in [Augmentation.none, .standard, .strong] { #expect(outcome { try good.check() } == "") }
  }

  @Test func `a mirror image is exact, and twice mirrored is the same`() throws {
    let crops = try peopleCrops(1, photos: 1)
    var flip = Variation()
    flip.isFlipped = true
    let plain = try views(crops, Variation(), [60])[0], mirrored = try views(crops, flip, [60])[0]
    for y in 0..<60 {
      for x in 0..<60 {
        for c in 0..<3 where plain[3 * (60 * y + x) + c] != mirrored[3 * (60 * y + 59 - x) + c] {
          Issue.record("at \(x), \(y)")
        }
      }
    }
    // Of a turned, shifted and reduced view too, but for rounding.
    var turned = Variation(.strong, seed: 1, epoch: 0, index: 0)
    (turned.blur, turned.pixels, turned.quality, turned.noise, turned.occluder, turned.isFlipped) = (
      0, 0, 0, 0, nil, false
    )
    let a = try views(crops, turned, [40])[0]
    turned.isFlipped = true
    let b = try views(crops, turned, [40])[0]
    for y in 0..<40 {
      for x in 0..<40 where abs(a[3 * (40 * y + x)] - b[3 * (40 * y + 39 - x)]) > 1e-2 {
        Issue.record("at \(x), \(y)")
      }
    }
  }

  @Test func `a shift moves the face by its part of the side`() throws {
    let crops = try peopleCrops(1, photos: 1)
    var shift = Variation()
    (shift.shiftX, shift.shiftY) = (0.05, -1.0 / 30)  // 3 and -2 of 60 pixels
    let plain = try views(crops, Variation(), [60])[0], moved = try views(crops, shift, [60])[0]
    for y in 0..<58 {
      for x in 3..<60 where abs(moved[3 * (60 * y + x)] - plain[3 * (60 * (y + 2) + x - 3)]) > 1e-3 {
        Issue.record("at \(x), \(y)")
      }
    }
  }

  @Test func `a turn goes clockwise about the middle and a scale enlarges`() throws {
    var turn = Variation()
    turn.turn = 0.1
    // A point right of the middle comes from above it: what is seen there was turned down, clockwise.
    var map = turn.map(width: 100, height: 100, frame: (100, 100), margin: 0)
    let seen = map(90, 50), middle = map(50, 50)
    #expect(abs(middle.x - 50) < 1e-9 && abs(middle.y - 50) < 1e-9)
    #expect(abs(seen.x - (50 + 40 * cos(0.1))) < 1e-6 && abs(seen.y - (50 - 40 * sin(0.1))) < 1e-6)
    var scale = Variation()
    scale.scale = 2
    map = scale.map(width: 100, height: 100, frame: (100, 100), margin: 5)
    #expect(map(90, 10).x == 75 && map(90, 10).y == 35)
  }

  @Test func `views of two sizes show the same picture`() throws {
    let crops = try peopleCrops(3, photos: 2)
    var strong = Augmentation.strong
    strong.blend = 0.5
    for index in 0..<20 {
      let both = try views(
        crops, Variation(strong, seed: 6, epoch: 0, index: index), [96, 48], index: index % 6)
      // Each second pixel of the large view lies where one of the small lies: places are proportional.
      var difference = 0.0
      for y in 0..<48 {
        for x in 0..<48 {
          for c in 0..<3 {
            difference += Double(abs(both[0][3 * (96 * 2 * y + 2 * x) + c] - both[1][3 * (48 * y + x) + c]))
          }
        }
      }
      // Mirrored views lie half a small pixel apart, and grains of noise are sharp: measured up to 6.5. Two
      // different views of this set differ by tens of levels.
      #expect(difference / Double(48 * 48 * 3) < 8, "index \(index)")
    }
  }

  @Test func `light changes levels as it says and stays within them`() throws {
    let crops = try peopleCrops(1, photos: 1)
    let plain = try views(crops, Variation(), [60])[0]
    var light = Variation()
    (light.brightness, light.contrast) = (20, 1.2)
    let lit = try views(crops, light, [60])[0]
    for (a, b) in zip(plain, lit) where abs(min(max((a - 127.5) * 1.2 + 127.5 + 20, 0), 255) - b) > 1e-3 {
      Issue.record("\(a) became \(b)")
    }
    var grey = Variation()
    grey.isGrey = true
    let colourless = try views(crops, grey, [60])[0]
    for i in 0..<3600 {
      #expect(colourless[3 * i] == colourless[3 * i + 1] && colourless[3 * i] == colourless[3 * i + 2])
    }
    #expect(abs(colourless[0] - (0.299 * plain[0] + 0.587 * plain[1] + 0.114 * plain[2])) < 1e-3)
  }

  @Test func `noise has mean 0 and its deviation`() throws {
    let side = 96, level = try Storage<Float>(repeating: 100, count: 3 * side * side)
    LevelView(level.pointer, width: side, height: side).addNoise(deviation: 8, seed: 3)
    let values = level.values
    let variance = values.reduce(0) { $0 + (Double($1) - 100) * (Double($1) - 100) } / Double(values.count)
    #expect(abs(mean(values) - 100) < 0.2)  // 4 standard errors
    #expect(abs(variance.squareRoot() - 8) < 0.15)
  }

  @Test func `an occluder covers its part alone`() throws {
    let crops = try peopleCrops(1, photos: 1)
    var hidden = Variation()
    hidden.occluder = .init(left: 0.25, top: 0.5, right: 0.5, bottom: 0.75, colour: (1, 2, 3))
    let plain = try views(crops, Variation(), [60])[0], covered = try views(crops, hidden, [60])[0]
    for y in 0..<60 {
      for x in 0..<60 {
        let isInside = (15..<30).contains(x) && (30..<45).contains(y)
        let pixel = Array(covered[(3 * (60 * y + x))..<(3 * (60 * y + x) + 3)])
        #expect(pixel == (isInside ? [1, 2, 3] : Array(plain[(3 * (60 * y + x))..<(3 * (60 * y + x) + 3)])))
      }
    }
  }
}

@Suite struct CameraEffectsTests {
  @Test func `a blend is the weighted mean`() throws {
    let a = try face(20, 20), b = try face(20, 20, seed: 5)
    let mixed = try a.blended(with: b.bytes.span, share: 0.25)
    for i in 0..<a.bytes.count {
      let mean: Double = 0.75 * Double(a.bytes[i]) + 0.25 * Double(b.bytes[i])
      #expect(abs(Double(mixed.bytes[i]) - mean) <= 0.51)
    }
    #expect(try a.blended(with: b.bytes.span, share: 0).bytes == a.bytes)
    #expect(try a.blended(with: b.bytes.span, share: 1).bytes == b.bytes)
  }

  @Test(arguments: [Float(0.5), 1.3, 4, 40])
  func `a blur keeps one colour and the mean, and smooths`(deviation: Float) throws {
    let plain = try Image(width: 31, height: 17) { _, row in
      for i in 0..<row.count { row[i] = UInt8(50 + i % 3) }
    }
    #expect(try plain.blurred(deviation: deviation).bytes == plain.bytes)
    // A spot in the middle, far from the edge: its light is spread, not lost.
    let side = 81
    let spot = try Image(width: side, height: side) { y, row in
      for x in 0..<side { for c in 0..<3 { row[3 * x + c] = abs(x - 40) < 12 && abs(y - 40) < 12 ? 255 : 0 } }
    }
    let blurred = try spot.blurred(deviation: min(deviation, 4))
    let before = spot.bytes.reduce(0) { $0 + Int($1) }, after = blurred.bytes.reduce(0) { $0 + Int($1) }
    // Rounding is fair up to where less than half a level is left: 1 % of the light.
    #expect(abs(Double(after) / Double(before) - 1) < 0.01)
    #expect(blurred.bytes != spot.bytes)
  }

  @Test func `a blur is the Gaussian's numbers`() throws {
    // One white row of nine: deviation 1, radius 3; exp(0), exp(-1/2), exp(-2), exp(-9/2) over their sum
    // 2.5060...
    let line = try Image(width: 9, height: 9) { y, row in for i in 0..<row.count { row[i] = y == 4 ? 255 : 0 }
    }
    let blurred = try line.blurred(deviation: 1)
    let sum = 1 + 2 * (exp(-0.5) + exp(-2) + exp(-4.5))
    for (y, power) in [(4, 0.0), (3, -0.5), (2, -2), (1, -4.5)] {
      #expect(blurred.row(y)[7] == UInt8(255 * exp(power) / sum + 0.5))
    }
    #expect(blurred.row(0)[7] == 0)
  }

  @Test func `few pixels and compression keep the size and change little of a smooth picture`() throws {
    let picture = try face(60, 60)
    for changed in [try picture.coarsened(pixels: 20), try picture.compressed(quality: 60)] {
      #expect(changed.width == 60 && changed.height == 60)
      let difference =
        zip(changed.bytes, picture.bytes).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) }
        / Double(picture.bytes.count)
      #expect(difference > 0 && difference < 6, "\(difference)")
    }
    #expect(try picture.coarsened(pixels: 60).bytes == picture.bytes)
  }
}
