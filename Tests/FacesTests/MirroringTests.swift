import Faces
import Images
import Networks
import Tensors
import TestSupport
import Testing

/// An embedder of random numbers.
private func embedder(_ architecture: Architecture, mirrored: String?) throws -> Embedder {
  try Embedder(randomModel(architecture, ["threshold": "0.5", "mirrored": mirrored]))
}

private func embedding(_ embedder: Embedder, _ chip: Image) throws -> [Float] {
  try embedder.embed(count: 1) { _ in chip }.values
}

@Suite struct MirroringTests {
  /// Their embeddings have length 1, and any length.
  private static let names = ["nn4.small2", "dlib-resnet"]

  @Test(arguments: names)
  func `is the mean of a picture's embedding and its mirror image's, as long as these`(name: String) throws {
    let architecture = try #require(Architecture.named(name))
    let plain = try embedder(architecture, mirrored: nil),
      mirrored = try embedder(architecture, mirrored: "mean")
    let chip = try face(plain.width, plain.height), other = try chip.turned(.mirrored)
    let a = try embedding(plain, chip), b = try embedding(plain, other)
    var wanted = zip(a, b).map { ($0 + $1) / 2 }
    if name == "nn4.small2" {
      let length = wanted.reduce(0) { $0 + $1 * $1 }.squareRoot()
      wanted = wanted.map { $0 / length }
    }
    let found = try embedding(mirrored, chip), scale = wanted.map(abs).max() ?? 0
    #expect(a != b && scale > 0)
    #expect(zip(found, wanted).allSatisfy { abs($0 - $1) <= Float(Tolerance.float) * scale })
  }

  @Test func `is the same for the mirror image, to the bit, and near it for one picture of many`() throws {
    let embedder = try embedder(.nn4Small2(), mirrored: "mean")
    let chip = try face(96, 96), other = try chip.turned(.mirrored), third = try face(96, 96, seed: 3)
    let one = try embedding(embedder, chip)
    #expect(try embedding(embedder, other) == one)
    let many = try embedder.embed(count: 35) { $0 == 34 ? chip : third }.values
    #expect(zip(many[(34 * 128)...], one).allSatisfy { abs($0 - $1) < Float(Tolerance.float) })
  }

  @Test func `a model says no, or mean, or is refused`() throws {
    let plain = try embedder(.siamese(), mirrored: nil), told = try embedder(.siamese(), mirrored: "no")
    let chip = try face(92, 112)
    #expect(try embedding(plain, chip) == embedding(told, chip))
    #expect(
      outcome { try embedder(.siamese(), mirrored: "yes") }
        == "badData: model: mirrored \"yes\"; expected mean or no")
    let information = try [nil, "no", "mean"].map {
      try ModelInformation(randomModel(.siamese(), ["mirrored": $0]))
    }
    #expect(information.map { $0.isMirrored } == [false, false, true])
  }

  @Test func `both pictures need no more memory than one, as each has its pass`() throws {
    let plain = try embedder(.nn4Small2(), mirrored: nil),
      mirrored = try embedder(.nn4Small2(), mirrored: "mean")
    try withPool(threads: 1) {
      for count in [0, 1, 40] {
        let one = try plain.memoryNeeded(count: count), both = try mirrored.memoryNeeded(count: count)
        #expect(one == both)
      }
    }
  }

  @Test func `a mirrored picture's gradient is the mirror image of the picture's`() throws {
    let embedder = try embedder(.siamese(), mirrored: "mean")
    let a = try face(92, 112, seed: 1), b = try face(92, 112, seed: 2)
    let found = try embedder.distanceGradients(a, b)
    let turned = try embedder.distanceGradients(a.turned(.mirrored), b)
    #expect(turned.squaredDistance == found.squaredDistance)
    let largest = found.a.values.map(abs).max() ?? 0
    var worst: Float = 0
    for pixel in 0..<(112 * 92) {
      let other = pixel / 92 * 92 + 91 - pixel % 92
      for c in 0..<3 {
        worst = max(worst, abs(found.a.values[3 * pixel + c] - turned.a.values[3 * other + c]))
      }
    }
    #expect(largest > 0 && worst <= Float(Tolerance.float) * largest)
    let (x, y) = (try embedding(embedder, a), try embedding(embedder, b))
    let distance = zip(x, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect(abs(distance - found.squaredDistance) <= Float(Tolerance.float))
  }
}
