import Tensors

/// The objective of a training: one of the losses of this folder, with its settings.
package indirect enum Loss: Equatable, Sendable {
  /// Triplets given by the data: rows 3i, 3i + 1 and 3i + 2 of a batch are anchor, positive and negative.
  case triplet(margin: Double, Reduction)
  /// Triplets found in the batch.
  case minedTriplet(Mining, margin: Double, Reduction)
  /// Rows 2i and 2i + 1 are a pair.
  case contrastive(margin: Double, epsilon: Double, Reduction)
  case softmax(Reduction)
  /// The network's own results are the scores: a classifier that is trained as a whole, without a head.
  case crossEntropy(Reduction)
  /// Softmax loss + lambda * centre loss, both summed or both averaged; `rate` is the step of the centres.
  case centre(lambda: Double, rate: Double, Reduction)
  /// Rows 2i and 2i + 1 are a pair.
  case pairwise(PairFeature, Reduction)
  case angularMargin(AngularMargin, scale: Double, Reduction)
  case distillation(Distillation)
  /// The mean squared distance to a teacher's embeddings.
  case teacherDistance
  /// Of a one-pass detector's cells, in place of embeddings.
  case detection(DetectionLoss)

  /// What a batch must supply besides embeddings.
  package enum Wanted: Equatable, Sendable { case nothing, people, classes, pairs, teacher, faces }

  /// Everything about a loss except its formula, so that a new loss is a case, its facts, its value below,
  /// and a file with its formula.
  private struct Facts {
    /// Its name in checkpoints: losses of one name differ only in their settings, and have the same head.
    let name: StaticString
    let wanted: Wanted
    /// Rows that must stay together in one batch: 3 for a triplet, 2 for a pair.
    var rowsTogether = 1
    var head = Head.none
    let settings: () -> [Setting]

    init(
      _ name: StaticString, _ wanted: Wanted, rowsTogether: Int = 1, head: Head = .none,
      @SettingList _ settings: @escaping () -> [Setting]
    ) {
      (self.name, self.wanted, self.rowsTogether, self.head) = (name, wanted, rowsTogether, head)
      self.settings = settings
    }
  }

  private var facts: Facts {
    switch self {
    case .triplet(let margin, let reduction):
      Facts("triplet", .nothing, rowsTogether: 3) {
        Setting("margin", margin, .atLeast(0))
        reduction.setting
      }
    case .minedTriplet(let mining, let margin, let reduction):
      Facts(mining.name, .people) {
        Setting("margin", margin, .atLeast(0))
        reduction.setting
      }
    case .contrastive(let margin, let epsilon, let reduction):
      Facts("contrastive", .pairs, rowsTogether: 2) {
        Setting("margin", margin, .atLeast(0))
        Setting("loss's epsilon", epsilon, .atLeast(0))
        reduction.setting
      }
    case .softmax(let reduction): Facts("softmax", .classes, head: .classifier) { reduction.setting }
    case .crossEntropy(let reduction): Facts("cross-entropy", .classes) { reduction.setting }
    case .centre(let lambda, let rate, let reduction):
      Facts("centre", .classes, head: .classifierAndCentres) {
        Setting("centre weight", lambda, .atLeast(0))
        Setting("centre rate", rate, .from(0, to: 1))
        reduction.setting
      }
    case .pairwise(let feature, let reduction):
      Facts(feature.name, .pairs, rowsTogether: 2, head: .pair) { reduction.setting }
    case .angularMargin(let margin, let scale, let reduction):
      Facts(margin.name, .classes, head: .weights) {
        margin.setting
        Setting("scale", scale, .above(0))
        reduction.setting
      }
    case .distillation(let settings): Facts("distillation", .teacher) { settings.settings }
    case .teacherDistance: Facts("teacher-distance", .teacher) {}
    case .detection(let loss): Facts("detection", .faces) { loss.settings }
    }
  }

  package var name: String { "\(facts.name)" }
  package var wanted: Wanted { facts.wanted }
  package var rowsTogether: Int { facts.rowsTogether }
  /// The names of the network's results that the loss sees; none for its final value.
  package var results: [String] { wanted == .faces ? FaceCells.names : [] }
  var head: Head { facts.head }
  /// Whether a teacher's batch needs labels as well.
  package var hasStrangers: Bool {
    if case .distillation(let settings) = self { settings.hasStrangers } else { false }
  }
  /// The number of earlier embeddings that a training keeps for it.
  var memory: Int {
    if case .distillation(let settings) = self, settings.hasStrangers { settings.memory } else { 0 }
  }
}

extension Loss: Settings {
  package var settings: [Setting] {
    let facts = facts
    Setting("loss", "\(facts.name)")
    facts.settings()
  }
}

extension Loss {
  /// A loss without its settings, with its number in the C interface.
  package enum Kind: Int32, CaseIterable, Sendable {
    case triplet = 0
    case batchHard, semiHard, allTriplets
    case contrastive, pairDifference, pairChiSquare
    case softmax, centre, cosFace, arcFace
    case distillation, teacherDistance
    case crossEntropy

    /// The margin in the paper that introduced the loss.
    var margin: Float {
      switch self {
      case .contrastive: 1
      case .cosFace: 0.35  // Wang et al. 2018
      case .arcFace: 0.5  // Deng et al. 2019
      default: 0.2  // Schroff et al. 2015
      }
    }
  }

