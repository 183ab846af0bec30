import Networks
import TestSupport
import Tensors
import Testing

/// An operation or a loss, at inputs of odd shapes that keep away from its kinks.
private struct Case {
  let name: String
  let inputs: [Tensor<Double>]
  let function: (Tape<Dual>, [Variable<Dual>]) throws(Failure) -> Variable<Dual>

  init(
    _ name: String, _ inputs: [Tensor<Double>],
    _ function: @escaping (Tape<Dual>, [Variable<Dual>]) throws(Failure) -> Variable<Dual>
  ) {
    (self.name, self.inputs, self.function) = (name, inputs, function)
  }
}

private let picture = [2, 5, 7, 3]

private func random(_ extents: Int..., seed: UInt64 = 1) throws -> Tensor<Double> {
  try randomTensor(extents, seed: seed)
}

/// Between 0.1 and 2.
private func positive(_ extents: [Int], seed: UInt64) throws -> Tensor<Double> {
  let x = try randomTensor(extents, seed: seed)
  for i in 0..<x.count { x.pointer[i] = abs(x[i]) * 1.9 + 0.1 }
  return x
}

/// Batch normalisation of x[0] with factors x[1] and addends x[2]; training changes its running statistics,
/// so each call has its own.
private func normalised(
  _ t: Tape<Dual>, _ x: [Variable<Dual>], isTraining: Bool, rectifies: Bool
) throws(Failure) -> Variable<Dual> {
  let statistics = BatchStatistics<Dual>(
    mean: try Tensor([3], [0.1, -0.2, 0.3]), variance: try Tensor([3], [0.5, 1, 2]))
  return try t.batchNormalisation(
    x[0], gamma: x[1], beta: x[2], statistics, isTraining: isTraining, rectifies: rectifies)
}

/// A convolution whose weights are learned, of 5x7 pictures.
private func learned(
  _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1, pad: Int = 0,
  hasBias: Bool = true
) throws -> Case {
  let name =
    "\(inputs) to \(outputs) channels in \(groups) groups, kernel \(kernel), stride \(stride), padding \(pad), bias \(hasBias)"
  let inputs = [
    try random(2, 5, 7, inputs), try random(outputs, inputs / groups, kernel, kernel, seed: 2),
    try random(outputs, seed: 3)
  ]
  return Case("learned convolution, \(name)", hasBias ? inputs : Array(inputs.dropLast())) {
    t, x throws(Failure) in
    try t.convolution(
      x[0], weights: x[1], bias: hasBias ? x[2] : nil, stride: stride, groups: groups,
      padding: pad == 0 ? .valid : .zeros(pad))
  }
}

/// A loss as a training calls it: of a batch's embeddings and of what the loss brings along.
private func trained(
  _ name: String, _ loss: Loss, _ targets: Targets<Dual>, classes: Int = 0, embeddings: Tensor<Double>? = nil
) throws -> Case {
  var inputs = [try embeddings ?? random(6, 5, seed: 71)]
  for (i, shape) in try loss.headShapes(dimension: inputs[0].shape[1], classes: classes).enumerated() {
    inputs.append(try randomTensor(shape.extents, seed: 72 + UInt64(i)))
  }
  return Case(name, inputs) { t, x throws(Failure) in
    try loss.value(embeddings: x[0], targets: targets, head: Array(x.dropFirst()), on: t).loss
  }
}

