import Networks
import Tensors

/// Optimises a picture's numbers to reduce its costs.
final class PictureMover {
  enum Reason: Equatable { case converged, stalled, notFinite }

  /// [height, width, 3], in the network's units. Always finite.
  let picture: Tensor<Float>
  private let options: StyleOptions
  private let kind: Kind
  /// The factor of Adam's rate, and the picture before its last step, unless memory is short.
  private(set) var caution: Float = 1
  private let before: Tensor<Float>?
  /// The running mean of the pictures, and the number of pictures in it.
  private(set) var mean: Tensor<Float>?
  private(set) var meanAge = 0
  /// The costs and gradient of the current picture, for L-BFGS.
  private var known: (value: Double, gradient: Tensor<Float>)?

  private enum Kind {
    case adam(Optimiser<Float>)
    case lbfgs(LBFGS<Float>)
  }

  /// The costs of a picture, and when they were computed.
  struct Look {
    let costs: StyleCosts
    let time = monotonicSeconds()
  }

  /// The evaluations of a step, and the reason to stop; nil while there may be more to gain.
  struct Step {
    let reason: Reason?
    let looks: [Look]
  }

  init(_ picture: Tensor<Float>, _ options: StyleOptions) throws(Failure) {
    self.picture = picture
    self.options = options
    let height = picture.shape[0], width = picture.shape[1]
    let buffers = PictureMover.buffers(width: width, height: height, options)
    switch options.optimiser {
    case .adam: kind = .adam(try Optimiser<Float>(PictureMover.rule(options), "picture", picture.shape))
    case .lbfgs:
      // One line search at a time; the tolerances are off, because a picture's costs have no scale of their
      // own. The first step changes pixels by a few levels.
      let pyramid =
        options.preconditioning > 0
        ? try PyramidPreconditioner(height: height, width: width, exponent: options.preconditioning, buffers)
        : nil
      kind = .lbfgs(
        try LBFGS<Float>(
          picture.count,
          LBFGS<Float>.Options(
            history: options.history, iterations: 1, evaluations: 1000, gradientTolerance: 0,
            changeTolerance: 0,
            firstMove: 4),
          preconditioner: pyramid.map { pyramid in { pyramid.apply(to: $0) } }))
    }
    before = try buffers.has("before") ? buffers.tensor("before", picture.shape.extents) : nil
    mean = try buffers.has("average") ? buffers.tensor("average", picture.shape.extents) : nil
    if let before { withPointers(before, picture) { $0.update(from: $1, count: picture.count) } }
    mean?.withPointer { $0.initialize(repeating: 0, count: picture.count) }
  }

  private static func rule(_ options: StyleOptions) -> UpdateRule {
    .adam(Adam(beta2: options.squareDecay))
  }

  /// Everything that a mover of a picture of this size allocates, including the picture and gradients that it
  /// keeps.
  static func buffers(width: Int, height: Int, _ options: StyleOptions) -> Buffers {
    let count = 3 * width * height
    var buffers = Buffers()
    buffers.add("picture", count)
    if options.averaging > 0 { buffers.add("average", count) }
    switch options.optimiser {
    case .adam:
      buffers += rule(options).buffers("picture", count)
      if options.tile == 0 { buffers.add("before", count) }
      // L-BFGS has released the vectors of its search when a result is made.
      if options.averaging > 0 { buffers.add("result", count) }
    case .lbfgs:
      let isPreconditioned = options.preconditioning > 0
      buffers += LBFGS<Float>.buffers(count, history: options.history, isPreconditioned: isPreconditioned)
      if isPreconditioned { buffers += PyramidPreconditioner.buffers(height: height, width: width) }
    }
    return buffers
  }

  /// The optimiser's state, for a checkpoint.
  var state: OptimiserState<Float> {
    switch kind {
    case .adam(let adam): adam.state
    case .lbfgs(let lbfgs): lbfgs.state
    }
  }

  /// The pictures that a checkpoint must store.
  var pictures: [Parameter<Float>] {
    var pictures = [Parameter("picture", picture)]
    if let before { pictures.append(Parameter("before", before)) }
    if let mean { pictures.append(Parameter("average", mean)) }
    return pictures
  }

  /// Restores the state of a checkpoint.
  func resume(caution: Float, meanAge: Int) {
    self.caution = caution
    self.meanAge = meanAge
    known = nil
  }

  /// Takes a step of Adam or a line search of L-BFGS.
  /// - Parameter engine: for pictures of this size.
  func step(by engine: StyleEngine) throws(Failure) -> Step {
    let step: Step
    switch kind {
    case .adam(let adam): step = try self.step(adam, engine)
    case .lbfgs(let lbfgs): step = try self.step(lbfgs, engine)
    }
    if step.reason == nil { average() }
    return step
  }

