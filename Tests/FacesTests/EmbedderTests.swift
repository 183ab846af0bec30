import Faces
import Images
import Networks
import Tensors
import TestSupport
import Testing

/// A model of random numbers.
private func model(_ architecture: Architecture, template: String? = nil) throws -> Model {
  try randomModel(architecture, ["threshold": "0.5", "template": template])
}

private func points(_ template: AlignmentTemplate) -> Face {
  Face(box: Box(left: 0, top: 0, right: 1, bottom: 1), score: 1, landmarks: template.points)
}

@Suite struct EmbedderTests {
  private let siamese = Result { try Embedder(model(.siamese())) }

  private func embeddings(
    _ embedder: Embedder, _ count: Int, _ chip: (Int) throws(Failure) -> Image
  ) throws -> [Float] {
    try embedder.embed(count: count, chip: chip).values
  }

  @Test func `a network whose pictures are no squares sees whole photos, stretched`() throws {
    let embedder = try siamese.get(), photo = try face(200, 150)
    #expect(
      !embedder.isAligning && (embedder.width, embedder.height) == (92, 112) && embedder.dimension == 128)
    let chip = try embedder.chip(photo, nil)
    #expect(chip.bytes == (try photo.resized(width: 92, height: 112, filter: .bilinear)).bytes)
    let whole = try embedder.mainFace(of: photo, nil)
    #expect(
      whole.box == Box(left: 0, top: 0, right: 200, bottom: 150) && whole.landmarks.isEmpty
        && whole.score == 1)
    #expect(
      outcome { try embedder.chip(photo, points(.meanFace)) }
        == "wrongModel: a face for a siamese that sees whole pictures; expected none")
  }

  @Test func `a network of squares sees faces, unless its file says that it sees whole photos`() throws {
    let photo = try face(150, 150)
    let aligned = try Embedder(model(.nn4Small2())),
      whole = try Embedder(model(.nn4Small2(), template: "whole"))
    #expect(aligned.isAligning && !whole.isAligning && (whole.width, whole.height) == (96, 96))
    #expect(
      outcome { try aligned.chip(photo, nil) }
        == "invalidArgument: no face; expected one: a nn4.small2 sees aligned faces")
    #expect(
      outcome { try aligned.mainFace(of: photo, nil) }
        == "invalidArgument: no detector; expected one: a nn4.small2 sees aligned faces")
    let chip = try aligned.chip(photo, points(.meanFace))
    #expect(chip.bytes == (try AlignmentTemplate.meanFace.scaled(to: 96).chip(photo, meanPoints)).bytes)
    #expect(
      outcome { try Embedder(model(.nn4Small2(), template: "half")) }
        == "badData: model: template \"half\" is not made of numbers")
  }

  @Test func `a file may say where a network that is no square sees the points`() throws {
    let template = AlignmentTemplate.meanFace.scaled(to: 112)
    let embedder = try Embedder(model(.siamese(), template: Framing.aligned(template).text))
    #expect(embedder.isAligning)
    let photo = try face(150, 150)
    let chip = try embedder.chip(photo, points(.meanFace)), square = try template.chip(photo, meanPoints)
    #expect((chip.width, chip.height) == (92, 112))
    // The same rows, their columns nearer to each other: pixel x is the square's x * 112 / 92.
    let wanted = try square.warped(by: Affine(92.0 / 112, 0, 0, 0, 1, 0), width: 92, height: 112)
    let worst = zip(chip.bytes, wanted.bytes).map { abs(Int($0) - Int($1)) }.max() ?? 255
    #expect(worst <= 2)  // the square's levels are rounded once more
  }

  @Test func `embeddings are written when all are known`() throws {
    let embedder = try siamese.get(), chip = try face(92, 112), other = try face(92, 112, seed: 3),
      large = try face(93, 112)
    let all = try embeddings(embedder, 35) { $0 == 34 ? other : chip }
    let one = try embeddings(embedder, 1) { _ in chip }, last = try embeddings(embedder, 1) { _ in other }
    #expect(zip(all[..<128], one).allSatisfy { abs($0 - $1) < Float(Tolerance.float) })
    #expect(zip(all[(34 * 128)...], last).allSatisfy { abs($0 - $1) < Float(Tolerance.float) })

    let refusal = outcome { try embedder.embed(count: 35) { $0 == 34 ? large : chip } }
    #expect(refusal == "invalidArgument: an aligned picture of 93x112; expected 92x112")
  }

  @Test func `pictures are asked for one after the other, and let go`() throws {
    final class Watch { var asked: [Int] = []; weak var before: Image?; var held = 0 }
    let embedder = try siamese.get(), watch = Watch()
    _ = try embeddings(embedder, 20) { i throws(Failure) in
      if watch.before != nil { watch.held += 1 }
      let image = try Image(width: 92, height: 112)
      watch.asked.append(i)
      watch.before = image
      return image
    }
    #expect(watch.asked == Array(0..<20) && watch.held == 0)
  }

  @Test func `its forecast of memory is the same for any large number`() throws {
    let embedder = try siamese.get()
    try withPool(threads: 2) {
      let needed = try [0, 16, .max].map { try embedder.memoryNeeded(count: $0) }
      #expect(needed[0] == 0 && needed[1] == needed[2])
    }
  }
}

@Suite struct FramingTests {
  @Test func `what a model's text says is read again to the bit`() throws {
    for side in [96, 112, 150] {
      let template = AlignmentTemplate.arcFace.scaled(to: side)
      guard case .aligned(let read) = try Framing(Framing.aligned(template).text, side: side) else {
        Issue.record("not aligned")
        continue
      }
      #expect(read.side == side && read.points == template.points)
    }
    guard case .whole = try Framing(Framing.whole.text, side: 96) else {
      Issue.record("not whole")
      return
    }
    #expect(
      outcome { try Framing("1 2 3", side: 96) } == "badData: model: template has 3 numbers; expected 10")
  }

  @Test func `photos are seen by their points, and whole where none has any`() throws {
    let folder = try peopleFolder(2, photos: 2)
    var some = try PhotoSet(peopleIn: folder.path)
    let none = some
    try some.setLandmarks(meanPoints)
    some.append(none)
    guard case .aligned(let template) = Framing.training(on: some), case .whole = Framing.training(on: none)
    else {
      Issue.record("taken for the other")
      return
    }
    #expect(template.points == meanPoints)
  }
}