/// Every loss of `Loss`, with what is peculiar in each.
private func losses() throws -> [Case] {
  let people = Targets<Dual>.labels([4, 9, 4, 9, 4, 2]), classes = Targets<Dual>.labels([0, 2, 3, 0, 1, 2])
  // Labels 1, two people, within the margin and beyond it.
  let pairs = Targets<Dual>.pairs([1, 0, 1]),
    teacher = Targets<Dual>.teacher(
      try Tensor([6, 5], Numbers.duals(30, seed: 75)), people: [4, 9, 4, 9, 4, 2])
  let apartPairs = try awayFromZero([6, 5], seed: 76)
  // Against the weights of its class: there angle + margin is past pi.
  let behind = try random(6, 5, seed: 71), weights = try random(4, 5, seed: 72)
  for k in 0..<5 { behind.pointer[k] = 0.01 * behind[k] - weights[k] }
  var all = [
    try trained("triplets of a batch", .triplet(margin: 0.7, .meanOfActive), .nothing),
    try trained("contrastive", .contrastive(margin: 2, epsilon: 1e-6, .mean), pairs),
    try trained("contrastive, summed", .contrastive(margin: 20, epsilon: 0.5, .sum), pairs),
    try trained("softmax", .softmax(.mean), classes, classes: 4),
    try trained("centre", .centre(lambda: 0.3, rate: 0.5, .sum), classes, classes: 4),
    try trained("pairwise, difference", .pairwise(.absoluteDifference, .mean), pairs),
    try trained("pairwise, chi-square", .pairwise(.chiSquare, .sum), pairs, embeddings: apartPairs),
    try trained("CosFace", .angularMargin(.cosine(0.35), scale: 8, .mean), classes, classes: 4),
    try trained("ArcFace", .angularMargin(.angle(0.5), scale: 8, .mean), classes, classes: 4),
    try trained(
      "ArcFace past pi", .angularMargin(.angle(0.5), scale: 8, .sum), classes, classes: 4, embeddings: behind),
    try trained("distillation", .distillation(Distillation(cosine: 2, similarity: 4)), teacher),
    try trained("distillation of directions", .distillation(Distillation(cosine: 2, similarity: 0)), teacher),
    try trained(
      "distillation of strangers", .distillation(Distillation(strangers: 2, strangerLimit: -0.3)), teacher),
    try trained("distance to a teacher", .teacherDistance, teacher)
  ]
  for mining in [Mining.hard, .semiHard, .all] {
    for (margin, reduction) in [(0.3, Reduction.mean), (4, .sum), (1, .meanOfActive)] {
      let loss = Loss.minedTriplet(mining, margin: margin, reduction)
      all.append(try trained("mined triplets, \(mining), margin \(margin)", loss, people))
    }
  }
  return all
}

