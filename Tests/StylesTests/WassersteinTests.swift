import Styles
import TestSupport
import Tensors
import Testing

@Suite struct WassersteinTests {
  /// Moments about the mean for losses that compare covariances, about 0 for Gram matrices, which are the
  /// same numbers here. A covariance whose eigenvalues are within a factor of 20: twelve steps are enough for
  /// all of its digits.
  private func moments(_ seed: UInt64, _ channels: Int = 6) throws -> Moments<Double> {
    var numbers = Numbers(seed: seed)
    let factor: Tensor<Double> = try numbers.tensor([channels, channels])
    let mean: Tensor<Double> = try numbers.tensor([channels])
    let second = try Tensor<Double>([channels, channels])
    for k in 0..<channels {
      for l in 0..<channels {
        var sum = k == l ? 1.0 : 0
        for i in 0..<channels { sum += 0.3 * factor[k * channels + i] * factor[l * channels + i] }
        second.pointer[k * channels + l] = sum
      }
    }
    return Moments(mean: mean, second: second)
  }

  private func cost(
    _ loss: StyleLoss, _ found: Moments<Double>, _ wanted: Moments<Double>
  ) throws -> (cost: Double, bySecond: Tensor<Double>, byMean: Tensor<Double>) {
    let channels = found.channels
    let bySecond = try Tensor<Double>([channels, channels], repeating: 0),
      byMean = try Tensor<Double>([channels], repeating: 0)
    let cost = try loss.cost(
      of: found, loss.target(wanted), gramFactor: 0.5, bySecond: bySecond, byMean: byMean)
    return (cost, bySecond, byMean)
  }

  @Test(arguments: StyleLoss.allCases)
  func `moments have no distance from themselves`(loss: StyleLoss) throws {
    let (cost, bySecond, byMean) = try cost(loss, moments(1), moments(1))
    #expect(abs(cost) < Tolerance.double)
    #expect(bySecond.values.allSatisfy { abs($0) < 1e-6 } && byMean.values.allSatisfy { abs($0) < 1e-6 })
  }

  @Test func `of Gaussians that differ in their means alone it is the mean of the squares`() throws {
    let a = try moments(1), shift = 0.5
    let mean = try a.mean.copy()
    for k in 0..<a.channels { mean.pointer[k] += shift }
    #expect(abs(try cost(.wasserstein, Moments(mean: mean, second: a.second), a).cost - shift * shift) < 1e-8)
  }

  @Test func `of one channel it is the square of the difference of deviations`() throws {
    func one(_ variance: Double) throws -> Moments<Double> {
      Moments(mean: try Tensor([1], [0]), second: try Tensor([1, 1], [variance]))
    }
    // (3 - 2)^2, and what the ridge of 1e-4 changes.
    #expect(abs(try cost(.wasserstein, one(9 - 1e-4), one(4 - 1e-4)).cost - 1) < 1e-8)
  }

  @Test(arguments: StyleLoss.allCases)
  func `the gradient agrees with central differences`(loss: StyleLoss) throws {
    let found = try moments(1), wanted = try moments(2), channels = found.channels, h = 1e-5
    let (_, bySecond, byMean) = try cost(loss, found, wanted)
    func numeric(_ change: (Double) -> Void) throws -> Double {
      change(h)
      let above = try cost(loss, found, wanted).cost
      change(-2 * h)
      let below = try cost(loss, found, wanted).cost
      change(h)
      return (above - below) / (2 * h)
    }
    for k in 0..<channels {
      let slope = try numeric { found.mean.pointer[k] += $0 }
      #expect(abs(slope - byMean[k]) < Tolerance.gradientAbsolute)
      for l in 0...k {
        // Both halves of a symmetric matrix move.
        let slope = try numeric {
          found.second.pointer[k * channels + l] += $0
          if k != l { found.second.pointer[l * channels + k] += $0 }
        }
        #expect(abs(slope - (k == l ? 1 : 2) * bySecond[k * channels + l]) < Tolerance.gradientAbsolute)
      }
    }
  }

  /// Covariances of few units, large and small, whose missing directions hold roundings: a cost that fell
  /// below 0 would go on falling.
  @Test(arguments: [1e-4, 1, 1e4, 1e8] as [Float], [StyleLoss.moments, .wasserstein])
  func `no distance is below 0 or no number in Float, and a style is at none from itself`(
    size: Float, loss: StyleLoss
  ) throws {
    func moments(_ seed: UInt64, units: Int) throws -> Moments<Float> {
      var numbers = Numbers(seed: seed)
      let channels = 24
      let x: Tensor<Float> = try numbers.tensor([units, channels]),
        second = try Tensor<Float>([channels, channels], repeating: 0)
      for p in 0..<units {
        for k in 0..<channels {
          for l in 0..<channels {
            second.pointer[k * channels + l] += size * x[p * channels + k] * x[p * channels + l]
          }
        }
      }
      return Moments(mean: try Tensor([channels], repeating: 0), second: second)
    }
    func cost(_ found: Moments<Float>, _ wanted: Moments<Float>) throws -> Double {
      let bySecond = try Tensor<Float>([24, 24], repeating: 0), byMean = try Tensor<Float>([24], repeating: 0)
      let cost = try loss.cost(
        of: found, loss.target(wanted), gramFactor: 1, bySecond: bySecond, byMean: byMean)
      #expect(bySecond.values.allSatisfy(\.isFinite) && byMean.values.allSatisfy(\.isFinite))
      return cost
    }
    for units in [0, 1, 5, 40] {
      for others in [0, 1, 5, 40] {
        let far = try cost(moments(5, units: units), moments(6, units: others))
        #expect(far >= 0 && far.isFinite)
        let near = try cost(moments(5, units: units), moments(5, units: units))
        // Directions that twelve steps do not bring to their roots leave something of their variances.
        #expect(
          near >= 0 && near <= Tolerance.unfinishedRoots * Double(size) * Double(units) + Tolerance.float)
      }
    }
  }

  @Test(arguments: StyleLoss.allCases)
  func `moments of nothing but zeros have a finite distance`(loss: StyleLoss) throws {
    let none = Moments<Double>(mean: try Tensor([4], repeating: 0), second: try Tensor([4, 4], repeating: 0))
    let (cost, bySecond, _) = try cost(loss, none, moments(3, 4))
    #expect(cost.isFinite && bySecond.values.allSatisfy(\.isFinite))
  }
}
