import Networks
import TestSupport
import Tensors
import Testing

/// The rules and rates of optimisers_reference.py.
private let recipes: [(name: String, rule: UpdateRule, rate: Double)] = [
  ("sgd", .sgd(SGD()), 0.3),
  ("sgd momentum", .sgd(SGD(momentum: 0.9, weightDecay: 0.01)), 0.1),
  ("sgd nesterov", .sgd(SGD(momentum: 0.9, isNesterov: true)), 0.1),
  ("adam", .adam(Adam()), 0.05),
  ("adam decay", .adam(Adam(beta1: 0.8, beta2: 0.99, weightDecay: 0.1)), 0.05),
  ("adamw", .adam(Adam(weightDecay: 0.1, isDecoupled: true)), 0.05),
  ("rmsprop", .rmsProp(RMSProp()), 0.01),
  ("rmsprop momentum", .rmsProp(RMSProp(alpha: 0.9, momentum: 0.8, weightDecay: 0.01)), 0.005)
]

private func follow<Element: Scalar>(
  _ index: Int, _ type: Element.Type
) throws -> (losses: Double, end: Double) {
  let reference = try OptimisersReference.load(), recipe = recipes[index]
  let wanted = try #require(reference.trainings.first { $0.name == recipe.name })
  let training = try SmallTraining<Element>(reference)
  var losses = try training.train(
    Optimiser(recipe.rule, training.parameters), steps: 20, rate: Element(recipe.rate))
  losses.append(try training.evaluate().loss)
  return (
    largestDifference(losses, wanted.losses),
    largestDifference(training.numbers.map { Double($0) }, wanted.end)
  )
}

/// A parameter of many numbers and one of few.
private func large() throws -> (parameters: [Parameter<Float>], gradients: [Tensor<Float>]) {
  var numbers = Numbers(seed: 11)
  let parameters = [
    Parameter<Float>("large", try numbers.tensor([70, 1001])),
    Parameter<Float>("small", try numbers.tensor([3]))
  ]
  return (parameters, [try numbers.tensor([70, 1001]), try numbers.tensor([3])])
}

