import Tensors

/// How a batch is composed.
package enum Sampling {
  /// All photos, each once per epoch, in random order. A remainder smaller than `batch` is a batch of its
  /// own, or left out.
  case shuffled(batch: Int, keepsRest: Bool)
  /// P x K: `people` different people with `photos` photos each, person after person; FaceNet uses 40 photos.
  /// Each person's photos are divided into runs of K; a last, shorter run is filled with other photos of the
  /// person, and with repetitions if there are fewer than K. With `repeats` false it is left out instead, and
  /// so are people with fewer than K. The rest of an epoch, when fewer than P people remain, is left out.
  /// Unlabelled photos are not used.
  case people(_ people: Int, photos: Int, repeats: Bool)
  /// `batch` pairs, alternately of one person and of two: each photo of a person with at least two photos is
  /// once the first of a pair of one person. The photos of a pair are adjacent.
  case pairs(batch: Int)
  /// Pairs or triplets from a list, in random order, as indices of photos; those of a pair are adjacent.
  case listedPairs([(first: Int, second: Int, isSame: Bool)], batch: Int)
  case listedTriplets([(anchor: Int, positive: Int, negative: Int)], batch: Int)
}

/// A sampler's position: with the same seed and photos, it determines all later batches.
package struct SamplerState: Equatable, Sendable {
  package var seed: UInt64
  package var epoch: Int
  /// The number of the epoch's batches that have been drawn.
  package var position: Int

  package init(seed: UInt64, epoch: Int = 0, position: Int = 0) {
    (self.seed, self.epoch, self.position) = (seed, epoch, position)
  }
}

/// The photos of one batch.
package struct Sample: Equatable, Sendable {
  /// Indices of photos, in the order of the batch.
  package var photos: [Int]
  /// For pairs: whether each is of one person. Empty otherwise.
  package var isSame: [Bool] = []
  package var epoch: Int
  /// The index of the first photo within the epoch: photo i of the batch has index `first + i`.
  package var first: Int
}