  private func step(_ adam: Optimiser<Float>, _ engine: StyleEngine) throws(Failure) -> Step {
    var looks: [Look] = []
    while true {
      let bands = try engine.bands(of: picture)
      var isSound = true
      while let band = try bands.next() {
        // The costs of the remaining bands are needed all the same.
        if isSound { isSound = try move(by: band, adam) }
      }
      looks.append(Look(costs: bands.costs))
      if bands.costs.total.isFinite, isSound { return Step(reason: nil, looks: looks) }
      // Back to the last picture with finite costs, to continue with smaller steps.
      guard let before, adam.steps > 0, caution > 1e-3 else { return Step(reason: .notFinite, looks: looks) }
      withPointers(picture, before) { $0.update(from: $1, count: picture.count) }
      for moment in adam.state.tensors {
        moment.value.withPointer { $0.update(repeating: 0, count: picture.count) }
      }
      adam.state.counters[0] = 0
      caution /= 2
    }
  }

  /// Updates the band's rows.
  /// - Returns: whether its gradient is finite; if not, nothing is changed.
  private func move(by band: GradientBands.Band, _ adam: Optimiser<Float>) throws(Failure) -> Bool {
    let row = picture.shape[1] * 3, start = band.first * row, length = band.count * row
    var isSound = true
    try band.withPointer { gradient throws(Failure) in
      isSound = isFinite(gradient, count: length)
      guard isSound else { return }
      picture.withPointer { x in
        before?.withPointer { $0.advanced(by: start).update(from: x + start, count: length) }
        adam.step(x + start, gradient, first: start, count: length, rate: options.learningRate * caution)
      }
    }
    if isSound, options.isClamped { clampToLevels(start / 3, length / 3) }
    return isSound
  }

  private func step(_ lbfgs: LBFGS<Float>, _ engine: StyleEngine) throws(Failure) -> Step {
    let row = picture.shape[1] * 3
    var looks: [Look] = []
    let outcome = try lbfgs.run(picture, from: known) { picture, gradient throws(Failure) in
      // Without finite costs there is no gradient.
      gradient.withPointer { $0.update(repeating: 0, count: gradient.count) }
      let bands = try engine.bands(of: picture)
      while let band = try bands.next() {
        try band.withPointer { rows throws(Failure) in
          gradient.withPointer { ($0 + band.first * row).update(from: rows, count: band.count * row) }
        }
      }
      looks.append(Look(costs: bands.costs))
      return bands.costs.total
    }
    known = (outcome.last, outcome.gradient)
    let reason: Reason?
    switch outcome.reason {
    case .iterations, .evaluations: reason = nil
    case .converged, .smallChange: reason = .converged
    case .stalled: reason = .stalled
    case .notFinite: reason = .notFinite
    }
    return Step(reason: reason, looks: looks)
  }

  /// - Parameter first: the index of the first pixel.
  private func clampToLevels(_ first: Int, _ count: Int) {
    VGGPicture(picture).clampToLevels(first..<first + count)
  }

  private func average() {
    guard let mean else { return }
    meanAge += 1
    let decay = options.averaging
    withPointers(picture, mean) { x, m in
      forEachSlice(of: picture.count) { for i in $0 { m[i] = decay * m[i] + (1 - decay) * x[i] } }
    }
  }

  /// The picture, or the bias-corrected mean of the pictures so far.
  func result() throws(Failure) -> Tensor<Float> {
    guard let mean, meanAge > 0 else { return picture }
    let result = try Tensor<Float>(picture.shape)
    let weight = 1 - Float.power(options.averaging, Float(meanAge))
    withPointers(result, mean) { x, m in for i in 0..<picture.count { x[i] = m[i] / weight } }
    return result
  }

  /// Hands Adam's means over to a picture of another size, which continues from them.
  func handOver(to next: PictureMover) throws(Failure) {
    guard case .adam(let adam) = kind, case .adam(let successor) = next.kind else { return }
    let height = next.picture.shape[0], width = next.picture.shape[1]
    for (old, new) in zip(adam.state.tensors, successor.state.tensors) {
      let old = try old.value.reshaped(picture.shape.extents)
      try new.value.withPointer { target throws(Failure) in
        try enlarge(old, height: height, width: width, into: target)
        // A mean of squares must stay non-negative: cubic interpolation may undershoot.
        if new.name.hasPrefix("square") { for i in 0..<new.value.count { target[i] = max(0, target[i]) } }
      }
    }
    successor.state.counters = adam.state.counters
  }
}
