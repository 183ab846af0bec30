import Faces
import Tensors
import Testing

@Suite struct GalleryTests {
  private func gallery() throws -> Gallery { try Gallery(dimension: 3, fingerprint: 7, defaultThreshold: 0.6) }

  private func identify(_ gallery: Gallery, _ x: [Float], _ threshold: Float = -1) throws -> Match {
    try x.withUnsafeBufferPointer { x throws(Failure) in try gallery.identify(x, threshold) }
  }

  private func add(_ gallery: Gallery, _ name: String, _ x: [Float]) throws {
    try x.withUnsafeBufferPointer { x throws(Failure) in try gallery.add(name, x) }
  }

  @Test func `names the nearest person within the threshold`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [1, 0, 0])
    try add(gallery, "bob", [0, 1, 0])
    let match = try identify(gallery, [0.9, 0.1, 0])
    #expect(match.isKnown && match.name == "ada")
    #expect(abs(match.distance - Float(0.02).squareRoot()) < 1e-6)
  }

  @Test func `a stranger stays a stranger, with the nearest name told`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [1, 0, 0])
    let match = try identify(gallery, [0, 0, 1])
    #expect(!match.isKnown && match.name == "ada" && abs(match.distance - Float(2).squareRoot()) < 1e-6)
  }

  @Test func `a distance of exactly the threshold is the same person`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [0, 0, 0])
    #expect(try identify(gallery, [0.5, 0, 0], 0.5).isKnown)
    #expect(try !identify(gallery, [0.5, 0, 0], 0.499).isKnown)
  }

  @Test func `the nearest of several photos counts`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [1, 0, 0])
    try add(gallery, "bob", [0, 1, 0])
    try add(gallery, "ada", [0, 0.9, 0])
    #expect(gallery.people == 2 && gallery.photos == 3)
    #expect(try identify(gallery, [0, 0.8, 0]).name == "ada")
    let verdict = try [Float]([0, 0.8, 0]).withUnsafeBufferPointer { x throws(Failure) in try gallery.verify("ada", x, -1) }
    #expect(verdict.isSame && abs(verdict.distance - 0.1) < 1e-6)
  }

  @Test func `an empty gallery knows nobody`() throws {
    let match = try identify(try gallery(), [0, 0, 0], .infinity)
    #expect(!match.isKnown && match.name.isEmpty && match.distance == .infinity)
  }

  @Test func `removing a person leaves the others as they were`() throws {
    let gallery = try gallery()
    for i in 0..<40 { try add(gallery, "p\(i % 4)", [Float(i % 4), Float(i) * 0.01, 0]) }
    try gallery.remove("p1")
    #expect(gallery.people == 3 && gallery.photos == 30)
    for (person, name) in [(0, "p0"), (2, "p2"), (3, "p3")] {
      #expect(try identify(gallery, [Float(person), 0.1, 0]).name == name)
    }
    #expect(throws: Failure.self) { try gallery.remove("p1") }
  }

  @Test func `embeddings of another length or with a NaN are refused`() throws {
    let gallery = try gallery()
    #expect(throws: Failure.self) { try add(gallery, "ada", [1, 2]) }
    #expect(throws: Failure.self) { try add(gallery, "ada", [1, .nan, 2]) }
    #expect(throws: Failure.self) { try identify(gallery, [.infinity, 0, 0]) }
    #expect(gallery.people == 0)
  }

  @Test func `a threshold is 0 or more, or the model's own`() throws {
    #expect(try chosenThreshold(-1, default: 0.6) == 0.6)
    #expect(try chosenThreshold(0, default: 0.6) == 0)
    #expect(throws: Failure.self) { try chosenThreshold(-0.5, default: 0.6) }
    #expect(throws: Failure.self) { try chosenThreshold(.nan, default: 0.6) }
  }
}
