import CSystem
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
        styles: [StylePicture(SmallVGG.picture(40, 40, wave: 4)), StylePicture(SmallVGG.picture(30, 50, wave: 6), weight: 2)]),
      options)
  }

  private func run(_ job: StyleJob, evaluations: Int = .max) throws -> [StyleJob.Evaluation] {
    var seen: [StyleJob.Evaluation] = []
    try job.run(evaluations: evaluations) {
      seen.append($0)
      return .continue
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
    #expect(seen.map(\.width) == [Int](repeating: 16, count: 7) + [Int](repeating: 32, count: 7) + [Int](repeating: 64, count: 6))
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
  func `goes on from a checkpoint with the same bits, from any step and scale`(optimiser: StyleOptions.Optimiser) throws {
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

  @Test func `a checkpoint of other options or pictures is refused, and nothing is changed`() throws {
    let path = "/tmp/facestyle-style-job-\(getpid())-other.safetensors"
    defer { unlink(path) }
    let first = try job()
    _ = try run(first, evaluations: 4)
    try first.save(path: path)
    let changed = try job { $0.styleWeight = 41 }
    let before = try bytes(changed.result())
    #expect(outcome { try changed.load(path: path) }.hasPrefix("wrongModel: the checkpoint's options"))
    let other = try job(width: 40)
    #expect(outcome { try other.load(path: path) }.hasPrefix("wrongModel: "))
    #expect(try bytes(changed.result()) == before && changed.last.number == 0)
    #expect(outcome { try changed.load(path: "/tmp/facestyle-none") }.hasPrefix("io: "))
  }

  @Test(arguments: [Float.nan, .infinity, 1e30], StyleOptions.Optimiser.allCases)
  func `costs that are no numbers from the start are an error`(bias: Float, optimiser: StyleOptions.Optimiser) throws {
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
    try finished.run(evaluations: .max) { $0.number == 3 ? .finish : .continue }
    #expect(finished.ending == .none && finished.last.number >= 3)
    let cancelled = try job()
    #expect(outcome { try cancelled.run(evaluations: .max) { _ in .cancel } }.hasPrefix("cancelled: "))
  }

  @Test func `starts where it is told to`() throws {
    let content = try SmallVGG.picture(48, 32)
    #expect(try bytes(job().result()) == bytes(content))
    let noise = try bytes(job { $0.start = .noise; $0.noiseRatio = 1 }.result())
    // Within 20 levels of the network's mean, R first.
    for (i, mean) in [123.68, 116.779, 103.939].enumerated() {
      #expect(stride(from: i, to: noise.count, by: 3).allSatisfy { abs(Double(noise[$0]) - mean) <= 21 })
    }
    let style = try cover(SmallVGG.picture(40, 40, wave: 4), width: 48, height: 32)
    #expect(try bytes(job { $0.start = .style }.result()) == bytes(style))
  }

  @Test func `from the frame before where that is known, else from the content`() throws {
    let content = try SmallVGG.picture(48, 32), frame = try SmallVGG.picture(48, 32, wave: 7)
    let mask = try Image(width: 48, height: 32) { _, row in for i in 0..<row.count { row[i] = i < 60 ? 255 : 0 } }
    var pictures = StylePictures(content: content, styles: [StylePicture(frame)])
    (pictures.start, pictures.before, pictures.beforeMask) = (frame, frame, mask)
    var options = SmallVGG.options
    (options.start, options.noiseRatio) = (.image, 0)
    let start = try StyleJob(SmallVGG.network(), pictures, options).result()
    for y in 0..<32 {
      #expect(Array(start.row(y)[..<60]) == Array(frame.row(y)[..<60]) && Array(start.row(y)[60...]) == Array(content.row(y)[60...]))
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
        network, StylePictures(content: SmallVGG.picture(width, height), styles: [StylePicture(SmallVGG.picture(2, 1))]), options)
      _ = try run(job)
      #expect(try job.result().width == width)
    }
  }
}
