import Faces
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Photos of a data set that is not part of this repository: FACESTYLE_SHARED names a folder with
/// `data/celeba` (people, crops of 160x160 that are aligned) and `data/landmarks` (points.json and images).
/// FACESTYLE_SHEET names a PNG file for a look at 32 variations.
@Suite struct RealPhotosTests {
  private static let data = ProcessInfo.processInfo.environment["FACESTYLE_SHARED"].map { $0 + "/data" }

  @Test func `reads, varies and serves real photos`() throws {
    guard let data = Self.data else {
      print("skipped: FACESTYLE_SHARED does not name a folder with data/celeba and data/landmarks")
      return
    }
    var set = try PhotoSet(peopleIn: data + "/celeba")
    // Of all crops of that set.
    try set.setLandmarks([
      Point(59.6, 75.1), Point(100.2, 74.8), Point(80, 98.1), Point(63.4, 121.8), Point(96.9, 121.6)
    ])
    var more = try PhotoSet(photosIn: data + "/landmarks/images")
    more.setLandmarks(from: try LandmarkFile(path: data + "/landmarks/points.json"))
    set.append(more)
    let clock = ContinuousClock()
    var crops: Crops?
    let reading = try clock.measure { crops = try Crops(set) }
    let held = try #require(crops)
    print(
      "\(held.count) crops of \(set.people.count) people in \(reading), left out: \(held.leftOut.map { "\($0.path): \($0.reason)" })"
    )
    #expect(held.leftOut.isEmpty)

    for (name, augmentation) in [("none", Augmentation.none), ("standard", .standard), ("strong", .strong)] {
      let sampler = try Sampler(
        .shuffled(batch: 64, keepsRest: false), people: held.photos.map(\.person), state: .init(seed: 1))
      let reader = try BatchReader(held, sampler, augmentation, [.levels(side: 96)], ahead: 0)
      let serving = try clock.measure { for _ in 0..<10 { _ = try reader.next() } }
      print("\(name): \(serving / 640) a view of 96")
    }
    if let sheet = ProcessInfo.processInfo.environment["FACESTYLE_SHEET"] {
      try self.sheet(held).write(sheet)
    }
  }

  /// Four faces, each plain and varied seven times: half of it as a student's 96 pixels, half as a teacher's
  /// 150.
  private func sheet(_ crops: Crops) throws -> Image {
    var strong = Augmentation.strong
    (strong.blur, strong.coarse, strong.compression, strong.noise, strong.blend) = (0.3, 0.3, 0.3, 0.3, 0.2)
    let tile = 150, rows = 8
    var tiles: [[Float]] = []
    for row in 0..<rows {
      let index = (row / 2) * 97 + (row / 2 >= 2 ? crops.count - 400 : 0)
      for column in 0..<8 {
        let variation = column == 0 ? Variation() : Variation(strong, seed: 3, epoch: row / 2, index: column)
        let side = row % 2 == 0 ? 150 : 96
        let levels = try Storage<Float>(count: 3 * side * side)
        try crops.render(index, variation, [.levels(side: side)], into: [levels])
        tiles.append(levels.values)
      }
    }
    return try Image(width: 8 * tile, height: rows * tile) { y, target in
      for x in 0..<(8 * tile) {
        let side = y / tile % 2 == 0 ? 150 : 96
        let (ty, tx) = (y % tile, x % tile)
        for c in 0..<3 {
          target[3 * x + c] =
            ty < side && tx < side
            ? UInt8(tiles[y / tile * 8 + x / tile][3 * (ty * side + tx) + c] + 0.5) : 30
        }
      }
    }
  }
}
