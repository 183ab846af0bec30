import Tensors

/// The normalisation of a layer's sums.
package enum Normalisation: Equatable, Sendable {
  case none
  /// Batch normalisation with its trained statistics under this name, epsilon 1e-5.
  case batch(String)
  /// `y = gamma x + beta` under the layer's own name.
  case affine
}

package enum Activation: Equatable, Sendable {
  case none
  case rectifier
  /// One slope per channel, under this name.
  case parametric(String)
  /// A rectifier that lets this part of negative numbers through.
  case leaky(Double)
}

/// What follows a layer's sums: an optional normalisation, then an optional activation.
package struct Ending: Equatable, Sendable {
  var normalisation = Normalisation.none
  var activation = Activation.none

  var isEmpty: Bool { normalisation == .none && activation == .none }

  /// With a following batch normalisation folded in; nil if something is in between.
  func folding(_ next: BatchNormalisation) -> Ending? {
    isEmpty ? Ending(normalisation: .batch(next.name), activation: next.activation) : nil
  }

  /// - Parameter name: the layer's.
  func tensors(_ name: String, _ channels: Int) -> [TensorSpecification] {
    var list: [TensorSpecification] = []
    switch normalisation {
    case .none: break
    case .batch(let statistics):
      for (part, kind) in [
        ("weight", TensorSpecification.Kind.gamma), ("bias", .beta), ("running_mean", .mean),
        ("running_var", .variance)
      ] {
        list.append(TensorSpecification(name: "\(statistics).\(part)", extents: [channels], kind: kind))
      }
    case .affine:
      list.append(TensorSpecification(name: name + ".gamma", extents: [channels], kind: .gamma))
      list.append(TensorSpecification(name: name + ".beta", extents: [channels], kind: .beta))
    }
    if case .parametric(let slopes) = activation {
      list.append(TensorSpecification(name: slopes + ".weight", extents: [channels], kind: .slope))
    }
    return list
  }

  /// - Throws: `.invalidArgument` for a normalisation that training does not support.
  func checkTrainable(_ name: String) throws(Failure) {
    if normalisation == .affine {
      throw .invalidArgument("\(name) has a scale of its own, with which no network here is trained")
    }
  }

  func train<Element: Scalar>(
    _ x: Variable<Element>, _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    var slopes: Variable<Element>?
    if case .parametric(let name) = activation { slopes = try pass.variable(name + ".weight") }
    let y = try train(x, slopes, pass)
    if case .leaky(let slope) = activation { return try pass.tape.leakyRectifier(y, slope: Element(slope)) }
    return y
  }

  /// Without a leaky rectifier.
  private func train<Element: Scalar>(
    _ x: Variable<Element>, _ slopes: Variable<Element>?, _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    switch (normalisation, slopes) {
    case (.batch(let name), _):
      let statistics = BatchStatistics(
        mean: try pass.value(name + ".running_mean"), variance: try pass.value(name + ".running_var"))
      return try pass.tape.batchNormalisation(
        x, gamma: pass.variable(name + ".weight"), beta: pass.variable(name + ".bias"), statistics,
        isTraining: pass.isTraining, rectifies: activation == .rectifier, slopes: slopes)
    case (_, let slopes?): return try pass.tape.parametricRectifier(x, slopes: slopes)
    default: return activation == .rectifier ? try pass.tape.rectifier(x) : x
    }
  }

  // MARK: Text

  init(normalisation: Normalisation = .none, activation: Activation = .none) {
    self.normalisation = normalisation
    self.activation = activation
  }

  init(from text: inout LayerText) throws(Failure) {
    if let word = text.take("normalisation") {
      switch Ending.parts(word) {
      case ("batch", let name?): normalisation = .batch(name)
      case ("affine", nil): normalisation = .affine
      default: throw text.refusal("normalisation", word, "batch:name or affine")
      }
    }
    if let word = text.take("activation") {
      switch Ending.parts(word) {
      case ("rectifier", nil): activation = .rectifier
      case ("parametric", let name?): activation = .parametric(name)
      case ("leaky", let number?):
        guard let slope = exactNumber(number), slope.isFinite else { fallthrough }
        activation = .leaky(slope)
      default: throw text.refusal("activation", word, "rectifier, parametric:name or leaky:slope")
      }
    }
  }

  func write(to text: inout LayerText) {
    switch normalisation {
    case .none: break
    case .batch(let name): text.set("normalisation", "batch:" + name)
    case .affine: text.set("normalisation", "affine")
    }
    switch activation {
    case .none: break
    case .rectifier: text.set("activation", "rectifier")
    case .parametric(let name): text.set("activation", "parametric:" + name)
    case .leaky(let slope): text.set("activation", "leaky:" + exactText(slope))
    }
  }

  /// A word, and the name after its colon.
  private static func parts(_ text: String) -> (Substring, String?) {
    guard let colon = text.firstIndex(of: ":") else { return (text[...], nil) }
    let name = text[text.index(after: colon)...]
    return (text[..<colon], name.isEmpty ? nil : String(name))
  }
}

/// A layer of sums with an ending.
protocol EndedLayer: LayerKind {
  var name: String { get }
  var ending: Ending { get set }
}

extension EndedLayer {
  func folding(_ next: BatchNormalisation) -> Self? {
    guard let ending = ending.folding(next) else { return nil }
    var whole = self
    whole.ending = ending
    return whole
  }

  func checkTrainable() throws(Failure) { try ending.checkTrainable(name) }
}
