import Tensors

extension Loss {
  /// A loss without its settings.
  package enum Kind: Int32, CaseIterable, Sendable {
    case triplet = 0
    case batchHard, semiHard, allTriplets
    case contrastive, pairDifference, pairChiSquare
    case softmax, centre, cosFace, arcFace
    case distillation, teacherDistance
    case crossEntropy
  }

  /// A loss with all settings that any has; those of others are not looked at.
  package struct Options {
    package var kind: Kind
    package var reduction = Reduction.mean
    package var margin: Float
    /// Of contrastive loss.
    package var epsilon: Float = 1e-6
    /// Of angular margins.
    package var scale: Float = 64
    /// Lambda and alpha of centre loss (Wen et al. 2016, section 4.1).
    package var centreWeight: Float = 0.003, centreRate: Float = 0.5
    /// Of distillation.
    package var cosineWeight: Float = 2, similarityWeight: Float = 4

    package init(_ kind: Kind) {
      self.kind = kind
      margin =
        switch kind {
        case .contrastive: 1
        case .cosFace: 0.35  // Wang et al. 2018
        case .arcFace: 0.5  // Deng et al. 2019
        default: 0.2  // Schroff et al. 2015
        }
    }
  }

  /// - Throws: `.invalidArgument` naming the setting that is out of its range.
  package init(_ options: Options) throws(Failure) {
    func number(
      _ value: Float, _ name: StaticString, atMost limit: Float = .greatestFiniteMagnitude
    ) throws(Failure) -> Double {
      guard value >= 0, value <= limit else {
        throw .invalidArgument("\(name) \(value), wanted 0 or more\(limit < 10 ? ", at most \(limit)" : "")")
      }
      return Double(value)
    }
    func margin(atMost limit: Float = .greatestFiniteMagnitude) throws(Failure) -> Double {
      try number(options.margin, "margin", atMost: limit)
    }
    func scale() throws(Failure) -> Double {
      guard options.scale > 0 else { throw .invalidArgument("scale \(options.scale), wanted more than 0") }
      return try number(options.scale, "scale")
    }
    let reduction = options.reduction
    switch options.kind {
    case .triplet: self = .triplet(margin: try margin(), reduction)
    case .batchHard: self = .minedTriplet(.hard, margin: try margin(), reduction)
    case .semiHard: self = .minedTriplet(.semiHard, margin: try margin(), reduction)
    case .allTriplets: self = .minedTriplet(.all, margin: try margin(), reduction)
    case .contrastive:
      self = .contrastive(margin: try margin(), epsilon: try number(options.epsilon, "epsilon"), reduction)
    case .pairDifference: self = .pairwise(.absoluteDifference, reduction)
    case .pairChiSquare: self = .pairwise(.chiSquare, reduction)
    case .softmax: self = .softmax(reduction)
    case .centre:
      self = .centre(
        lambda: try number(options.centreWeight, "centre weight"),
        rate: try number(options.centreRate, "centre rate", atMost: 1), reduction)
    case .cosFace: self = .angularMargin(.cosine(try margin()), scale: try scale(), reduction)
    case .arcFace: self = .angularMargin(.angle(try margin(atMost: .pi)), scale: try scale(), reduction)
    case .distillation:
      self = .distillation(
        cosine: try number(options.cosineWeight, "cosine weight"),
        similarity: try number(options.similarityWeight, "similarity weight"))
    case .teacherDistance: self = .teacherDistance
    case .crossEntropy: self = .crossEntropy(reduction)
    }
  }
}