@Suite struct OptimiserTests {
  @Test(arguments: recipes.indices)
  func `follows PyTorch's training of twenty steps`(index: Int) throws {
    let double = try follow(index, Double.self)
    #expect(
      double.losses < Tolerance.double && double.end < Tolerance.double, "\(recipes[index].name): \(double)")
    let float = try follow(index, Float.self)
    #expect(float.losses < Tolerance.float && float.end < Tolerance.float, "\(recipes[index].name): \(float)")
  }

  /// m / sqrt(v) is the sign of the gradient at first, whatever its size.
  @Test func `Adam's first step is the rate`() throws {
    for gradient in [1e-3, 1.0, -1e6] {
      let x = Parameter<Double>("x", try Tensor([1], [0]))
      try Optimiser(.adam(Adam()), [x]).step([Tensor([1], [gradient])], rate: 0.1)
      #expect(abs(x.value[0] + (gradient < 0 ? -0.1 : 0.1)) < 2e-6)
    }
  }

  @Test(arguments: recipes.indices)
  func `stands still where the gradient is zero and nothing decays`(index: Int) throws {
    let x = Parameter<Float>("x", try Tensor([2], [3, -4]))
    var rule = recipes[index].rule
    switch rule {
    case .sgd(var sgd): sgd.weightDecay = 0; rule = .sgd(sgd)
    case .adam(var adam): adam.weightDecay = 0; rule = .adam(adam)
    case .rmsProp(var rmsProp): rmsProp.weightDecay = 0; rule = .rmsProp(rmsProp)
    }
    try Optimiser(rule, [x]).step([Tensor([2], [0, 0])], rate: 1)
    #expect(x.value.values == [3, -4])
  }

  @Test func `takes another momentum for a step`() throws {
    let reference = try OptimisersReference.load()
    for (rule, same) in [
      (UpdateRule.adam(Adam(beta1: 0.5)), UpdateRule.adam(Adam(beta1: 0.8))),
      (.sgd(SGD(momentum: 0.5)), .sgd(SGD(momentum: 0.8))),
      (.rmsProp(RMSProp()), .rmsProp(RMSProp(momentum: 0.8)))
    ] {
      let one = try SmallTraining<Double>(reference), other = try SmallTraining<Double>(reference)
      _ = try one.train(Optimiser(rule, one.parameters), steps: 5, rate: 0.01, momentum: 0.8)
      _ = try other.train(Optimiser(same, other.parameters), steps: 5, rate: 0.01)
      #expect(one.numbers == other.numbers)
    }
  }

  @Test(arguments: recipes.indices)
  func `gives the same bits for any number of threads`(index: Int) throws {
    func result(threads: Int) throws -> [UInt32] {
      var bits: [UInt32] = []
      try withPool(threads: threads) {
        let (parameters, gradients) = try large()
        let optimiser = try Optimiser(recipes[index].rule, parameters)
        for _ in 0..<3 {
          var clipped = gradients
          _ = try clip(&clipped, toNorm: 7)
          try optimiser.step(clipped, rate: 0.01)
        }
        bits = parameters.flatMap { $0.value.values }.map { $0.bitPattern }
      }
      return bits
    }
    let one = try result(threads: 1)
    for threads in [2, 3, 8] { #expect(try result(threads: threads) == one) }
  }

  @Test func `moves numbers that lie elsewhere as it moves parameters`() throws {
    let (parameters, gradients) = try large()
    let copy = try parameters[0].value.copy()
    try Optimiser(.adam(Adam()), [parameters[0]]).step([gradients[0]], rate: 0.1)
    let optimiser = try Optimiser<Float>(.adam(Adam()), "x", copy.shape)
    withExtendedLifetime((copy, gradients)) { optimiser.step(copy.pointer, gradients[0].pointer, rate: 0.1) }
    #expect(largestDifference(copy.values, parameters[0].value.values) == 0)
  }

  @Test(arguments: recipes.indices)
  func `moves them some at a time as it moves all at once`(index: Int) throws {
    let recipe = recipes[index]
    var numbers = Numbers(seed: 12)
    let whole: Tensor<Float> = try numbers.tensor([1000])
    let parts = try whole.copy()
    let first = try Optimiser<Float>(recipe.rule, "x", whole.shape),
      second = try Optimiser<Float>(recipe.rule, "x", whole.shape)
    for _ in 0..<3 {
      let gradient: Tensor<Float> = try numbers.tensor([1000])
      first.step(whole.pointer, gradient.pointer, rate: 0.1)
      for (start, count) in [(0, 130), (130, 1), (131, 869)] {
        second.step(parts.pointer + start, gradient.pointer + start, first: start, count: count, rate: 0.1)
      }
    }
    #expect(parts.values == whole.values && second.steps == 3)
    for (a, b) in zip(first.state.tensors, second.state.tensors) { #expect(a.value.values == b.value.values) }
  }

  @Test func `leaves running statistics alone`() throws {
    let weight = Parameter<Float>("weight", try Tensor([1], [1])),
      mean = Parameter<Float>("mean", try Tensor([1], [5]), isTrained: false)
    let optimiser = try Optimiser(.sgd(SGD()), [mean, weight])
    try optimiser.step([Tensor([1], [1])], rate: 0.5)
    #expect(weight.value[0] == 0.5 && mean.value[0] == 5)
    #expect(optimiser.state.tensors.map { $0.name } == ["velocity.weight"])
  }

  @Test func `refuses gradients that do not fit and changes nothing`() throws {
    let (parameters, gradients) = try large()
    let before = parameters.flatMap { $0.value.values }
    let optimiser = try Optimiser(.adam(Adam()), parameters)
    func refused(_ gradients: [Tensor<Float>], rate: Float = 0.1, momentum: Float? = nil) -> String {
      outcome { try optimiser.step(gradients, rate: rate, momentum: momentum) }
    }
    #expect(refused([gradients[0]]) == "invalidArgument: 1 gradients for 2 parameters")
    #expect(
      refused([gradients[0], gradients[0]])
        == "invalidArgument: the gradient of small is [70, 1001]; expected [3]")
    for value: Float in [.nan, .infinity, -.infinity] {
      let reason = refused([gradients[0], try Tensor([3], [0, value, 1])])
      #expect(reason == "invalidArgument: the gradient of small is not finite, or its square is not")
    }
    for rate: Float in [.nan, .infinity, -1] {
      #expect(refused(gradients, rate: rate).hasPrefix("invalidArgument: a learning rate of"))
    }
    for momentum: Float in [.nan, 1, -0.1] {
      #expect(refused(gradients, momentum: momentum).hasPrefix("invalidArgument: a momentum of"))
    }
    #expect(parameters.flatMap { $0.value.values } == before)
    #expect(
      optimiser.steps == 0 && optimiser.state.tensors.allSatisfy { $0.value.values.allSatisfy { $0 == 0 } })
  }

  @Test(arguments: [
    UpdateRule.sgd(SGD(momentum: 1)), .sgd(SGD(isNesterov: true)), .sgd(SGD(weightDecay: -1)),
    .adam(Adam(beta1: 1)),
    .adam(Adam(beta2: -0.1)), .adam(Adam(epsilon: 0)), .adam(Adam(weightDecay: .nan)),
    .rmsProp(RMSProp(alpha: 1)),
    .rmsProp(RMSProp(epsilon: .infinity)), .rmsProp(RMSProp(momentum: 2))
  ])
  func `refuses numbers outside their range`(rule: UpdateRule) {
    #expect(outcome { try Optimiser<Float>(rule, []) }.hasPrefix("invalidArgument: "))
  }
}