/// Draws batches endlessly, epoch after epoch, each a function of seed, epoch and position.
package struct Sampler {
  package private(set) var state: SamplerState
  private let sampling: Sampling
  /// The photos of each person, and the person of each photo; -1 if unlabelled.
  private let photosOf: [[Int]]
  private let personOf: [Int]
  /// All labelled photos, person after person, and the start of each person's: for drawing a stranger.
  private let labelled: [Int]
  private let starts: [Int]
  /// The batches of the current epoch: photos, one unit (photo, pair, triplet) after another.
  private var epoch: (number: Int, photos: [Int], isSame: [Bool])
  private let batchPhotos: Int
  private let keepsRest: Bool

  /// - Parameter people: of each photo, as `FacePhoto.person`.
  /// - Throws: `.invalidArgument` if the photos do not suffice for a single batch, or for a number out of
  ///   range.
  package init(_ sampling: Sampling, people: [Int?], state: SamplerState) throws(Failure) {
    var photosOf: [[Int]] = [], numbers: [Int: Int] = [:], personOf: [Int] = []
    for (photo, person) in people.enumerated() {
      guard let person else {
        personOf.append(-1)
        continue
      }
      let number = numbers[person] ?? photosOf.count
      if number == photosOf.count {
        numbers[person] = number
        photosOf.append([])
      }
      photosOf[number].append(photo)
      personOf.append(number)
    }
    var labelled: [Int] = [], starts: [Int] = []
    for photos in photosOf {
      starts.append(labelled.count)
      labelled += photos
    }
    starts.append(labelled.count)
    self.sampling = sampling
    self.photosOf = photosOf
    self.personOf = personOf
    self.labelled = labelled
    self.starts = starts
    (batchPhotos, keepsRest) = try Sampler.batch(sampling, photosOf, personOf.count)
    self.state = state
    guard state.epoch >= 0, state.position >= 0 else {
      throw .invalidArgument("a sampler at epoch \(state.epoch), batch \(state.position); expected 0 or more")
    }
    epoch = (-1, [], [])
    epoch = made(state.epoch)
    guard batchesPerEpoch > 0 else {
      throw .invalidArgument(
        "\(people.count) photos, \(epoch.photos.count) of use, do not fill one batch of \(batchPhotos)")
    }
    guard state.position <= batchesPerEpoch else {
      throw .invalidArgument("a sampler at batch \(state.position) of an epoch of \(batchesPerEpoch)")
    }
  }

  /// Of the current epoch; with P x K another epoch may have a batch more or less.
  package var batchesPerEpoch: Int {
    let (whole, rest) = epoch.photos.count.quotientAndRemainder(dividingBy: batchPhotos)
    return whole + (keepsRest && rest > 0 ? 1 : 0)
  }

  package mutating func next() -> Sample {
    while state.position >= batchesPerEpoch {
      state.epoch += 1
      state.position = 0
      epoch = made(state.epoch)
    }
    let first = state.position * batchPhotos
    let range = first..<min(first + batchPhotos, epoch.photos.count)
    state.position += 1
    var sample = Sample(photos: Array(epoch.photos[range]), epoch: state.epoch, first: first)
    if !epoch.isSame.isEmpty {
      sample.isSame = Array(epoch.isSame[(range.lowerBound / 2)..<(range.upperBound / 2)])
    }
    return sample
  }

  /// Checks the parameters of a sampling. Returns the photos of a batch, and whether a smaller last batch is
  /// used.
  private static func batch(
    _ sampling: Sampling, _ photosOf: [[Int]], _ count: Int
  ) throws(Failure) -> (photos: Int, keepsRest: Bool) {
    func check(_ name: StaticString, _ number: Int, from first: Int = 1) throws(Failure) {
      let range = first...(1 << 16)
      guard range.contains(number) else {
        throw .invalidArgument("\(name) of \(number); expected \(range.lowerBound) to \(range.upperBound)")
      }
    }
    func check(photo: Int) throws(Failure) {
      guard photo >= 0, photo < count else {
        throw .invalidArgument("a list with photo \(photo) of \(count)")
      }
    }
    switch sampling {
    case .shuffled(let batch, let keepsRest):
      try check("a batch", batch)
      return (batch, keepsRest)
    case .people(let people, let photos, let repeats):
      try check("people", people, from: 2)
      try check("photos of a person", photos, from: 2)
      try check("a batch", people * photos)
      var usable = 0
      for own in photosOf where repeats || own.count >= photos { usable += 1 }
      guard usable >= people else {
        throw .invalidArgument(
          "\(usable) people with \(repeats ? "photos" : "\(photos) photos or more"); expected \(people)")
      }
      return (people * photos, false)
    case .pairs(let batch):
      try check("a batch", batch)
      var couples = 0
      for own in photosOf where own.count >= 2 { couples += 1 }
      guard couples >= 1, photosOf.count >= 2 else {
        throw .invalidArgument(
          "\(photosOf.count) people, \(couples) of them with two photos or more; expected 2 and 1")
      }
      return (2 * batch, true)
    case .listedPairs(let pairs, let batch):
      try check("a batch", batch)
      for pair in pairs {
        try check(photo: pair.first)
        try check(photo: pair.second)
      }
      return (2 * batch, true)
    case .listedTriplets(let triplets, let batch):
      try check("a batch", batch)
      for triplet in triplets {
        try check(photo: triplet.anchor)
        try check(photo: triplet.positive)
        try check(photo: triplet.negative)
      }
      return (3 * batch, true)
    }
  }

  private func made(_ number: Int) -> (number: Int, photos: [Int], isSame: [Bool]) {
    var random = Generator(seed: state.seed, UInt64(truncatingIfNeeded: number), 0x5A3D_11E5)
    switch sampling {
    case .shuffled: return (number, random.shuffled(Array(personOf.indices)), [])
    case .people(let people, let photos, let repeats):
      return (number, peopleEpoch(people, photos, repeats, &random), [])
    case .pairs:
      let (photos, isSame) = pairsEpoch(&random)
      return (number, photos, isSame)
    case .listedPairs(let pairs, _):
      var photos: [Int] = [], isSame: [Bool] = []
      for i in random.shuffled(Array(pairs.indices)) {
        photos += [pairs[i].first, pairs[i].second]
        isSame.append(pairs[i].isSame)
      }
      return (number, photos, isSame)
    case .listedTriplets(let triplets, _):
      var photos: [Int] = []
      for i in random.shuffled(Array(triplets.indices)) {
        photos += [triplets[i].anchor, triplets[i].positive, triplets[i].negative]
      }
      return (number, photos, [])
    }
  }

  private func peopleEpoch(_ people: Int, _ photos: Int, _ repeats: Bool, _ random: inout Generator) -> [Int]
  {
    var runs: [(person: Int, photos: [Int])] = []
    for (person, own) in photosOf.enumerated() {
      let order = random.shuffled(own)
      for first in stride(from: 0, to: order.count, by: photos) {
        var run = Array(order[first..<min(first + photos, order.count)])
        if run.count < photos {
          guard repeats else { break }
          // Continues with the person's photos from the start.
          var next = 0
          while run.count < photos {
            run.append(order[next])
            next = (next + 1) % order.count
          }
        }
        runs.append((person, run))
      }
    }
    runs = random.shuffled(runs)
    // A run of a person who is already in the batch waits for the next batch.
    var epoch: [Int] = [], waiting: [(person: Int, photos: [Int])] = [], next = 0
    while true {
      var batch: [Int] = [], isIn = Set<Int>(), stillWaiting: [(person: Int, photos: [Int])] = []
      for run in waiting {
        if isIn.count < people, isIn.insert(run.person).inserted {
          batch += run.photos
        } else {
          stillWaiting.append(run)
        }
      }
      while isIn.count < people, next < runs.count {
        let run = runs[next]
        next += 1
        if isIn.insert(run.person).inserted {
          batch += run.photos
        } else {
          stillWaiting.append(run)
        }
      }
      guard isIn.count == people else { return epoch }
      epoch += batch
      waiting = stillWaiting
    }
  }

  private func pairsEpoch(_ random: inout Generator) -> (photos: [Int], isSame: [Bool]) {
    var firsts: [Int] = []
    for own in photosOf where own.count >= 2 { firsts += own }
    firsts = random.shuffled(firsts)
    let others = random.shuffled(labelled)  // at least as many
    var photos: [Int] = [], isSame: [Bool] = []
    for (first, other) in zip(firsts, others) {
      let own = photosOf[personOf[first]]
      let friend = own[random.below(own.count - 1)]
      photos += [first, friend == first ? own[own.count - 1] : friend]
      isSame.append(true)
      let person = personOf[other], count = photosOf[person].count
      let stranger = random.below(labelled.count - count)
      photos += [other, labelled[stranger < starts[person] ? stranger : stranger + count]]
      isSame.append(false)
    }
    return (photos, isSame)
  }
}