  /// - Throws: `.invalidArgument` naming the setting that is out of range.
  package init(_ options: Options) throws(Failure) {
    let margin = Double(options.margin), scale = Double(options.scale), reduction = options.reduction
    self =
      switch options.kind {
      case .triplet: .triplet(margin: margin, reduction)
      case .batchHard: .minedTriplet(.hard, margin: margin, reduction)
      case .semiHard: .minedTriplet(.semiHard, margin: margin, reduction)
      case .allTriplets: .minedTriplet(.all, margin: margin, reduction)
      case .contrastive: .contrastive(margin: margin, epsilon: Double(options.epsilon), reduction)
      case .pairDifference: .pairwise(.absoluteDifference, reduction)
      case .pairChiSquare: .pairwise(.chiSquare, reduction)
      case .softmax: .softmax(reduction)
      case .centre:
        .centre(lambda: Double(options.centreWeight), rate: Double(options.centreRate), reduction)
      case .cosFace: .angularMargin(.cosine(margin), scale: scale, reduction)
      case .arcFace: .angularMargin(.angle(margin), scale: scale, reduction)
      case .distillation:
        .distillation(
          Distillation(
            cosine: Double(options.cosineWeight), similarity: Double(options.similarityWeight),
            strangers: Double(options.strangerWeight), strangerLimit: Double(options.strangerLimit),
            memory: options.memory))
      case .teacherDistance: .teacherDistance
      case .crossEntropy: .crossEntropy(reduction)
      }
    try check()
  }
}

/// What a batch supplies besides embeddings.
package indirect enum Targets<Element: Scalar> {
  case nothing
  /// One per row: the person, any number for mining, 0..<classes for a classifier.
  case labels([Int32])
  /// One per pair: 0 for the same person, 1 for two people.
  case pairs([Int32])
  /// [count, dimension], and the person of each row: below 0 if unknown. Strangers need these.
  case teacher(Tensor<Element>, people: [Int32] = [])
  /// Of each picture.
  case faces([[FaceTarget]])
}

extension Loss {
  /// The loss of a batch.
  ///
  /// - Parameters:
  ///   - embeddings: [count, dimension].
  ///   - head: the arrays of `headParameters`, in order.
  ///   - memory: embeddings of earlier batches, for a loss of strangers.
  /// - Returns: a single number, and the result of mining, if any.
  package func value<Element: Scalar>(
    embeddings: Variable<Element>, targets: Targets<Element>, head: [Variable<Element>],
    memory: StrangerMemory<Element>? = nil, on tape: Tape<Element>
  ) throws(Failure) -> (loss: Variable<Element>, statistics: MiningStatistics?) {
    guard head.count == headNames.count else {
      throw .invalidArgument("a head of \(head.count) arrays; expected \(headNames.count)")
    }
    switch self {
    case .triplet(let margin, let reduction):
      let loss = try tape.tripletLoss(
        tape.rows(embeddings, from: 0, by: 3), tape.rows(embeddings, from: 1, by: 3),
        tape.rows(embeddings, from: 2, by: 3),
        margin: Element(margin), reduction)
      return (loss, nil)
    case .minedTriplet(let mining, let margin, let reduction):
      let (loss, statistics) = try tape.minedTripletLoss(
        embeddings, labels: labels(targets), mining, margin: Element(margin), reduction)
      return (loss, statistics)
    case .contrastive(let margin, let epsilon, let reduction):
      let loss = try tape.contrastiveLoss(
        tape.rows(embeddings, from: 0, by: 2), tape.rows(embeddings, from: 1, by: 2), labels: labels(targets),
        margin: Element(margin), epsilon: Element(epsilon), reduction)
      return (loss, nil)
    case .softmax(let reduction):
      return (
        try tape.softmaxLoss(embeddings, labels: labels(targets), weights: head[0], bias: head[1], reduction),
        nil
      )
    case .crossEntropy(let reduction):
      return (try tape.crossEntropy(embeddings, labels: labels(targets), reduction), nil)
    case .centre(let lambda, _, let reduction):
      let labels = try labels(targets)
      let softmax = try tape.softmaxLoss(
        embeddings, labels: labels, weights: head[0], bias: head[1], reduction)
      let centre = try tape.centreLoss(embeddings, labels: labels, centres: head[2], reduction)
      return (try tape.weightedSum([softmax, centre], [1, Element(lambda)]), nil)
    case .pairwise(let feature, let reduction):
      let loss = try tape.pairwiseLogisticLoss(
        tape.rows(embeddings, from: 0, by: 2), tape.rows(embeddings, from: 1, by: 2), labels: labels(targets),
        feature,
        weights: head[0], bias: head[1], reduction)
      return (loss, nil)
    case .angularMargin(let margin, let scale, let reduction):
      let loss = try tape.angularMarginLoss(
        embeddings, labels: labels(targets), weights: head[0], margin, scale: Element(scale), reduction)
      return (loss, nil)
    case .distillation(let settings):
      let (teacher, people) = try teacher(targets)
      let loss = try tape.distillationLoss(
        embeddings, teacher: teacher, people: people, settings, memory: memory)
      return (loss, nil)
    case .teacherDistance:
      return (try tape.meanSquaredDistance(embeddings, teacher: teacher(targets).embeddings), nil)
    case .detection: throw .invalidArgument("a detector's loss of embeddings; expected cells")
    }
  }

  private func labels<Element: Scalar>(_ targets: Targets<Element>) throws(Failure) -> [Int32] {
    switch targets {
    case .labels(let labels) where wanted != .pairs: return labels
    case .pairs(let labels) where wanted == .pairs: return labels
    default:
      throw .invalidArgument(
        wanted == .pairs ? "a batch without labels of pairs" : "a batch without labels of people")
    }
  }

  private func teacher<Element: Scalar>(
    _ targets: Targets<Element>
  ) throws(Failure) -> (embeddings: Tensor<Element>, people: [Int32]) {
    guard case .teacher(let embeddings, let people) = targets else {
      throw .invalidArgument("a batch without a teacher's embeddings")
    }
    return (embeddings, people)
  }
}
