import Networks
import Tensors

/// Moves a picture's numbers to where it costs less.
final class PictureMover {
  enum Reason: Equatable { case converged, stalled, notFinite }

  /// [height, width, 3], in the network's terms. It is finite, whatever happens.
  let picture: Tensor<Float>
  private let options: StyleOptions
  private let kind: Kind
  /// What Adam's rate has been multiplied by, and the picture before its last step; there is none where
  /// memory is short.
  private(set) var caution: Float = 1
  private let before: Tensor<Float>?
  /// The running mean of the pictures, and its age.
  private(set) var mean: Tensor<Float>?
  private(set) var meanAge = 0
  /// What L-BFGS knows of the picture as it is.
  private var known: (value: Double, gradient: Tensor<Float>)?

  private enum Kind {
    case adam(Optimiser<Float>)
    case lbfgs(LBFGS<Float>)
  }

  /// Tells the costs of a picture; its gradient goes to the sink, which may move the picture.
  typealias Evaluation = (UnsafeMutablePointer<Float>, StyleEngine.Sink) throws(Failure) -> Double

  init(_ picture: Tensor<Float>, _ options: StyleOptions) throws(Failure) {
    self.picture = picture
    self.options = options
    switch options.optimiser {
    case .adam:
      kind = .adam(try Optimiser<Float>(.adam(Adam(beta2: options.squareDecay)), "picture", picture.shape))
      before = options.tile > 0 ? nil : try picture.copy()
    case .lbfgs:
      // One line search at a time; the tolerances are off, for a picture's costs have no scale of their own.
      // The first step moves pixels by a few levels.
      kind = .lbfgs(
        try LBFGS<Float>(
          picture.count,
          LBFGS<Float>.Options(
            history: options.history, iterations: 1, evaluations: 1000, gradientTolerance: 0,
            changeTolerance: 0,
            firstMove: 4)))
      before = nil
    }
    if options.averaging > 0 { mean = try Tensor(picture.shape.extents, repeating: 0) }
  }

  /// Numbers that a mover of a picture of so many numbers holds at its peak, the picture's and the
  /// evaluation's own included.
  static func count(_ count: Int, _ options: StyleOptions) -> Int {
    let mean = options.averaging > 0 ? count : 0
    switch options.optimiser {
    case .adam: return (options.tile > 0 ? 3 : 4) * count + mean
    // The pairs, the direction, and gradients and places of a line search that looks between two points.
    case .lbfgs: return (2 * options.history + 7) * count + mean
    }
  }

  /// What a checkpoint must keep of the optimiser.
  var state: OptimiserState<Float> {
    switch kind {
    case .adam(let adam): adam.state
    case .lbfgs(let lbfgs): lbfgs.state
    }
  }

  /// The pictures that a checkpoint must keep.
  var pictures: [Parameter<Float>] {
    var pictures = [Parameter("picture", picture)]
    if let before { pictures.append(Parameter("before", before)) }
    if let mean { pictures.append(Parameter("average", mean)) }
    return pictures
  }

  /// Takes over where a checkpoint says it stood.
  func resume(caution: Float, meanAge: Int) {
    self.caution = caution
    self.meanAge = meanAge
    known = nil
  }

  /// A step of Adam or a line search of L-BFGS; nil while there may be more to gain.
  func step(_ evaluate: Evaluation) throws(Failure) -> Reason? {
    let reason: Reason?
    switch kind {
    case .adam(let adam): reason = try step(adam, evaluate)
    case .lbfgs(let lbfgs): reason = try step(lbfgs, evaluate)
    }
    if reason == nil { average() }
    return reason
  }

  private func step(_ adam: Optimiser<Float>, _ evaluate: Evaluation) throws(Failure) -> Reason? {
    let x = picture.pointer, row = picture.shape[1] * 3
    defer { withExtendedLifetime((picture, before)) {} }
    while true {
      var isSound = true
      let value = try evaluate(x) { first, count, gradient throws(Failure) in
        guard isSound, isFinite(gradient, count: count * row) else {
          isSound = false
          return
        }
        let start = first * row, length = count * row
        before.map { $0.pointer.advanced(by: start).update(from: x + start, count: length) }
        adam.step(x + start, gradient, first: start, count: length, rate: options.learningRate * caution)
        if options.isClamped { clampToLevels(start / 3, length / 3) }
      }
      if value.isFinite, isSound { return nil }
      // Back to the last picture that could be measured, and more carefully from there.
      guard let before, adam.steps > 0, caution > 1e-3 else { return .notFinite }
      x.update(from: before.pointer, count: picture.count)
      for moment in adam.state.tensors { moment.value.pointer.update(repeating: 0, count: picture.count) }
      adam.state.counters[0] = 0
      caution /= 2
    }
  }

  private func step(_ lbfgs: LBFGS<Float>, _ evaluate: Evaluation) throws(Failure) -> Reason? {
    let row = picture.shape[1] * 3
    let outcome = try lbfgs.run(picture, from: known) { picture, gradient throws(Failure) in
      // Where the costs are not finite there is no gradient.
      let target = gradient.pointer
      target.update(repeating: 0, count: gradient.count)
      return try evaluate(picture.pointer) { first, count, rows throws(Failure) in
        (target + first * row).update(from: rows, count: count * row)
      }
    }
    known = (outcome.last, outcome.gradient)
    switch outcome.reason {
    case .iterations, .evaluations: return nil
    case .converged, .smallChange: return .converged
    case .stalled: return .stalled
    case .notFinite: return .notFinite
    }
  }

  /// - Parameter first: the first of the pixels.
  private func clampToLevels(_ first: Int, _ count: Int) {
    VGGPicture(picture).clampToLevels(first..<first + count)
  }

  private func average() {
    guard let mean else { return }
    meanAge += 1
    let decay = options.averaging, (x, m) = (picture.pointer, mean.pointer)
    forEachSlice(of: picture.count) { for i in $0 { m[i] = decay * m[i] + (1 - decay) * x[i] } }
    withExtendedLifetime((picture, mean)) {}
  }

  /// The picture, or the mean of the pictures so far without what it had in the beginning.
  func result() throws(Failure) -> Tensor<Float> {
    guard let mean, meanAge > 0 else { return picture }
    let result = try Tensor<Float>(picture.shape)
    let weight = 1 - Float.power(options.averaging, Float(meanAge))
    for i in 0..<result.count { result.pointer[i] = mean.pointer[i] / weight }
    withExtendedLifetime(mean) {}
    return result
  }

  /// Adam's means for a picture of another size, so that it goes on where this one was.
  func handOver(to next: PictureMover) throws(Failure) {
    guard case .adam(let adam) = kind, case .adam(let successor) = next.kind else { return }
    let height = next.picture.shape[0], width = next.picture.shape[1]
    for (old, new) in zip(adam.state.tensors, successor.state.tensors) {
      let target = new.value.pointer
      try enlarge(old.value.reshaped(picture.shape.extents), height: height, width: width, into: target)
      // A mean of squares stays one: a cubic may swing below 0.
      if new.name.hasPrefix("square") { for i in 0..<new.value.count { target[i] = max(0, target[i]) } }
    }
    successor.state.counters = adam.state.counters
  }
}
