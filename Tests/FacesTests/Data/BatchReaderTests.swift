import CSystem
import Faces
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct BatchReaderTests {
  private func reader(_ crops: Crops, ahead: Int, state: SamplerState = .init(seed: 11)) throws -> BatchReader
  {
    let sampler = try Sampler(
      .people(2, photos: 3, repeats: true), people: crops.photos.map(\.person), state: state)
    return try BatchReader(crops, sampler, .strong, [.levels(side: 32), .levels(side: 50)], ahead: ahead)
  }

  @Test func `gives the same batches whatever the timing and the threads`() throws {
    let crops = try peopleCrops(4, photos: 3)
    let plain = try reader(crops, ahead: 0)
    let wanted = try (0..<7).map { _ in try plain.next() }
    for (threads, ahead) in [(1, 1), (2, 2), (3, 5), (4, 64)] {
      try withPool(threads: threads) {
        let reader = try reader(crops, ahead: ahead)
        for (i, batch) in wanted.enumerated() {
          if i % 3 == ahead % 3 { usleep(20_000) }
          let seen = try reader.next()
          #expect(
            seen.sample == batch.sample && seen.people == batch.people && seen.variations == batch.variations)
          #expect(seen.state == batch.state)
          #expect(seen.views.map(\.values) == batch.views.map(\.values))
        }
      }
    }
    #expect(wanted[0].views.map(\.shape.extents) == [[6, 32, 32, 3], [6, 50, 50, 3]])
    #expect(wanted[0].people == wanted[0].sample.photos.map { crops.photos[$0].person ?? -1 })
  }

  @Test func `goes on exactly behind a batch`() throws {
    let crops = try peopleCrops(4, photos: 3)
    let first = try reader(crops, ahead: 2)
    for _ in 0..<3 { _ = try first.next() }
    let state = try first.next().state
    let resumed = try reader(crops, ahead: 1, state: state)
    for _ in 0..<4 { #expect(try first.next().views.map(\.values) == resumed.next().views.map(\.values)) }
  }

  @Test func `stops at any moment and answers so from then on`() throws {
    let crops = try peopleCrops(2, photos: 3)
    for delay in 0..<20 {
      let reader = try reader(crops, ahead: 1 + delay % 3)
      usleep(UInt32(delay * 300))
      if delay % 2 == 0 { _ = try reader.next() }
      reader.stop()
      reader.stop()
      #expect(outcome { try reader.next() }.hasPrefix("cancelled: "))
    }
    for _ in 0..<20 { _ = try reader(crops, ahead: 4) }  // dropped without a word
  }

  @Test(arguments: [0, 2])
  func `passes a failure on, in its turn and for good`(ahead: Int) throws {
    let folder = try peopleFolder(2, photos: 2)
    var set = try PhotoSet(peopleIn: folder.path)
    try set.setLandmarks(meanPoints)
    var options = Crops.Options()
    options.memoryLimit = 0
    let crops = try Crops(set, options)
    for photo in set.photos { try FileManager.default.removeItem(atPath: photo.path) }
    let reader = try BatchReader(
      crops, Sampler(.shuffled(batch: 2, keepsRest: true), people: [0, 0, 1, 1], state: .init(seed: 1)),
      .none,
      [.levels(side: 20)], ahead: ahead)
    for _ in 0..<3 { #expect(outcome { try reader.next() }.hasPrefix("io: ")) }
  }

  @Test func `refuses absurd numbers`() throws {
    let crops = try peopleCrops(2, photos: 2)
    let sampler = try Sampler(
      .shuffled(batch: 2, keepsRest: true), people: [0, 0, 1, 1], state: .init(seed: 1))
    var bad = Augmentation.none
    bad.noise = -1
    #expect(
      outcome { try BatchReader(crops, sampler, bad, [.levels(side: 9)]) }.hasPrefix("invalidArgument: noise")
    )
    #expect(outcome { try BatchReader(crops, sampler, .none, []) }.hasPrefix("invalidArgument: 0 formats"))
    #expect(
      outcome { try BatchReader(crops, sampler, .none, [.levels(side: 0)]) }.hasPrefix(
        "invalidArgument: views of 0"))
    #expect(
      outcome { try BatchReader(crops, sampler, .none, [.levels(side: 9)], ahead: 65) }.hasPrefix(
        "invalidArgument: 65"))
  }
}
