import TestSupport
import Networks
import Tensors
import Testing

@Suite struct BatchNormalisationTests {
  private struct Result {
    let y, dx, dgamma, dbeta, mean, variance: [Double]
    var all: [[Double]] { [y, dx, dgamma, dbeta, mean, variance] }
  }

  /// What comes out, and the gradients of half its squared distance from a fixed target.
  private func run<Element: Scalar>(
    _ values: [Float], _ extents: [Int], isTraining: Bool, rectifies: Bool, _: Element.Type
  ) throws -> Result {
    let channels = extents[extents.count - 1]
    var numbers = Numbers(seed: 61)
    func row() -> [Element] { (numbers.array(channels) as [Float]).map { Element($0) } }
    let statistics = BatchStatistics<Element>(
      mean: try Tensor([channels], row()), variance: try Tensor([channels], row().map { $0 * $0 + 0.5 }))
    let tape = Tape<Element>()
    let x = tape.leaf(try Tensor(extents, values.map { Element($0) }))
    let gamma = tape.leaf(try Tensor([channels], row())), beta = tape.leaf(try Tensor([channels], row()))
    let y = try tape.batchNormalisation(
      x, gamma: gamma, beta: beta, statistics, isTraining: isTraining, rectifies: rectifies)
    let target = try Tensor<Element>(extents, (numbers.array(values.count) as [Float]).map { Element($0) })
    let loss = try tape.squaredDistance(y, to: target, factor: 0.5)
    let gradients = try tape.gradients(of: loss, at: [x, gamma, beta])
    func doubles(_ tensor: Tensor<Element>, per count: Int = 1) -> [Double] {
      tensor.values.map { Double($0) / Double(count) }
    }
    // Sums over all rows, brought back to order 1.
    let rows = values.count / channels
    return Result(
      y: doubles(y.tensor), dx: doubles(gradients[0]), dgamma: doubles(gradients[1], per: rows),
      dbeta: doubles(gradients[2], per: rows), mean: doubles(statistics.mean),
      variance: doubles(statistics.variance))
  }

  /// Few rows, as many as a block of sums holds about, and several blocks of them.
  @Test(
    arguments: [[2, 1], [2, 3, 5, 7], [3, 9, 13, 17], [1, 9, 1, 33], [700, 48], [4, 40, 37, 5]], [true, false]
  )
  func `Float agrees with Double`(extents: [Int], isTraining: Bool) throws {
    var numbers = Numbers(seed: 62)
    let x: [Float] = numbers.array(extents.reduce(1, *))
    for rectifies in [false, true] {
      let float = try run(x, extents, isTraining: isTraining, rectifies: rectifies, Float.self)
      let double = try run(x, extents, isTraining: isTraining, rectifies: rectifies, Double.self)
      for (a, b) in zip(float.all, double.all) {
        #expect(largestDifference(a, b) < Tolerance.float, "rectifies \(rectifies)")
      }
    }
  }

  /// Where squares are summed about 0, a mean a hundred times the deviation costs four of seven digits; about
  /// a row that lies far out they cost as many.
  @Test func `a mean far from 0 costs no digits`() throws {
    var numbers = Numbers(seed: 63)
    var x = (numbers.array(900 * 3) as [Float]).map { $0 + 100 }
    for isOutlier in [false, true] {
      if isOutlier { for c in 0..<3 { x[c] = 90 } }
      let float = try run(x, [900, 3], isTraining: true, rectifies: false, Float.self)
      let double = try run(x, [900, 3], isTraining: true, rectifies: false, Double.self)
      for (a, b) in zip(float.all, double.all) { #expect(largestDifference(a, b) < 2 * Tolerance.float) }
    }
  }

  /// x = 1, 3 and 2, 2: means 2 and 2, variances 1 and 0 of the batch, 2 and 0 unbiased.
  @Test func `gives the numbers worked by hand, and moves its running statistics by a tenth`() throws {
    let statistics = BatchStatistics<Double>(mean: try Tensor([2], [0, 1]), variance: try Tensor([2], [1, 1]))
    let tape = Tape<Double>()
    let x = try tape.constant(Tensor([2, 2], [1, 2, 3, 2]))
    let gamma = try tape.constant(Tensor([2], [2, 5])), beta = try tape.constant(Tensor([2], [0.5, -1]))
    let y = try tape.batchNormalisation(x, gamma: gamma, beta: beta, statistics, isTraining: true).tensor
      .values
    let deviation = (1 + batchEpsilon).squareRoot()
    #expect(largestDifference(y, [0.5 - 2 / deviation, -1, 0.5 + 2 / deviation, -1]) < Tolerance.double)
    #expect(largestDifference(statistics.mean.values, [0.2, 1.1]) < Tolerance.double)
    #expect(largestDifference(statistics.variance.values, [1.1, 0.9]) < Tolerance.double)
    let frozen = try tape.batchNormalisation(x, gamma: gamma, beta: beta, statistics, isTraining: false)
      .tensor.values
    #expect(abs(frozen[0] - (2 * 0.8 / (1.1 + batchEpsilon).squareRoot() + 0.5)) < Tolerance.double)
    #expect(largestDifference(statistics.mean.values, [0.2, 1.1]) < Tolerance.double, "frozen ones stay")
  }

  @Test func `gives the same bits for one to four threads`() throws {
    var numbers = Numbers(seed: 64)
    let x: [Float] = numbers.array(6 * 31 * 37 * 20)
    var results: [[[Double]]] = []
    for threads in 1...4 {
      try withPool(threads: threads) {
        results.append(try run(x, [6, 31, 37, 20], isTraining: true, rectifies: true, Float.self).all)
      }
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  @Test func `refuses a batch of one row, and factors of another number`() throws {
    func run(_ extents: [Int], _ channels: Int, isTraining: Bool) -> String {
      outcome {
        let tape = Tape<Float>(), ones = try Tensor<Float>([channels], repeating: 1)
        return try tape.batchNormalisation(
          tape.constant(Tensor(extents, repeating: 1)), gamma: tape.constant(ones), beta: tape.constant(ones),
          BatchStatistics(mean: ones, variance: ones), isTraining: isTraining)
      }
    }
    #expect(
      run([1, 3], 3, isTraining: true)
        == "invalidArgument: batch normalisation of [1, 3]: one row has no variance; expected at least 2")
    #expect(run([1, 3], 3, isTraining: false) == "")
    #expect(
      run([4, 3], 2, isTraining: true)
        == "invalidArgument: batch normalisation of [4, 3] with 2 factors and 2 means")
    #expect(run([0, 3], 3, isTraining: true).hasPrefix("invalidArgument"))
    #expect(run([4, 0], 0, isTraining: true).hasPrefix("invalidArgument"))
  }
}
