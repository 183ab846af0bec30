import CSystem
import Foundation
import Images
import Networks
import Styles
import TestSupport
import Tensors
import Testing

@Suite struct StyleJobTests {
  private func job(
    width: Int = 48, height: Int = 32, _ change: (inout StyleOptions) -> Void = { _ in }
  ) throws -> StyleJob {
    var options = SmallVGG.options
    options.steps = 12
    options.optimiser = .lbfgs
    options.noiseRatio = 0
    change(&options)
    return try StyleJob(
      SmallVGG.network(),
      StylePictures(
        content: SmallVGG.picture(width, height),
        styles: [
          StylePicture(SmallVGG.picture(40, 40, wave: 4)),
          StylePicture(SmallVGG.picture(30, 50, wave: 6), weight: 2)
        ]),
      options)
  }

  private func run(_ job: StyleJob, evaluations: Int = .max) throws -> [StyleJob.Report] {
    var seen: [StyleJob.Report] = []
    try job.run(evaluations: evaluations) {
      seen.append($0)
      return .goOn
    }
    return seen
  }

  private func bytes(_ image: Image) -> [UInt8] { Array(image.pixels.buffer) }

  @Test(arguments: StyleOptions.Optimiser.allCases)
  func `the cost falls, and every evaluation is told`(optimiser: StyleOptions.Optimiser) throws {
    let job = try job { $0.optimiser = optimiser }
    let seen = try run(job)
    #expect(seen.map(\.number) == Array(1...seen.count) && seen.count >= 12 && job.ending == .steps)
    #expect(seen[seen.count - 1].costs.total < 0.9 * seen[0].costs.total)
    #expect(seen.allSatisfy { $0.width == 48 && $0.height == 32 && $0.steps >= 12 })
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.seconds <= $1.seconds })
    #expect(try run(job).isEmpty, "a job that has ended does nothing")
  }

  @Test func `scales go from coarse to fine and share the steps`() throws {
    let job = try job(width: 64, height: 40) {
      $0.coarsest = 16
      $0.steps = 20
      $0.optimiser = .adam
    }
    let seen = try run(job)
    #expect(
      seen.map(\.width) == [Int](repeating: 16, count: 7) + [Int](repeating: 32, count: 7)
        + [Int](repeating: 64, count: 6))
    #expect(seen.last?.height == 40)
    #expect(try job.result().width == 64)
  }

  @Test func `a preview has the size of its scale, a result its own`() throws {
    let job = try job(width: 64, height: 40) { $0.coarsest = 16 }
    _ = try job.step()
    #expect(try job.preview().width == 16)
    #expect(try job.result().width == 64 && job.result().height == 40)
  }

  @Test(arguments: StyleOptions.Optimiser.allCases)
  func `goes on from a checkpoint with the same bits, from any step and scale`(
    optimiser: StyleOptions.Optimiser
  ) throws {
    func change(_ options: inout StyleOptions) {
      options.optimiser = optimiser
      options.coarsest = 16
      options.steps = 24
      options.averaging = 0.8
      options.learningRate = 3
    }
    let whole = try job(change)
    _ = try run(whole)
    let path = "/tmp/facestyle-style-job-\(getpid())-\(optimiser.rawValue).safetensors"
    defer { unlink(path) }
    for stop in [1, 5, 13, 20] {
      let first = try job(change)
      _ = try run(first, evaluations: stop)
      try first.save(path: path)
      let second = try job(change)
      try second.load(path: path)
      let rest = try run(second)
      #expect(rest.last?.number == whole.last.number)
      #expect(second.last.costs.total == whole.last.costs.total)
      #expect(try bytes(second.result()) == bytes(whole.result()))
    }
  }

  @Test func `a job that has ended goes on from an earlier checkpoint`() throws {
    func change(_ options: inout StyleOptions) { options.coarsest = 16 }
    let path = "/tmp/facestyle-style-job-\(getpid())-ended.safetensors"
    defer { unlink(path) }
    let whole = try job(change)
    _ = try run(whole)
    let result = try bytes(whole.result())
    for stop in [2, 7] {
      let first = try job(change)
      _ = try run(first, evaluations: stop)
      try first.save(path: path)
      try whole.load(path: path)
      #expect(whole.ending == nil && whole.last.number == first.last.number)
      _ = try run(whole)
      #expect(try whole.ending == .steps && bytes(whole.result()) == result)
    }
  }

  @Test func `a checkpoint of a job that has ended ends the one that loads it`() throws {
    let path = "/tmp/facestyle-style-job-\(getpid())-end.safetensors"
    defer { unlink(path) }
    let first = try job()
    _ = try run(first)
    try first.save(path: path)
    let second = try job()
    _ = try run(second, evaluations: 3)
    try second.load(path: path)
    #expect(second.ending == .steps)
    #expect(try second.step().isEmpty && bytes(second.result()) == bytes(first.result()))
  }

  /// The counters of a checkpoint: scale, its steps, all steps, seconds, ending, caution, age of the mean,
  /// whether the scale is done.
  @Test func `a checkpoint whose numbers no job writes is refused, and nothing is changed`() throws {
    let path = "/tmp/facestyle-style-job-\(getpid())-numbers.safetensors"
    defer { unlink(path) }
    let first = try job(width: 64, height: 40) { $0.coarsest = 16 }
    _ = try run(first, evaluations: 2)
    try first.save(path: path)
    let good = try Data(contentsOf: URL(fileURLWithPath: path))
    let place = try numbersPlace(of: "counter.job", in: good)
    let other = try job(width: 64, height: 40) { $0.coarsest = 16 }
    let before = try bytes(other.result())
    let wrong: [[Int: UInt64]] = [
      [0: 3],  // a fourth scale
      [1: 9],  // more steps at the scale than in all
      [4: 6],  // no ending
      [4: 1],  // an end before the last scale
      [4: 1, 7: 1],  // an end with a scale to enter
      [0: 2, 7: 1],  // a scale behind the last
      [7: 2], [2: 1 << 32], [3: (-1.0).bitPattern], [3: Double.nan.bitPattern], [5: 0]
    ]
    for numbers in wrong {
      var damaged = good
      for (i, number) in numbers {
        withUnsafeBytes(of: number.littleEndian) {
          damaged.replaceSubrange((place + 8 * i)..<(place + 8 * i + 8), with: $0)
        }
      }
      try damaged.write(to: URL(fileURLWithPath: path))
      #expect(outcome { try other.load(path: path) }.hasPrefix("badData: checkpoint: "), "\(numbers)")
      #expect(try bytes(other.result()) == before && other.last.number == 0 && other.ending == nil)
    }
    try good.write(to: URL(fileURLWithPath: path))
    try other.load(path: path)
    #expect(other.last.number == first.last.number)
  }

  /// Where a tensor's bytes begin in a safetensors file: behind 8 bytes of the header's length and the
  /// header.
  private func numbersPlace(of name: String, in file: Data) throws -> Int {
    let length = (0..<8).reduce(0) { $0 | Int(file[$1]) << (8 * $1) }
    let header = try JSONSerialization.jsonObject(with: file[8..<(8 + length)]) as? [String: Any]
    let offsets = (header?[name] as? [String: Any])?["data_offsets"] as? [Int]
    return 8 + length + (try #require(offsets?.first))
  }

  @Test func `a checkpoint of other options or pictures is refused, and nothing is changed`() throws {
    let path = "/tmp/facestyle-style-job-\(getpid())-other.safetensors"
    defer { unlink(path) }
    let first = try job()
    _ = try run(first, evaluations: 4)
    try first.save(path: path)
    let changed = try job { $0.styleWeight = 41 }
    let before = try bytes(changed.result())
    #expect(
      outcome { try changed.load(path: path) } == "wrongModel: style weight is 41.0; the checkpoint has 40.0")
    let other = try job(width: 40)
    #expect(outcome { try other.load(path: path) }.hasPrefix("wrongModel: content is 40x32 (fingerprint "))
    #expect(try bytes(changed.result()) == before && changed.last.number == 0)
    #expect(outcome { try changed.load(path: "/tmp/facestyle-none") }.hasPrefix("io: "))
  }

  @Test func `a checkpoint of any other option is refused by that option's name`() throws {
    let changes: [(String, (inout StyleOptions) -> Void)] = [
      ("width", { $0.width = 40 }), ("height", { $0.height = 30 }),
      ("content weight", { $0.contentWeight = 11 }),
      ("style weight", { $0.styleWeight = 41 }), ("variation weight", { $0.variationWeight = 1 }),
      ("temporal weight", { $0.temporalWeight = 1 }), ("content layers", { $0.contentLayers[0].weight = 2 }),
      ("style layers", { $0.styleLayers.removeLast() }), ("cost", { $0.cost = .means }),
      ("style loss", { $0.styleLoss = .moments }),
      ("variation", { $0.variation = .squared }), ("pooling", { $0.pooling = .maximum }),
      ("edges", { $0.edges = .repeated }),
      ("mask kind", { $0.maskKind = .inside }), ("content map weight", { $0.contentMapWeight = 3 }),
      ("style scale", { $0.styleScale = 1 }), ("colours", { $0.colours = .luminance }),
      ("depth", { $0.depth = 16 }),
      ("optimiser", { $0.optimiser = .adam }), ("steps", { $0.steps = 80 }),
      ("learning rate", { $0.learningRate = 3 }),
      ("square decay", { $0.squareDecay = 0.99 }), ("history", { $0.history = 9 }),
      ("preconditioning", { $0.preconditioning = 0.25 }),
      ("averaging", { $0.averaging = 0.5 }),
      ("clamped", { $0.isClamped = true }), ("coarsest", { $0.coarsest = 16 }),
      ("scale ratio", { $0.scaleRatio = 1.5 }),
      ("first share", { $0.firstShare = 2 }), ("tile", { $0.tile = 64 }), ("deadline", { $0.deadline = 1e6 }),
      ("start", { $0.start = .noise }), ("noise ratio", { $0.noiseRatio = 0.5 }), ("seed", { $0.seed = 2 })
    ]
    // What is forgotten here or in the checkpoint is a member without a name.
    #expect(
      Set(changes.map(\.0)) == Set(members(of: StyleOptions()))
        && changes.count == members(of: StyleOptions()).count)
    #expect(Set(StyleOptions().settings.map(\.name)) == Set(members(of: StyleOptions())))
    #expect(StyleOptions().settings.count == members(of: StyleOptions()).count)
    let path = "/tmp/facestyle-style-job-\(getpid())-options.safetensors"
    defer { unlink(path) }
    let first = try job { $0.steps = 60 }
    _ = try run(first, evaluations: 1)
    try first.save(path: path)
    for (name, change) in changes {
      let changed = try job {
        $0.steps = 60
        change(&$0)
      }
      let reason = outcome { try changed.load(path: path) }
      #expect(
        reason.hasPrefix("wrongModel: \(name) is ") && reason.contains("; the checkpoint has "),
        "\(name): \(reason)")
      if name == "steps" { #expect(reason == "wrongModel: steps is 80; the checkpoint has 60") }
    }
  }

  /// The 8 bits of a picture are the same whatever it was rounded from.
  @Test func `a checkpoint of other pictures is refused by the picture's name, be they alike in 8 bits`()
    throws
  {
    let picture = try SmallVGG.picture(48, 32), style = try SmallVGG.picture(40, 40, wave: 4)
    func deep(_ image: Image, plus more: UInt16 = 0) throws -> Image {
      let samples = try Storage<UInt16>(count: image.pixels.count)
      for i in 0..<samples.count { samples.pointer[i] = 257 * UInt16(image.pixels.pointer[i]) + more }
      return try Image(width: image.width, height: image.height, deep: samples)
    }
    func veiled(_ image: Image, _ level: UInt8) throws -> Image {
      let alpha = try Storage<UInt8>(count: image.width * image.height)
      for i in 0..<alpha.count { alpha.pointer[i] = i % 2 == 0 ? 255 : level }
      return try Image.blended(image, alpha)
    }
    func whole(
      content: Image? = nil, _ change: (inout StylePictures) throws -> Void = { _ in }
    ) throws -> StylePictures {
      var pictures = StylePictures(
        content: content ?? picture,
        styles: [
          StylePicture(style, place: picture, part: style), StylePicture(style, place: picture, part: style)
        ])
      (pictures.start, pictures.contentMap, pictures.before, pictures.beforeMask) = (
        picture, picture, picture, picture
      )
      try change(&pictures)
      return pictures
    }
    let white = try Image(width: 48, height: 32) { _, row in row.update(repeating: 255) }
    let path = "/tmp/facestyle-style-job-\(getpid())-pictures.safetensors"
    defer { unlink(path) }
    func job(_ pictures: StylePictures, weights: UInt64 = 5) throws -> StyleJob {
      try StyleJob(SmallVGG.network(), pictures, SmallVGG.options, weights: weights)
    }
    func refusal(_ kept: StylePictures, _ other: StylePictures, weights: UInt64 = 5) throws -> String {
      let first = try job(kept)
      _ = try first.step()
      try first.save(path: path)
      let second = try job(other, weights: weights)
      return outcome { try second.load(path: path) }
    }
    #expect(try refusal(whole(), whole()) == "")
    #expect(
      try refusal(whole(), whole(), weights: 6)
        == "wrongModel: weights of the network is (fingerprint 6); the checkpoint has (fingerprint 5)")
    let changes: [(String, (inout StylePictures, Image) throws -> Void)] = [
      ("start picture", { $0.start = $1 }), ("content map", { $0.contentMap = $1 }),
      ("frame before", { $0.before = $1 }), ("mask of the frame before", { $0.beforeMask = $1 }),
      ("mask of style 1", { ($0.styles[0].place, $0.styles[1].place) = ($1, $1) })
    ]
    for (name, change) in changes {
      // In 16 bits what was in 8, and other 16 bits of the same 8.
      for (one, another) in [(picture, try deep(picture)), (try deep(picture), try deep(picture, plus: 100))]
      {
        #expect(one.pixels.buffer.elementsEqual(another.pixels.buffer))
        let reason = try refusal(whole { try change(&$0, one) }, whole { try change(&$0, another) })
        #expect(reason.hasPrefix("wrongModel: \(name) is 48x32 (fingerprint "), "\(name): \(reason)")
      }
    }
    // White over white is white, however thin.
    for (one, another) in [
      (picture, try deep(picture)), (try deep(picture), try deep(picture, plus: 100)),
      (try veiled(white, 9), try veiled(white, 8))
    ] {
      #expect(one.pixels.buffer.elementsEqual(another.pixels.buffer))
      #expect(
        try refusal(whole(content: one), whole(content: another)).hasPrefix(
          "wrongModel: content is 48x32 (fingerprint "))
    }
    for (name, change) in [
      ("style 2", { $0.styles[1] = StylePicture(try deep(style), place: picture, part: style) }),
      ("part of style 1", { $0.styles[0].part = try deep(style) }),
      ("weight of style 2", { $0.styles[1].weight = 3 }),
      // Two masks that look alike are two regions.
      ("mask of style 2", { $0.styles[1].place = try SmallVGG.picture(48, 32) }),
      ("mask of style 2", { $0.styles[1].place = nil }),
      ("number of styles", { $0.styles.removeLast() })
    ] as [(String, (inout StylePictures) throws -> Void)] {
      let reason = try refusal(whole(), whole(change))
      #expect(reason.hasPrefix("wrongModel: \(name) is "), "\(name): \(reason)")
    }
  }

  @Test(arguments: [Float.nan, .infinity, 1e30], StyleOptions.Optimiser.allCases)
  func `costs that are no numbers from the start are an error`(
    bias: Float, optimiser: StyleOptions.Optimiser
  ) throws {
    var options = SmallVGG.options
    options.optimiser = optimiser
    let picture = try SmallVGG.picture(16, 16)
    let job = try StyleJob(
      SmallVGG.network(bias: bias),
      StylePictures(content: picture, styles: [StylePicture(SmallVGG.picture(16, 16, wave: 4))]), options)
    let reason = outcome { try job.step() }
    #expect(reason.hasPrefix("invalidArgument: at the start the style cost is "))
    #expect(reason.hasSuffix(": the model's features are not finite, or too large for their squares"))
  }

  @Test func `a rate that is far too high never leaves a picture that is not finite`() throws {
    let job = try job {
      $0.optimiser = .adam
      $0.learningRate = 255
      $0.steps = 30
    }
    let seen = try run(job)
    #expect(seen.count == 30 && seen.allSatisfy { $0.costs.total.isFinite })
  }

  @Test func `levels are held within their range`() throws {
    let job = try job {
      $0.optimiser = .adam
      $0.learningRate = 100
      $0.isClamped = true
    }
    let seen = try run(job)
    #expect(seen.last!.costs.total.isFinite)
  }

  @Test func `a deadline ends it early with a picture`() throws {
    let job = try job(width: 64, height: 64) {
      $0.deadline = 1e-9
      $0.steps = 1000
      $0.coarsest = 16
    }
    let seen = try run(job)
    #expect(job.ending == .deadline && seen.count < 50)
    #expect(try job.result().width == 64)
  }

  @Test func `finish keeps the picture, cancel throws`() throws {
    let finished = try job()
    try finished.run(evaluations: .max) { $0.number == 3 ? .finish : .goOn }
    #expect(finished.ending == .none && finished.last.number >= 3)
    let cancelled = try job()
    #expect(outcome { try cancelled.run(evaluations: .max) { _ in .cancel } }.hasPrefix("cancelled: "))
  }

  @Test func `starts where it is told to`() throws {
    let content = try SmallVGG.picture(48, 32)
    #expect(try bytes(job().result()) == bytes(content))
    let noise = try bytes(
      job {
        $0.start = .noise; $0.noiseRatio = 1
      }.result())
    // Within 20 levels of the network's mean, R first.
    for (i, mean) in [123.68, 116.779, 103.939].enumerated() {
      #expect(stride(from: i, to: noise.count, by: 3).allSatisfy { abs(Double(noise[$0]) - mean) <= 21 })
    }
    let style = try cover(SmallVGG.picture(40, 40, wave: 4), width: 48, height: 32)
    #expect(try bytes(job { $0.start = .style }.result()) == bytes(style))
  }

  @Test func `from the frame before where that is known, else from the content`() throws {
    let content = try SmallVGG.picture(48, 32), frame = try SmallVGG.picture(48, 32, wave: 7)
    let mask = try Image(width: 48, height: 32) { _, row in
      for i in 0..<row.count { row[i] = i < 60 ? 255 : 0 }
    }
    var pictures = StylePictures(content: content, styles: [StylePicture(frame)])
    (pictures.start, pictures.before, pictures.beforeMask) = (frame, frame, mask)
    var options = SmallVGG.options
    (options.start, options.noiseRatio) = (.image, 0)
    let start = try StyleJob(SmallVGG.network(), pictures, options).result()
    for y in 0..<32 {
      #expect(
        Array(start.row(y)[..<60]) == Array(frame.row(y)[..<60])
          && Array(start.row(y)[60...]) == Array(content.row(y)[60...]))
    }
  }

  @Test func `any number of threads gives the same bits`() throws {
    var pictures: [[UInt8]] = []
    for threads in [1, 3] {
      try withPool(threads: threads) {
        let job = try job { $0.coarsest = 16 }
        _ = try run(job)
        pictures.append(try bytes(job.result()))
      }
    }
    #expect(pictures[0] == pictures[1])
  }

  @Test func `the smallest of pictures can be painted`() throws {
    let network: Network<Float> = try SmallVGG.network()
    for (width, height) in [(1, 1), (1, 7), (5, 2)] {
      var options = SmallVGG.options
      options.steps = 3
      options.coarsest = 16
      options.optimiser = .lbfgs
      let job = try StyleJob(
        network,
        StylePictures(
          content: SmallVGG.picture(width, height), styles: [StylePicture(SmallVGG.picture(2, 1))]), options)
      _ = try run(job)
      #expect(try job.result().width == width)
    }
  }
}
