import Faces
import TestSupport
import Testing

@Suite struct SamplerTests {
  /// `counts[i]` photos of person i, then two of nobody.
  private func labels(_ counts: [Int]) -> [Int?] {
    counts.enumerated().flatMap { [Int?](repeating: $0.offset, count: $0.element) } + [nil, nil]
  }

  private func epoch(_ sampler: inout Sampler) -> [Sample] {
    (0..<sampler.batchesPerEpoch).map { _ in sampler.next() }
  }

  @Test func `shuffled: every photo once an epoch, in another order each time`() throws {
    var sampler = try Sampler(
      .shuffled(batch: 4, keepsRest: true), people: labels([5, 6]), state: .init(seed: 1))
    #expect(sampler.batchesPerEpoch == 4)
    let first = epoch(&sampler).flatMap(\.photos), second = epoch(&sampler).flatMap(\.photos)
    #expect(first.sorted() == Array(0..<13) && second.sorted() == Array(0..<13))
    #expect(first != second)
    var dropping = try Sampler(
      .shuffled(batch: 4, keepsRest: false), people: labels([5, 6]), state: .init(seed: 1))
    #expect(epoch(&dropping).map(\.photos.count) == [4, 4, 4])
    #expect(
      outcome {
        try Sampler(.shuffled(batch: 14, keepsRest: false), people: labels([5, 6]), state: .init(seed: 1))
      }
        == "invalidArgument: 13 photos, 13 of use, do not fill one batch of 14")
  }

  @Test func `people: P different people with K photos each, every photo comes if all repeat`() throws {
    let people = labels([3, 1, 8, 5, 4, 4, 2])
    var sampler = try Sampler(.people(3, photos: 4, repeats: true), people: people, state: .init(seed: 3))
    var seen = Set<Int>()
    for _ in 0..<40 {
      let batch = sampler.next()
      #expect(batch.photos.count == 12 && batch.isSame.isEmpty)
      var persons = Set<Int>()
      for run in 0..<3 {
        let own = batch.photos[(4 * run)..<(4 * run + 4)]
        let person = Set(own.map { people[$0] })
        #expect(person.count == 1 && person.first! != nil)
        persons.insert(person.first!!)
        // Nobody's photo comes twice before all have come.
        let most = people.filter { $0 == person.first! }.count
        #expect(Set(own).count == min(4, most))
      }
      #expect(persons.count == 3)
      seen.formUnion(batch.photos)
    }
    #expect(seen == Set(0..<27))
  }

  @Test func `people: without repeats those with too few photos stay away`() throws {
    let people = labels([3, 1, 8, 5, 4, 4, 2])
    var sampler = try Sampler(.people(4, photos: 4, repeats: false), people: people, state: .init(seed: 3))
    for batch in epoch(&sampler) {
      #expect(Set(batch.photos).count == 16)
      #expect(batch.photos.allSatisfy { [2, 3, 4, 5].contains(people[$0]) })
    }
    #expect(
      outcome { try Sampler(.people(5, photos: 4, repeats: false), people: people, state: .init(seed: 3)) }
        == "invalidArgument: 4 people with 4 photos or more; expected 5")
    #expect(
      outcome { try Sampler(.people(2, photos: 40, repeats: true), people: people, state: .init(seed: 3)) }
        == "")
  }

  @Test func `pairs: as many of one person as of two, each first once`() throws {
    let people = labels([3, 1, 8, 2])
    var sampler = try Sampler(.pairs(batch: 4), people: people, state: .init(seed: 8))
    var firsts: [Int] = [], same = 0, all = 0
    for batch in epoch(&sampler) {
      for (i, isSame) in batch.isSame.enumerated() {
        let (a, b) = (batch.photos[2 * i], batch.photos[2 * i + 1])
        #expect(a != b && people[a] != nil && people[b] != nil)
        #expect((people[a] == people[b]) == isSame)
        all += 1
        if isSame { same += 1; firsts.append(a) }
      }
    }
    #expect(all == 26 && same == 13)
    #expect(firsts.sorted() == Array(0..<3) + Array(4..<14))
    #expect(
      outcome { try Sampler(.pairs(batch: 4), people: labels([1, 1]), state: .init(seed: 8)) }.hasPrefix(
        "invalidArgument: 2 people, 0 of them"))
  }

  @Test func `lists come whole and in random order`() throws {
    let triplets = (0..<7).map { (anchor: $0, positive: $0 + 1, negative: $0 + 2) }
    var sampler = try Sampler(.listedTriplets(triplets, batch: 3), people: labels([9]), state: .init(seed: 2))
    let photos = epoch(&sampler).flatMap(\.photos)
    #expect(photos.count == 21)
    #expect((0..<7).map { photos[3 * $0] }.sorted() == Array(0..<7))
    #expect((0..<7).allSatisfy { photos[3 * $0 + 2] == photos[3 * $0] + 2 })
    var pairs = try Sampler(
      .listedPairs([(0, 1, true), (2, 3, false)], batch: 9), people: labels([4]), state: .init(seed: 2))
    let batch = pairs.next()
    #expect(batch.photos.count == 4 && batch.isSame.count == 2 && batch.isSame[0] == (batch.photos[0] == 0))
    #expect(
      outcome {
        try Sampler(.listedPairs([(0, 99, true)], batch: 1), people: labels([4]), state: .init(seed: 2))
      }
        == "invalidArgument: a list with photo 99 of 6")
  }

  @Test func `goes on exactly from a state`() throws {
    let people = labels([3, 1, 8, 5, 4, 4, 2])
    for sampling in [
      Sampling.shuffled(batch: 4, keepsRest: true), .people(3, photos: 2, repeats: true), .pairs(batch: 3)
    ] {
      var whole = try Sampler(sampling, people: people, state: .init(seed: 77))
      for _ in 0..<17 {
        var resumed = try Sampler(sampling, people: people, state: whole.state)
        let next = whole.next()
        #expect(resumed.next() == next)
        #expect(resumed.state == whole.state)
      }
    }
  }

  @Test func `absurd numbers are refused`() {
    for sampling in [
      Sampling.shuffled(batch: 0, keepsRest: true), .shuffled(batch: Int.max, keepsRest: true),
      .people(1, photos: 2, repeats: true),
      .people(60000, photos: 60000, repeats: true), .pairs(batch: -1), .listedTriplets([], batch: 2)
    ] {
      #expect(
        outcome { try Sampler(sampling, people: labels([4, 4]), state: .init(seed: 1)) }.hasPrefix(
          "invalidArgument"))
    }
    #expect(
      outcome { try Sampler(.pairs(batch: 1), people: [], state: .init(seed: 1)) }.hasPrefix(
        "invalidArgument"))
    #expect(
      outcome {
        try Sampler(.pairs(batch: 1), people: labels([4, 4]), state: .init(seed: 1, epoch: 0, position: 99))
      }
      .hasPrefix("invalidArgument: a sampler at batch 99"))
  }
}
