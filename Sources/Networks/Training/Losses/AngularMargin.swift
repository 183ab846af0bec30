import CSystem
import Tensors

/// The margin by which the right class is made harder than the others, in terms of the angle t between an
/// embedding and its class weights.
package enum AngularMargin: Equatable, Sendable {
  /// CosFace: `cos(t) - margin` (Wang et al. 2018, equation 4; margin 0.35).
  case cosine(Double)
  /// ArcFace: `cos(t + margin)` (Deng et al. 2019, equation 3; margin 0.5). Past `t + margin = pi`, where the
  /// cosine would rise again, it continues to fall as `cos(t) - margin * sin(margin)`: the authors' code with
  /// `easy_margin` off.
  case angle(Double)

  /// The name of the loss.
  var name: StaticString {
    switch self {
    case .cosine: "cosface"
    case .angle: "arcface"
    }
  }

  var setting: Setting {
    switch self {
    case .cosine(let margin): Setting("margin", margin, .atLeast(0))
    case .angle(let margin): Setting("margin", margin, .from(0, to: .pi))
    }
  }
}

extension Tape {
  /// Softmax loss on cosines, with a margin for the right class. `scores[i, j] = scale * cos(t[i, j])`, with
  /// the margin if j is the label of i; then softmax cross-entropy.
  ///
  /// Normalises the rows of both to unit length; a zero row has cosine 0 with everything, and no gradient.
  ///
  /// - Parameters:
  ///   - embeddings: [count, dimension].
  ///   - labels: 0..<classes.
  ///   - weights: [classes, dimension].
  ///   - scale: s, more than 0; both papers use 64.
  /// Source: Wang et al., "CosFace", 2018; Deng et al., "ArcFace", 2019.
  package func angularMarginLoss(
    _ embeddings: Variable<Element>, labels: [Int32], weights: Variable<Element>, _ margin: AngularMargin,
    scale: Element,
    _ reduction: Reduction
  ) throws(Failure) -> Variable<Element> {
    let cosines = try rowProducts(unitLength(embeddings), unitLength(weights))
    return try crossEntropy(
      marginScores(cosines, labels: labels, margin, scale: scale), labels: labels, reduction)
  }

  /// Scores from cosines: [count, classes].
  func marginScores(
    _ cosines: Variable<Element>, labels: [Int32], _ margin: AngularMargin, scale: Element
  ) throws(Failure) -> Variable<Element> {
    try requireClasses(cosines.shape, labels)
    let classes = cosines.shape[1]
    let y = try cosines.tensor.scaled(by: scale), slopes = try Tensor<Element>([labels.count])
    for i in 0..<labels.count {
      let place = i * classes + Int(labels[i])
      let (value, slope): (Element, Element) = margin.applied(to: cosines.tensor[place])
      y.pointer[place] = scale * value
      slopes.pointer[i] = slope
    }
    // dcos = scale dy, times the slope of the margin's function for the label
    return record(y, from: [cosines]) { tape, dy throws(Failure) in
      let dx = try dy.scaled(by: scale)
      for i in 0..<labels.count { dx.pointer[i * classes + Int(labels[i])] *= slopes[i] }
      try tape.accumulate(dx, into: cosines)
    }
  }
}

extension AngularMargin {
  /// The cosine with the margin applied, and its slope.
  fileprivate func applied<Element: Scalar>(to cosine: Element) -> (value: Element, slope: Element) {
    switch self {
    case .cosine(let margin): return (cosine - Element(margin), 1)
    case .angle(let margin):
      // cos(t + m) = cos(t) cos(m) - sin(t) sin(m), sin(t) = sqrt(1 - cos(t)^2): its slope is -cos(t) /
      // sin(t). The lower bound 1e-7 keeps that finite where embedding and weights coincide; below it the
      // sine is treated as constant.
      let c = Element(cos(margin)), s = Element(sin(margin))
      guard cosine > -c else { return (cosine - Element(margin * sin(margin)), 1) }
      let square = 1 - cosine * cosine
      guard square > 1e-7 else { return (cosine * c - Element(1e-7).squareRoot() * s, c) }
      let sine = square.squareRoot()
      return (cosine * c - sine * s, c + cosine / sine * s)
    }
  }
}
