import CSystem
import Images
import Networks
import Tensors

/// A painting under way: it goes on step by step, from scale to scale, and can be looked at at any time.
/// `StyleJob+Checkpoint.swift` keeps it in a file.
package final class StyleJob {
  /// What one look at the costs found.
  package struct Evaluation {
    /// From 1, of `steps`, which grow where a line search is under way at the end.
    package let number, steps: Int
    package let costs: StyleCosts
    /// Of work, since the beginning.
    package let seconds: Double
    package let width, height: Int
  }

  /// Why nothing more is done.
  package enum Ending: Int32, CaseIterable {
    case none = 0
    /// All steps are done.
    case steps = 1
    /// The gradient is 0.
    case converged = 2
    /// No picture along the last direction was better.
    case stalled = 3
    /// The costs left the range of Float; the picture is the last whose costs did not.
    case notFinite = 4
    case deadline = 5
  }

  let options: StyleOptions
  let pictures: StylePictures
  let scales: [StyleOptions.Scale]
  private let network: Network<Float>
  /// A number that changes with the network's weights.
  let weights: UInt64
  /// The pictures with their colours as they are painted.
  private let prepared: StylePictures
  /// Measures pictures of the scale's size. None after a checkpoint of another scale, or where there was no
  /// memory for the next scale's: the next step makes it.
  private var engine: StyleEngine?
  private(set) var mover: PictureMover?
  /// Which scale is painted, and how many evaluations it has had.
  private(set) var scale = 0, scaleSteps = 0
  /// Whether this scale is done and the next is to be entered, before anything else.
  private(set) var isScaleDone = false
  private(set) var steps = 0
  private(set) var seconds = 0.0
  package private(set) var ending = Ending.none
  /// What the last evaluation found; before the first, and after a checkpoint, its costs are 0.
  package private(set) var last: Evaluation
  /// After a checkpoint within a scale L-BFGS looks once more where it stands: that is no step.
  private var isResuming = false

  /// - Parameter weights: a number that changes with the network's weights.
  /// - Throws: `.invalidArgument` for options out of range and sizes that no picture has; `.notFound` for a
  ///   layer that the network lacks.
  package init(
    _ network: Network<Float>, _ pictures: StylePictures, _ options: StyleOptions, weights: UInt64 = 0
  ) throws(Failure) {
    try options.check()
    try pictures.check()
    guard options.start != .image || pictures.start != nil else {
      throw .invalidArgument("a start from a picture without one")
    }
    (self.network, self.weights) = (network, weights)
    self.options = options
    self.pictures = pictures
    prepared = try pictures.prepared(options.colours)
    let (width, height) = options.size(for: pictures.content.width, pictures.content.height)
    try Image.check(width: width, height: height)
    scales = options.scales(width: width, height: height)
    last = Evaluation(
      number: 0, steps: options.steps, costs: StyleCosts.none, seconds: 0,
      width: scales[0].width, height: scales[0].height)
    try enter(0, from: nil)
  }

  private var width: Int { scales[scale].width }
  private var height: Int { scales[scale].height }

  // MARK: Scales

  /// Makes all that a scale needs. When it throws, the job stays where it was, but for its engine, which the
  /// next step makes again.
  /// - Parameter coarser: what was painted before; nil to begin.
  private func enter(_ next: Int, from coarser: PictureMover?) throws(Failure) {
    engine = nil  // given back before more is taken
    let width = scales[next].width, height = scales[next].height
    let sized = try prepared.sized(width, height, options)
    let engine = try StyleEngine(network, sized, options)
    let picture: Tensor<Float>
    if let coarser {
      picture = try enlarged(coarser.picture, height: height, width: width)
    } else {
      picture = try start(sized)
    }
    let mover = try PictureMover(picture, options)
    try coarser?.handOver(to: mover)
    self.engine = engine
    self.mover = mover
    (scale, scaleSteps, isScaleDone, isResuming) = (next, 0, false, false)
  }

  /// The engine of this scale.
  private func measuring() throws(Failure) -> StyleEngine {
    if let engine { return engine }
    let made = try StyleEngine(network, prepared.sized(width, height, options), options)
    engine = made
    return made
  }

  /// `ratio * noise + (1 - ratio) * picture`, noise uniform in -20..<20.
  private func start(_ sized: StylePictures) throws(Failure) -> Tensor<Float> {
    let width = sized.content.width, height = sized.content.height
    let picture = try Tensor<Float>([height, width, 3])
    let x = picture.pointer, count = picture.count
    switch options.start {
    case .content: sized.content.fill(x)
    case .noise: x.update(repeating: 0, count: count)
    case .style: try cover(prepared.styles[0].image, width: width, height: height).fill(x)
    case .image:
      try (prepared.start ?? sized.content).resized(width: width, height: height, filter: .bicubic).fill(x)
      // Where the frame before tells nothing, there is nothing to go on from.
      if prepared.start === prepared.before, let mask = sized.beforeMask {
        fillUnknown(x, from: sized.content, mask)
      }
    }
    var generator = Generator(seed: options.seed)
    let ratio = options.noiseRatio
    for i in 0..<count {
      let noise = generator.uniform() * 40 - 20
      x[i] = ratio * noise + (1 - ratio) * x[i]
    }
    withExtendedLifetime(picture) {}
    return picture
  }

  /// The content's pixels where the mask is black.
  private func fillUnknown(_ x: UnsafeMutablePointer<Float>, from content: Image, _ mask: Image) {
    for y in 0..<mask.height {
      let known = mask.row(y)
      for column in 0..<mask.width where known[3 * column] == 0 {
        content.fillRow(x + 3 * (y * mask.width + column), y, column..<column + 1)
      }
    }
  }

  // MARK: Steps

  /// A step of Adam or a line search of L-BFGS, and what it found on its way; nothing once the job has ended.
  /// - Throws: `.invalidArgument` when the very first costs are no finite number, `.noMemory`. The next step
  ///   then does what this one could not do.
  package func step() throws(Failure) -> [Evaluation] {
    guard ending == .none else { return [] }
    if isScaleDone {
      let started = monotonicSeconds()
      try enter(scale + 1, from: mover)
      seconds += monotonicSeconds() - started
    }
    let (reason, found) = try move()
    if reason == .notFinite, steps <= 1, let costs = found.last?.costs {
      throw .invalidArgument("at the start " + costs.reasonAgainst)
    }
    if let newest = found.last { last = newest }
    goOn(after: reason)
    return found
  }

  /// The step itself. When it is over nothing holds the engine but the job, which gives it back before it
  /// makes the next. Evaluations count once the step is done: one that throws is done again.
  private func move() throws(Failure) -> (PictureMover.Reason?, [Evaluation]) {
    let engine = try measuring()
    guard let mover else { throw .internalError("a job without a picture") }
    let started = monotonicSeconds()
    let step = try mover.step(by: engine)
    var found: [Evaluation] = []
    for look in step.looks.dropFirst(isResuming ? 1 : 0) {
      let number = steps + found.count + 1
      found.append(
        Evaluation(
          number: number, steps: max(number, options.steps), costs: look.costs,
          seconds: seconds + look.time - started, width: width, height: height))
    }
    if !step.looks.isEmpty { isResuming = false }
    steps += found.count
    scaleSteps += found.count
    seconds += monotonicSeconds() - started
    return (step.reason, found)
  }

  /// To the next scale, or to the end, when this one is done.
  private func goOn(after reason: PictureMover.Reason?) {
    let isLate = options.deadline > 0 && seconds + nextStepSeconds > options.deadline * share
    guard reason != nil || isLate || scaleSteps >= scales[scale].steps else { return }
    if scale + 1 < scales.count {
      isScaleDone = true
      return
    }
    switch reason {
    case .converged?: ending = .converged
    case .stalled?: ending = .stalled
    case .notFinite?: ending = .notFinite
    case nil: ending = isLate ? .deadline : .steps
    }
  }

  /// Of the last scale alone, so that it does not begin what it cannot end in time.
  private var nextStepSeconds: Double {
    scale + 1 < scales.count || steps == 0 ? 0 : seconds / Double(steps)
  }

  /// What part of all work is done when this scale is.
  private var share: Double {
    func work(_ scales: ArraySlice<StyleOptions.Scale>) -> Double {
      var sum = 0.0
      for scale in scales { sum += Double(scale.width * scale.height) * Double(scale.steps) }
      return sum
    }
    return work(scales[...scale]) / work(scales[...])
  }

  /// Goes on for at least so many evaluations, or until the job has ended.
  /// - Parameter onEvaluation: called for each after the step that made it; finish ends the run, cancel
  ///   throws `.cancelled`.
  package func run(
    evaluations: Int, _ onEvaluation: (Evaluation) -> StyleTransfer.Action
  ) throws(Failure) {
    var made = 0
    while made < evaluations, ending == .none {
      for evaluation in try step() {
        made += 1
        switch onEvaluation(evaluation) {
        case .continue: continue
        case .finish: return
        case .cancel:
          throw .cancelled("the callback cancelled the style transfer at step \(evaluation.number)")
        }
      }
    }
  }

  // MARK: Pictures

  /// The picture so far, in the size of the scale that is painted.
  package func preview() throws(Failure) -> Image { try image(width: width, height: height) }

  /// The picture so far, in its own size.
  package func result() throws(Failure) -> Image {
    let last = scales[scales.count - 1]
    return try image(width: last.width, height: last.height)
  }

  private func image(width: Int, height: Int) throws(Failure) -> Image {
    guard let mover else { throw .internalError("a job without a picture") }
    var picture = try mover.result()
    if picture.shape.extents != [height, width, 3] {
      picture = try enlarged(picture, height: height, width: width)
    }
    let isDeep = options.depth == 16 || options.depth == 0 && pictures.content.deep != nil
    let painted = try Image(painted: picture, isDeep: isDeep)
    guard options.colours == .luminance || pictures.content.alpha != nil else { return painted }
    let content = try pictures.content.resized(width: width, height: height, filter: .bicubic)
    return try options.colours.finished(painted, content: content).withAlpha(of: content)
  }

  // MARK: Resuming

  /// Takes up the place that a checkpoint tells of; nothing is changed when `fill` throws, or there is no
  /// memory.
  /// - Parameter fill: puts the picture and what the optimiser remembers into the mover.
  func resume(_ place: Place, _ fill: (PictureMover) throws(Failure) -> Void) throws(Failure) {
    let picture = try Tensor<Float>([scales[place.scale].height, scales[place.scale].width, 3])
    let next = try PictureMover(picture, options)
    try fill(next)
    if place.scale != scale { engine = nil }
    mover = next
    (scale, scaleSteps, isScaleDone) = (place.scale, place.scaleSteps, place.isScaleDone)
    (steps, seconds, ending) = (place.steps, place.seconds, place.ending)
    isResuming = options.optimiser == .lbfgs && scaleSteps > 0
    last = Evaluation(
      number: steps, steps: options.steps, costs: StyleCosts.none,
      seconds: seconds, width: width, height: height)
  }

  /// Where a job stands.
  var place: Place {
    Place(
      scale: scale, scaleSteps: scaleSteps, isScaleDone: isScaleDone, steps: steps, seconds: seconds,
      ending: ending)
  }

  struct Place {
    let scale, scaleSteps: Int
    let isScaleDone: Bool
    let steps: Int
    let seconds: Double
    let ending: Ending
  }
}
