import Faces
import Foundation
import Images
import Networks
import Tensors
import TestSupport
import Testing

@Suite struct CropsTests {
  @Test func `a crop is the aligned picture with a margin`() throws {
    let crops = try peopleCrops(1, photos: 1)
    #expect(crops.side == 72)
    let folder = try TemporaryFolder()
    try folder.write("a.png", face(160, 160))
    let photo = try Image.open(folder.path + "/a.png")
    let plain = try AlignmentTemplate.meanFace.scaled(to: 60).chip(photo, meanPoints)
    let inner = try crops.image(0).cropped(x: 6, y: 6, width: 60, height: 60)
    // The margin is added to the template's points in Float: now and then a level rounds the other way.
    #expect(zip(inner.bytes, plain.bytes).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
  }

  @Test func `a view with everything off is the plain aligned crop`() throws {
    let crops = try peopleCrops(1, photos: 1)
    let view = try Storage<Float>(repeating: -1, count: 60 * 60 * 3)
    try crops.render(
      0, Variation(.none, seed: 5, epoch: 3, index: 7), [.levels(side: 60)], into: [view])
    #expect(
      view.values == (try crops.image(0).cropped(x: 6, y: 6, width: 60, height: 60)).bytes.map { Float($0) })
  }

  @Test func `a view is written at its place among others, and nowhere else`() throws {
    let crops = try peopleCrops(1, photos: 1), format = ViewFormat.levels(side: 8)
    let one = try Storage<Float>(count: format.count)
    let three = try Storage<Float>(repeating: -1, count: 3 * format.count)
    try crops.render(0, Variation(), [format], into: [one])
    try crops.render(0, Variation(), [format], into: [three], at: 1)
    let untouched = [Float](repeating: -1, count: format.count)
    #expect(three.values == untouched + one.values + untouched)
    for place in [-1, 3] {
      #expect(
        outcome { try crops.render(0, Variation(), [format], into: [three], at: place) }
          == "internalError: 1 formats into 1 batches, at view \(place)")
    }
  }

  @Test func `a view is preprocessed as the network's pictures are`() throws {
    let crops = try peopleCrops(1, photos: 1)
    let vgg = Architecture.vgg19
    let view = try Storage<Float>(repeating: -1, count: 60 * 60 * 3)
    let wanted = try Storage<Float>(repeating: -1, count: view.count)
    try crops.render(0, Variation(), [ViewFormat(vgg, side: 60)], into: [view])
    let chip = try crops.image(0).cropped(x: 6, y: 6, width: 60, height: 60)
    withPointers(wanted, chip.pixels) { vgg.fill($0, $1, height: 60, width: 60) }
    #expect(view.values == wanted.values)
  }

  @Test func `a view need not be square`() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.png", face(46, 56))
    let set = try PhotoSet(photosIn: folder.path)
    var options = Crops.Options()
    (options.framing, options.frame) = (.whole, 56)
    let crops = try Crops(set, options)
    let format = ViewFormat(height: 56, width: 46)
    let view = try Storage<Float>(repeating: -1, count: format.count)
    try crops.render(0, Variation(), [format], into: [view])
    // Stretched to a square and back, the photo is itself but for what two bilinear mixings blur.
    let photo = try Image.open(folder.path + "/a.png").bytes
    let apart = zip(view.values, photo).map { abs($0 - Float($1)) }.reduce(0, +) / Float(photo.count)
    #expect(apart < 8)
    #expect(throws: Failure.self) { try ViewFormat(height: 0, width: 46).check() }
  }

  @Test func `photos that cannot be used are left out with their reasons`() throws {
    let folder = try TemporaryFolder()
    try folder.write("a/good.png", face(100, 100))
    try folder.write("a/broken.jpg", [0xFF, 0xD8, 0xFF, 1, 2])
    try folder.write("a/tiny.png", face(9, 100))
    try folder.write("a/none.png", face(100, 100))
    try folder.write("a/same.png", face(100, 100))
    try folder.write("a/away.png", face(100, 100))
    try folder.write("a/small.png", face(100, 100))
    var set = try PhotoSet(peopleIn: folder.path)
    let points: [(String, [[Double]])] = [
      ("good", meanPoints.map { [Double($0.x) / 2, Double($0.y) / 2] }),
      ("broken", meanPoints.map { [Double($0.x), 1] }),
      ("tiny", [[1, 1], [2, 2], [3, 1], [4, 4], [5, 5]]), ("same", [[Double]](repeating: [5, 5], count: 5)),
      ("away", meanPoints.map { [Double($0.x) + 900, Double($0.y)] }),
      ("small", meanPoints.map { [Double($0.x) / 20 + 40, Double($0.y) / 20 + 40] })
    ]
    let endings = ["broken": "jpg"]
    let json =
      "{" + points.map { "\"a/\($0.0).\(endings[$0.0] ?? "png")\": \($0.1)" }.joined(separator: ",") + "}"
    set.setLandmarks(from: try LandmarkFile(parsing: Storage(copying: Array(json.utf8))))
    for threads in 1...4 {
      try withPool(threads: threads) {
        let crops = try Crops(set)
        #expect(crops.photos.map(\.name) == ["a/good.png"])
        let names = crops.leftOut.map { $0.path.split(separator: "/").last.map(String.init) ?? "" }
        #expect(names == ["away.png", "broken.jpg", "none.png", "same.png", "small.png", "tiny.png"])
        for (reason, words) in zip(
          crops.leftOut.map(\.reason),
          [
            "landmarks outside", "JPEG", "no landmarks", "landmarks all fall", "a face in 7.",
            "picture of 9x100"
          ])
        {
          #expect(reason.contains(words), "\(reason)")
          #expect(!reason.contains(folder.path))
        }
      }
    }
    set.append(PhotoSet())
    #expect(outcome { try Crops(PhotoSet()) } == "invalidArgument: no photos to learn from")
    try set.setLandmarks([Point](repeating: Point(1, 1), count: 5))
    #expect(outcome { try Crops(set) }.hasPrefix("invalidArgument: none of 7 photos can be used"))
    #expect(outcome { try Crops(set) { _ in false } }.hasPrefix("cancelled"))
    var options = Crops.Options()
    options.frame = 3
    #expect(outcome { try Crops(set, options) } == "invalidArgument: frame 3; expected 8 to 4096")
  }

  @Test func `crops that are made again are those that are held`() throws {
    let folder = try peopleFolder(2, photos: 2)
    var set = try PhotoSet(peopleIn: folder.path)
    try set.setLandmarks(meanPoints)
    var options = Crops.Options()
    let held = try Crops(set, options)
    options.memoryLimit = 1000
    let again = try Crops(set, options)
    for i in 0..<4 { #expect(try held.image(i).bytes == again.image(i).bytes) }
    try FileManager.default.removeItem(atPath: set.photos[1].path)
    #expect(outcome { try again.image(1) }.hasPrefix("io: "))
    #expect(outcome { try held.image(1) } == "")  // no file is needed any more
  }

  @Test func `whole photos are stretched, for sets without landmarks`() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.png", face(92, 112))
    var options = Crops.Options()
    (options.framing, options.frame, options.margin) = (.whole, 64, 4)
    let crop = try Crops(PhotoSet(photosIn: folder.path), options).image(0)
    let inner = try face(92, 112).resized(width: 64, height: 64, filter: .bilinear)
    #expect(crop.width == 72)
    #expect(try crop.cropped(x: 4, y: 4, width: 64, height: 64).bytes == inner.bytes)
    #expect(Array(crop.row(0)[0..<3]) == Array(inner.row(0)[0..<3]))
  }
}