/// The file's one list of operations and losses: one line adds another.
private func cases() throws -> [Case] {
  let x = try randomTensor(picture, seed: 1), y = try randomTensor(picture, seed: 2)
  let away = try awayFromZero(picture, seed: 3), apartX = try apart([2, 7, 5, 3], seed: 4),
    above = try positive(picture, seed: 5)
  let slopes = try Finish<Dual>(bias: nil, slopes: [0.25, -0.5, 0])
  let wide: Filter<Dual> = try randomFilter(
    4, 3, kernel: 3, padding: .zeros(1), finish: Finish(bias: [1, 2, -1, 0]), seed: 6)
  let strided: Filter<Dual> = try randomFilter(
    6, 3, kernel: 3, stride: 2, groups: 3, padding: .valid, seed: 7)
  let sloped: Filter<Dual> = try randomFilter(
    3, 3, kernel: 2, padding: .valid, finish: Finish(bias: nil, slopes: [0.5, -1, 2]), seed: 8)
  let target = try Tensor<Dual>(picture, Numbers.duals(210, seed: 9))
  let gram = try Tensor<Dual>([3, 3], Numbers.duals(9, seed: 10))
  let features = try randomTensor([1, 3, 5, 3], seed: 11),
    content = try Tensor<Dual>([1, 3, 5, 3], Numbers.duals(45, seed: 12))
  let elementwise = ElementwiseFunction.allCases.map { f in
    Case("\(f)", [f == .magnitude || f == .sign ? away : above]) { t, x throws(Failure) in try t.map(x[0], f)
    }
  }
  let factors = try positive([3], seed: 13), addends = try random(3, seed: 14)
  // A layer of the network as it runs where its statistics are known.
  let lone: Layer = .batchNormalisation("n", activation: .parametric("p")),
    input = Extent(height: 5, width: 7, channels: 3)
  let frozen = try Network<Dual>(
    [lone, .tap("end")], input: input, weights: Formula.file([lone], input))
  let operations: [Case] = [
    // Arithmetic
    Case("sum of two", [x, y]) { t, x throws(Failure) in try t.sum(x[0], x[1]) },
    Case("sum of two sizes", [x, try random(2, 3, 5, 2)]) { t, x throws(Failure) in try t.sum(x[0], x[1]) },
    Case("difference", [x, y]) { t, x throws(Failure) in try t.difference(x[0], x[1]) },
    Case("product", [x, y]) { t, x throws(Failure) in try t.product(x[0], x[1]) },
    Case("product with itself", [x]) { t, x throws(Failure) in try t.product(x[0], x[0]) },
    Case("quotient", [x, away]) { t, x throws(Failure) in try t.quotient(x[0], x[1]) },
    Case("scaled", [x]) { t, x throws(Failure) in try t.scaled(x[0], by: -1.5) },
    Case("sum", [x]) { t, x throws(Failure) in try t.sum(x[0]) },
    Case("mean", [x]) { t, x throws(Failure) in try t.mean(x[0]) },
    Case("power", [above]) { t, x throws(Failure) in try t.power(x[0], -1.5) },
    Case("whole power", [away]) { t, x throws(Failure) in try t.power(x[0], 3) },
    Case("power of two variables", [above, y]) { t, x throws(Failure) in try t.power(x[0], x[1]) },
    Case("weighted sum", [try random(1), try random(1, 1)]) { t, x throws(Failure) in
      try t.weightedSum(x, [2, -3])
    },
    Case("squared distance", [x]) { t, x throws(Failure) in
      try t.squaredDistance(x[0], to: target, factor: 0.5)
    },
    // Activations
    Case("rectifier", [away]) { t, x throws(Failure) in try t.rectifier(x[0]) },
    Case("parametric rectifier", [away]) { t, x throws(Failure) in try t.parametricRectifier(x[0], slopes) },
    Case("learnt slopes", [away, try random(3)]) { t, x throws(Failure) in
      try t.parametricRectifier(x[0], slopes: x[1])
    },
    Case("softmax", [x]) { t, x throws(Failure) in try t.softmax(x[0]) },
    Case("dropout", [x]) { t, x throws(Failure) in
      var generator = Generator(seed: 3)
      return try t.dropout(x[0], probability: 0.4, isTraining: true, &generator)
    },
    // Assembly
    Case("concatenation", [x, try random(2, 5, 7, 2)]) { t, x throws(Failure) in try t.concatenation(x) },
    Case("picture in a larger one", [x]) { t, x throws(Failure) in
      try t.embedding(x[0], top: 1, left: 2, height: 7, width: 9, channels: 4)
    },
    Case("reshaped", [x]) { t, x throws(Failure) in try t.reshaped(x[0], [7, 30]) },
    Case("lookup", [try random(5, 3)]) { t, x throws(Failure) in try t.lookup(x[0], at: [4, 0, 4, 2]) },
    // Convolution
    Case("convolution", [x]) { t, x throws(Failure) in try t.convolution(x[0], wide) },
    Case("convolution in groups", [x]) { t, x throws(Failure) in try t.convolution(x[0], strided) },
    Case("convolution with slopes", [x]) { t, x throws(Failure) in try t.convolution(x[0], sloped) },
    Case("1-D convolution", [try random(2, 9, 3), try random(4, 3, 5, seed: 2), try random(4, seed: 3)]) {
      t, x throws(Failure) in
      try t.spatialConvolution(x[0], weights: x[1], bias: x[2], stride: 2, padding: 1)
    },
    Case("2-D convolution", [try random(2, 5, 6, 3), try random(3, 3, 2, 3, seed: 2), try random(3, seed: 3)])
    { t, x throws(Failure) in
      try t.spatialConvolution(x[0], weights: x[1], bias: x[2], stride: 2, padding: 1)
    },
    Case(
      "3-D convolution",
      [try random(2, 4, 3, 5, 2), try random(3, 2, 2, 3, 2, seed: 2), try random(3, seed: 3)]
    ) { t, x throws(Failure) in
      try t.spatialConvolution(x[0], weights: x[1], bias: x[2], padding: 1)
    },
    try learned(3, 4, kernel: 3, pad: 1),
    try learned(6, 4, kernel: 3, stride: 2, groups: 2, pad: 1),
    try learned(3, 3, kernel: 5, stride: 2, groups: 3, pad: 2),
    try learned(2, 3, kernel: 1, stride: 3, hasBias: false),
    try learned(4, 6, kernel: 2, groups: 2, pad: 2, hasBias: false),
    try learned(1, 2, kernel: 5, stride: 3),
    Case("dense", [x, try random(4, 105, seed: 2), try random(4, seed: 3)]) { t, x throws(Failure) in
      try t.dense(x[0], weights: x[1], bias: x[2])
    },
    Case("dense without bias", [try random(3, 5), try random(2, 5, seed: 2)]) { t, x throws(Failure) in
      try t.dense(x[0], weights: x[1], bias: nil)
    },
    // Products and distances of rows
    Case("products of rows", [try random(5, 3), try random(4, 3, seed: 2)]) { t, x throws(Failure) in
      try t.rowProducts(x[0], x[1])
    },
    Case("products of rows with themselves", [try random(5, 3)]) { t, x throws(Failure) in
      try t.rowProducts(x[0], x[0])
    },
    Case("a row added", [try random(5, 3), try random(3, seed: 2)]) { t, x throws(Failure) in
      try t.addingRow(x[0], x[1])
    },
    Case("every third row", [try random(6, 3)]) { t, x throws(Failure) in try t.rows(x[0], from: 1, by: 3) },
    Case("squared distances of rows", [try random(5, 3)]) { t, x throws(Failure) in
      try t.squaredDistances(x[0])
    },
    // Pooling
    Case("maximum", [apartX]) { t, x throws(Failure) in
      try t.pool(x[0], .maximum, kernel: 3, stride: 2, padding: 1)
    },
    Case("average", [x]) { t, x throws(Failure) in
      try t.pool(x[0], .average, kernel: 2, stride: 2, roundsUp: true)
    },
    Case("global average", [x]) { t, x throws(Failure) in try t.globalAverage(x[0]) },
    Case("euclidean pooling", [above]) { t, x throws(Failure) in
      try t.euclideanPool(x[0], kernel: 3, stride: 2)
    },
    Case("euclidean pooling over the edge", [x]) { t, x throws(Failure) in
      try t.euclideanPool(x[0], kernel: 3, stride: 2, padding: 1)
    },
    Case("maxout", [try apart([2, 5, 7, 6], seed: 15)]) { t, x throws(Failure) in
      try t.maxout(x[0], pieces: 3)
    },
    Case("1-D maximum", [try apart([2, 9, 3], seed: 1)]) { t, x throws(Failure) in
      try t.spatialPool(x[0], .maximum, kernel: 3, stride: 2, padding: 1)
    },
    Case("1-D average", [try random(2, 9, 3)]) { t, x throws(Failure) in
      try t.spatialPool(x[0], .average, kernel: 3, stride: 2, padding: 1)
    },
    Case("2-D maximum", [apartX]) { t, x throws(Failure) in
      try t.spatialPool(x[0], .maximum, kernel: 2, stride: 2)
    },
    Case("3-D maximum", [try apart([2, 4, 3, 5, 2], seed: 2)]) { t, x throws(Failure) in
      try t.spatialPool(x[0], .maximum, kernel: 2, stride: 1, padding: 1)
    },
    Case("3-D average", [try random(2, 4, 3, 5, 2)]) { t, x throws(Failure) in
      try t.spatialPool(x[0], .average, kernel: 3, stride: 2, padding: 1)
    },
    // Normalisation
    Case("local response", [x]) { t, x throws(Failure) in
      try t.responseNormalisation(x[0], ResponseNormalisation.tensorFlow)
    },
    Case("local response over five", [try random(2, 3, 5, 7)]) { t, x throws(Failure) in
      try t.responseNormalisation(x[0], ResponseNormalisation(window: 5, scale: 0.3))
    },
    Case("batch normalisation", [x, factors, addends]) { t, x throws(Failure) in
      try normalised(t, x, isTraining: true, rectifies: false)
    },
    Case("batch normalisation, rectified", [x, factors, addends]) { t, x throws(Failure) in
      try normalised(t, x, isTraining: true, rectifies: true)
    },
    Case("frozen batch normalisation", [x, factors, addends]) { t, x throws(Failure) in
      try normalised(t, x, isTraining: false, rectifies: false)
    },
    Case("frozen batch normalisation, rectified", [x, factors, addends]) { t, x throws(Failure) in
      try normalised(t, x, isTraining: false, rectifies: true)
    },
    Case("batch normalisation of rows", [try random(5, 3), factors, addends]) { t, x throws(Failure) in
      try normalised(t, x, isTraining: true, rectifies: false)
    },
    Case("batch normalisation with statistics in its weights", [x]) { t, x throws(Failure) in
      try frozen.run(x[0], .init(["end"]), on: t)[0]
    },
    Case("unit length", [try random(5, 7)]) { t, x throws(Failure) in try t.unitLength(x[0]) },
    Case("Gram matrix", [features]) { t, x throws(Failure) in try t.gramMatrix(x[0]) },
    // Losses that are no `Loss`
    Case("cross-entropy", [try random(5, 3)]) { t, x throws(Failure) in
      try t.crossEntropy(x[0], labels: [2, 0, 1, 1, 2], .mean)
    },
    Case("binary cross-entropy", [try random(5, 1)]) { t, x throws(Failure) in
      try t.binaryCrossEntropy(x[0], targets: [0, 1, 0.25, 1, 0], .sum)
    },
    Case("features of pairs", [try random(3, 5), try awayFromZero([3, 5], seed: 77)]) {
      t, x throws(Failure) in
      try t.pairFeatures(x[0], x[1], .absoluteDifference)
    },
    Case("content cost", [features]) { t, x throws(Failure) in try t.contentCost(x[0], content, .normalised)
    },
    Case("style cost", [features]) { t, x throws(Failure) in try t.styleCost(x[0], gram, .lecture) },
    Case("triplet loss", try (81...83).map { try randomTensor([7, 5], seed: $0) }) { t, x throws(Failure) in
      try t.tripletLoss(x[0], x[1], x[2], margin: 0.2, .mean)
    }
  ]
  return try elementwise + operations + losses()
}

