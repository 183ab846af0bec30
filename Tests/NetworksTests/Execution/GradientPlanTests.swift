import Networks
import TestSupport
import Tensors
import Testing

/// What a plan says of itself; its numbers are compared with the tape's in StyleEngineTests.
@Suite struct GradientPlanTests {
  private static let layers: [Layer] = [
    .convolution("conv1_1", 16, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv1_1"),
    .convolution("conv1_2", 16, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv1_2"),
    .chosenPool, .tap("pool1"),
    .convolution("conv2_1", 32, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv2_1"),
    .chosenPool, .tap("pool2")
  ]

  private func network() throws -> Network<Float> {
    var numbers = Numbers(seed: 3)
    var file = TensorFile()
    for (name, outputs, inputs) in [("conv1_1", 16, 3), ("conv1_2", 16, 16), ("conv2_1", 32, 16)] {
      let weights: [Float] = numbers.array(outputs * inputs * 9), biases: [Float] = numbers.array(outputs)
      file.add(name + ".weight", [outputs, inputs, 3, 3], weights.map { $0 * 0.1 })
      file.add(name + ".bias", [outputs], biases)
    }
    return try Network<Float>(GradientPlanTests.layers, weights: file.weightFile())
  }

  private func plan(
    _ taps: [String], _ height: Int = 33, _ width: Int = 18, pooling: Pooling = .average,
    edges: GradientPlan.Edges = .zeros, isForecast: Bool = false, isForwardOnly: Bool = false
  ) throws -> GradientPlan {
    try GradientPlan(
      network(), height: height, width: width, taps: taps, pooling: pooling, edges: edges,
      isForecast: isForecast, isForwardOnly: isForwardOnly)
  }

  @Test func `a forecast counts what a plan takes`() throws {
    // Each thread has scratch memory of its own.
    try withPool(threads: 2) {
      for pooling in Pooling.allCases {
        for taps in [["pool2"], ["conv1_2", "conv2_1"], ["conv1_1" + linearSuffix]] {
          let plan = try plan(taps, pooling: pooling),
            forecast = try self.plan(taps, pooling: pooling, isForecast: true)
          #expect(plan.count == forecast.count && plan.scratchCount == forecast.scratchCount)
        }
      }
    }
  }

  @Test func `a forecast has no numbers, and a way forward has no gradient`() throws {
    let forecast = try plan(["pool2"], isForecast: true), forward = try plan(["pool2"], isForwardOnly: true)
    #expect(
      outcome { try forecast.withPicture { _ in } }
        == "internalError: a plan without memory; expected one that is no forecast")
    #expect(
      outcome { try forward.withGradient { _ in } }
        == "internalError: a plan without a way back; expected one that has it")
  }

  @Test func `a way forward holds one layer and the next`() throws {
    // The picture, lines of 16 numbers and a vector's width apart, and two layers of 16 channels.
    let pixels = 33 * 18
    let count = try plan(["conv1_2"], isForwardOnly: true).count
    #expect(count >= (3 + 16 + 16) * pixels && count <= (3 + 16 + 16) * pixels + 3 * 32)
  }

  @Test func `taps say where they are and what they see`() throws {
    let plan = try plan(["conv1_2", "pool2", "conv2_1" + linearSuffix])
    #expect(plan.extents(of: 0) == (33, 18, 16))
    #expect(plan.extents(of: 1) == (9, 5, 32))
    #expect(plan.extents(of: 2) == (17, 9, 32))
    #expect((0..<3).map { plan.step(of: $0) } == [1, 4, 2])
    #expect(
      plan.path == [
        .convolution(reach: 1), .convolution(reach: 1), .tap(0), .pooling, .convolution(reach: 1), .tap(2),
        .pooling, .tap(1)
      ])
    // Two 3x3 windows, a pooling, one more window on every second pixel, a pooling.
    #expect(plan.field == ReceptiveField.Window(size: 12, stride: 4, start: -4))
  }

  @Test func `running twice gives the same numbers, whatever the memory held`() throws {
    for edges in GradientPlan.Edges.allCases {
      for pooling in Pooling.allCases {
        let plan = try plan(
          ["conv1_1" + linearSuffix, "conv1_2", "pool1", "pool2"], pooling: pooling, edges: edges)
        var first: [Float] = []
        for round in 0..<2 {
          var numbers = Numbers(seed: 5)
          let picture: [Float] = numbers.array(3 * 33 * 18)
          try plan.withPicture { for i in 0..<picture.count { $0[i] = 100 * picture[i] } }
          var taps: [Int] = [], back: [Int] = []
          try plan.forward { tap, _ throws(Failure) in taps.append(tap) }
          try plan.backward { tap, features, gradient, isFirst throws(Failure) in
            #expect(isFirst == back.isEmpty)
            back.append(tap)
            for i in 0..<features.count { gradient[i] = (isFirst ? 0 : gradient[i]) + features.values[i] }
          }
          #expect(taps == [0, 1, 2, 3] && back == [3, 2, 1, 0])
          var gradient: [Float] = []
          try plan.withGradient { x in gradient = (0..<picture.count).map { x[$0] } }
          #expect(gradient.allSatisfy { $0.isFinite } && gradient.contains { $0 != 0 })
          if round == 0 { first = gradient } else { #expect(gradient == first) }
        }
      }
    }
  }

  @Test func `names a layer that is missing, and refuses one asked for twice`() throws {
    #expect(outcome { try plan(["conv9_9"]) } == "notFound: the network has no layer \"conv9_9\"")
    #expect(outcome { try plan(["pool2", "pool2"]) } == "invalidArgument: a layer is asked for twice")
  }
}
