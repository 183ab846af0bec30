import Tensors

/// What a network is trained to make small: one of the losses of this folder, with its settings.
package indirect enum Loss: Equatable, Sendable {
  /// Triplets that the data names: rows 3i, 3i + 1 and 3i + 2 of a batch are anchor, positive and negative.
  case triplet(margin: Double, Reduction)
  /// Triplets found in the batch.
  case minedTriplet(Mining, margin: Double, Reduction)
  /// Rows 2i and 2i + 1 are a pair.
  case contrastive(margin: Double, epsilon: Double, Reduction)
  case softmax(Reduction)
  /// The network's own answers are the scores: a classifier that is trained whole, without a head.
  case crossEntropy(Reduction)
  /// Softmax loss + lambda * centre loss, both summed or both averaged; `rate` is what centres move by.
  case centre(lambda: Double, rate: Double, Reduction)
  /// Rows 2i and 2i + 1 are a pair.
  case pairwise(PairFeature, Reduction)
  case angularMargin(AngularMargin, scale: Double, Reduction)
  case distillation(cosine: Double, similarity: Double)
  /// The mean squared distance to a teacher's embeddings.
  case teacherDistance

  /// What a batch has to bring besides embeddings.
  package enum Wanted: Equatable, Sendable { case nothing, people, classes, pairs, teacher }

  package var wanted: Wanted {
    switch self {
    case .triplet: .nothing
    case .minedTriplet: .people
    case .contrastive, .pairwise: .pairs
    case .softmax, .crossEntropy, .centre, .angularMargin: .classes
    case .distillation, .teacherDistance: .teacher
    }
  }

  /// Rows that belong together and must stay in one batch: 3 of a triplet, 2 of a pair.
  package var rowsTogether: Int {
    switch self {
    case .triplet: 3
    case .contrastive, .pairwise: 2
    default: 1
    }
  }
}

extension Loss {
  /// What checkpoints call it: losses of one name differ in their settings alone, and have the same head.
  package var name: String {
    switch self {
    case .triplet: "triplet"
    case .minedTriplet(.hard, _, _): "batch-hard"
    case .minedTriplet(.semiHard, _, _): "semi-hard"
    case .minedTriplet(.all, _, _): "all-triplets"
    case .contrastive: "contrastive"
    case .softmax: "softmax"
    case .crossEntropy: "cross-entropy"
    case .centre: "centre"
    case .pairwise(.absoluteDifference, _): "pair-difference"
    case .pairwise(.chiSquare, _): "pair-chi-square"
    case .angularMargin(.cosine, _, _): "cosface"
    case .angularMargin(.angle, _, _): "arcface"
    case .distillation: "distillation"
    case .teacherDistance: "teacher-distance"
    }
  }
}

/// What a batch brings besides embeddings.
package indirect enum Targets<Element: Scalar> {
  case nothing
  /// One a row: the person, any number for mining, 0..<classes for a classifier.
  case labels([Int32])
  /// One a pair: 0 for the same person, 1 for two people.
  case pairs([Int32])
  /// [count, dimension]
  case teacher(Tensor<Element>)
}

extension Loss {
  /// The loss of a batch.
  ///
  /// - Parameters:
  ///   - embeddings: [count, dimension].
  ///   - head: what `headParameters` lists, in its order.
  /// - Returns: a single number; and what mining found, where there is mining.
  package func value<Element: Scalar>(
    embeddings: Variable<Element>, targets: Targets<Element>, head: [Variable<Element>],
    on tape: Tape<Element>
  ) throws(Failure) -> (loss: Variable<Element>, statistics: MiningStatistics?) {
    guard head.count == headNames.count else {
      throw .invalidArgument("a head of \(head.count) arrays, wanted \(headNames.count)")
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
    case .distillation(let cosine, let similarity):
      let loss = try tape.distillationLoss(
        embeddings, teacher: teacher(targets), cosine: Element(cosine), similarity: Element(similarity))
      return (loss, nil)
    case .teacherDistance:
      return (try tape.meanSquaredDistance(embeddings, teacher: teacher(targets)), nil)
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

  private func teacher<Element: Scalar>(_ targets: Targets<Element>) throws(Failure) -> Tensor<Element> {
    guard case .teacher(let tensor) = targets else {
      throw .invalidArgument("a batch without a teacher's embeddings")
    }
    return tensor
  }
}