extension Numbers {
  fileprivate static func duals(_ count: Int, seed: UInt64) -> [Dual] {
    var numbers = Numbers(seed: seed)
    return (0..<count).map { _ in Dual(numbers.next()) }
  }
}

@Suite struct DerivativesTests {
  @Test func `reverse mode, forward mode and central differences agree on every operation and loss`() throws {
    for item in try cases() {
      let worst = try checkDerivatives(
        of: item.function, at: item.inputs, step: 1e-6, absolute: Tolerance.gradientAbsolute,
        relative: Tolerance.gradientRelative)
      #expect(worst.ratio <= 1, "\(item.name): \(worst.description)")
    }
  }

  /// Values of x + x with the pullback of one x alone: reverse mode is wrong, the two others agree.
  @Test func `the comparison catches a pullback that is wrong`() throws {
    let worst = try checkDerivatives(
      of: { tape, x throws(Failure) in
        try tape.sum(x[0], tape.constant(x[0].tensor))
      }, at: [Tensor([2], [1, 2])])
    #expect(worst.ratio > 1 && abs(2 * worst.reverse - worst.forward) < Tolerance.double)
  }

  /// A branch on the value alone hides the slope from both exact ways.
  @Test func `the comparison catches a derivative that is dropped`() throws {
    let worst = try checkDerivatives(
      of: { tape, x throws(Failure) in
        tape.constant(try Tensor([1], [Dual(x[0].tensor[0].value)]))
      }, at: [Tensor([1], [3])])
    #expect(worst.ratio > 1 && worst.reverse == 0 && worst.forward == 0 && worst.numeric > 0.5)
  }