extension PhotoSet {
  /// Replaces the photos' names in lists by indices.
  /// - Throws: `.notFound` naming the photo that the set lacks.
  package static func numbers(
    _ photos: [FacePhoto], of pairs: [PhotoList.Pair]
  ) throws(Failure)
    -> [(first: Int, second: Int, isSame: Bool)]
  {
    let index = PhotoIndex(photos)
    return try pairs.map { pair throws(Failure) in
      (try index[pair.first], try index[pair.second], pair.isSame)
    }
  }

  package static func numbers(
    _ photos: [FacePhoto], of triplets: [PhotoList.Triplet]
  ) throws(Failure)
    -> [(anchor: Int, positive: Int, negative: Int)]
  {
    let index = PhotoIndex(photos)
    return try triplets.map { triplet throws(Failure) in
      (try index[triplet.anchor], try index[triplet.positive], try index[triplet.negative])
    }
  }
}

/// Photos by name. Bytes are compared: two spellings of a letter are two names, as they are two files.
private struct PhotoIndex {
  private var numbers: [[UInt8]: Int] = [:]

  init(_ photos: [FacePhoto]) {
    for (i, photo) in photos.enumerated() where numbers[Array(photo.name.utf8)] == nil {
      numbers[Array(photo.name.utf8)] = i
    }
  }

  subscript(name: String) -> Int {
    get throws(Failure) {
      guard let number = numbers[Array(name.utf8)] else {
        throw .notFound("no photo \"\(name)\" to learn from")
      }
      return number
    }
  }
}
