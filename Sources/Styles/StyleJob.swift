import CSystem
import Images
import Networks
import Tensors

/// A painting in progress: it runs step by step, from scale to scale, and can be previewed at any time.
/// `StyleWork` holds its inputs; `StyleJob+Checkpoint.swift` stores it in a file.
package final class StyleJob {
  /// The result of one evaluation of the costs.
  package struct Report {
    /// From 1, out of `steps`, which grow if a line search is still running at the end.
    package let number, steps: Int
    package let costs: StyleCosts
    /// Working time since the start.
    package let seconds: Double
    package let width, height: Int
  }

  /// Why the job ended.
  package enum Ending: Int32, CaseIterable {
    /// All steps are done.
    case steps = 1
    /// The gradient is 0.
    case converged = 2
    /// No picture along the last direction was better.
    case stalled = 3
    /// The costs exceeded the range of Float; the picture is the last with finite costs.
    case notFinite = 4
    case deadline = 5
  }

  /// The picture at one of the scales, and its number of evaluations there.
  private struct Stage {
    let scale: Int
    let mover: PictureMover
    var steps = 0
    /// After a checkpoint within a scale L-BFGS evaluates its current picture once more, which is not a step.
    var looksAgain = false
  }

  /// What the next step does.
  private enum State {
    /// Optimises the picture, which this engine evaluates.
    case painting(StyleEngine)
    /// Creates the engine first: a checkpoint has none.
    case resuming
    /// Enters the next scale first: this one is finished.
    case entering
    case ended(Ending)
  }

  let work: StyleWork
  /// A fingerprint of the network's weights.
  let weights: UInt64
  private var stage: Stage
  private var state: State
  private var steps = 0
  private var seconds = 0.0
  /// The last evaluation; before the first, and after a checkpoint, its costs are 0.
  package private(set) var last: Report

  /// - Parameter weights: a fingerprint of the network's weights.
  /// - Throws: `.invalidArgument` for options out of range and impossible sizes; `.notFound` for a layer that
  ///   the network lacks.
  package init(
    _ network: Network<Float>, _ pictures: StylePictures, _ options: StyleOptions, weights: UInt64 = 0
  ) throws(Failure) {
    self.weights = weights
    work = try StyleWork(network, pictures, options)
    let (mover, engine) = try work.enter(0, from: nil)
    stage = Stage(scale: 0, mover: mover)
    state = .painting(engine)
    last = Report(
      number: 0, steps: options.steps, costs: StyleCosts.none, seconds: 0,
      width: work.scales[0].width, height: work.scales[0].height)
  }

  private var options: StyleOptions { work.options }
  private var scale: StyleOptions.Scale { work.scales[stage.scale] }
  private var isLastScale: Bool { stage.scale + 1 == work.scales.count }

  /// Nil while the job is running.
  package var ending: Ending? {
    if case .ended(let ending) = state { ending } else { nil }
  }

  // MARK: Steps

  /// Takes a step of Adam or a line search of L-BFGS, and returns its evaluations; none once the job has
  /// ended.
  /// - Throws: `.invalidArgument` if the very first costs are not finite, `.noMemory`. The next step then
  ///   retries.
  package func step() throws(Failure) -> [Report] {
    try prepare()
    guard case .painting(let engine) = state else { return [] }
    let (reason, found) = try evaluate(engine)
    if reason == .notFinite, steps <= 1, let costs = found.last?.costs {
      throw .invalidArgument("at the start " + costs.reasonAgainst)
    }
    if let newest = found.last { last = newest }
    goOn(after: reason)
    return found
  }

  /// Creates the engine if needed. If it throws, the job is unchanged.
  private func prepare() throws(Failure) {
    switch state {
    case .painting, .ended: return
    case .resuming: state = .painting(try work.engine(at: stage.scale))
    case .entering:
      let started = monotonicSeconds(), next = stage.scale + 1
      let (mover, engine) = try work.enter(next, from: stage.mover)
      stage = Stage(scale: next, mover: mover)
      state = .painting(engine)
      seconds += monotonicSeconds() - started
    }
  }

  /// The step itself. Evaluations count once it is complete: a step that throws is repeated.
  private func evaluate(_ engine: StyleEngine) throws(Failure) -> (PictureMover.Reason?, [Report]) {
    let started = monotonicSeconds()
    let step = try stage.mover.step(by: engine)
    var found: [Report] = []
    for look in step.looks.dropFirst(stage.looksAgain ? 1 : 0) {
      let number = steps + found.count + 1
      found.append(
        Report(
          number: number, steps: max(number, options.steps), costs: look.costs,
          seconds: seconds + look.time - started, width: scale.width, height: scale.height))
    }
    if !step.looks.isEmpty { stage.looksAgain = false }
    stage.steps += found.count
    steps += found.count
    seconds += monotonicSeconds() - started
    return (step.reason, found)
  }

  /// Advances to the next scale, or to the end, if this one is finished. The engine is freed before the next
  /// one is created.
  private func goOn(after reason: PictureMover.Reason?) {
    let isLate =
      options.deadline > 0 && seconds + nextStepSeconds > options.deadline * work.share(upTo: stage.scale)
    guard reason != nil || isLate || stage.steps >= scale.steps else { return }
    guard isLastScale else {
      state = .entering
      return
    }
    switch reason {
    case .converged?: state = .ended(.converged)
    case .stalled?: state = .ended(.stalled)
    case .notFinite?: state = .ended(.notFinite)
    case nil: state = .ended(isLate ? .deadline : .steps)
    }
  }

  /// Only of the last scale, so that a step is not started unless it can finish in time.
  private var nextStepSeconds: Double { !isLastScale || steps == 0 ? 0 : seconds / Double(steps) }

  /// Runs at least `evaluations` more, or until the job has ended.
  /// - Parameter onReport: called for each evaluation after its step; `.finish` ends the run, `.cancel`
  ///   throws `.cancelled`.
  package func run(
    evaluations: Int, _ onReport: (Report) throws(Failure) -> Action
  ) throws(Failure) {
    var made = 0
    while made < evaluations, ending == nil {
      for report in try step() {
        made += 1
        switch try onReport(report) {
        case .goOn: continue
        case .finish: return
        case .cancel:
          throw .cancelled("the callback cancelled the style transfer at step \(report.number)")
        }
      }
    }
  }

  // MARK: Pictures

  /// The picture so far, in the size of the current scale.
  package func preview() throws(Failure) -> Image {
    try work.image(of: stage.mover.result(), width: scale.width, height: scale.height)
  }

  /// The picture so far, in its final size.
  package func result() throws(Failure) -> Image {
    let last = work.scales[work.scales.count - 1]
    return try work.image(of: stage.mover.result(), width: last.width, height: last.height)
  }

  // MARK: Resuming

  var place: Place {
    var isScaleDone = false
    if case .entering = state { isScaleDone = true }
    return Place(
      scale: stage.scale, scaleSteps: stage.steps, steps: steps, seconds: seconds, ending: ending,
      caution: mover.caution, meanAge: mover.meanAge, isScaleDone: isScaleDone)
  }

  /// The picture being optimised, with the optimiser's state.
  var mover: PictureMover { stage.mover }

  /// Takes a position; nothing is changed if `fill` throws, or memory is short.
  /// - Parameter fill: restores the picture and the optimiser's state in the mover.
  func resume(_ place: Place, _ fill: (PictureMover) throws(Failure) -> Void) throws(Failure) {
    let mover = try work.mover(at: place.scale)
    try fill(mover)
    state = state(resuming: place)
    stage = Stage(
      scale: place.scale, mover: mover, steps: place.scaleSteps,
      looksAgain: options.optimiser == .lbfgs && place.scaleSteps > 0)
    (steps, seconds) = (place.steps, place.seconds)
    last = Report(
      number: steps, steps: options.steps, costs: StyleCosts.none,
      seconds: seconds, width: scale.width, height: scale.height)
  }

  private func state(resuming place: Place) -> State {
    if let ending = place.ending { return .ended(ending) }
    if place.isScaleDone { return .entering }
    // An engine evaluates any picture of its scale.
    if case .painting = state, place.scale == stage.scale { return state }
    return .resuming
  }
}