  @Test func `the comparison takes NaN for an error without end`() throws {
    let worst = try checkDerivatives(
      of: { tape, x throws(Failure) in try tape.logarithm(x[0]) }, at: [Tensor([2], [1, -1])])
    #expect(worst.ratio == .infinity)
  }

  /// d/dx of x^2 sin(x) is 2 x sin(x) + x^2 cos(x).
  @Test func `gives f and f' of a function of one number`() {
    let (value, slope) = derivative(of: { $0 * $0 * .sine($0) }, at: 1.5)
    #expect(abs(value - 2.25 * Double.sine(1.5)) < Tolerance.double)
    #expect(abs(slope - (3 * Double.sine(1.5) + 2.25 * Double.cosine(1.5))) < Tolerance.double)
  }

  /// The directional derivative of a product: (a b)' = a' b + a b'.
  @Test func `gives the derivative along a direction`() throws {
    let a = try Tensor<Double>([2], [1, 2]), b = try Tensor<Double>([2], [3, 4])
    let da = try Tensor<Double>([2], [10, 0]), db = try Tensor<Double>([2], [1, -1])
    let (value, slope) = try directionalDerivative(
      of: { tape, x throws(Failure) in try tape.product(x[0], x[1]) }, at: [a, b], along: [da, db])
    #expect(value.values == [3, 8] && slope.values == [31, -2])
    #expect(
      outcome {
        try directionalDerivative(
          of: { _, x throws(Failure) in x[0] }, at: [a], along: [Tensor([3], repeating: 0)])
      } == "invalidArgument: a direction [3] for an input [2]")
    #expect(
      outcome { try directionalDerivative(of: { _, x throws(Failure) in x[0] }, at: [a], along: []) }
        == "invalidArgument: 0 directions for 1 inputs; expected one for each")
  }
}
