import CSystem
import Networks
import Tensors

/// Mean and covariance of features, for whitening and colouring.
struct FeatureStatistics: Sendable {
  let mean: [Double]
  /// `C = mean of (x - mean) transpose(x - mean) + ridge I`, [channels, channels].
  let covariance: [Double]

  var channels: Int { mean.count }

  /// The share of the mean square that is added to the covariance's diagonal: without it, directions in which
  /// features hardly vary would be amplified to noise, and a uniform picture would cause a division by zero.
  private static let ridge = 1e-4

  /// - Parameters:
  ///   - x: [rows, channels]
  ///   - name: the picture with these features, for error messages.
  /// - Throws: `.badData` for features that are not finite.
  init(
    _ x: UnsafePointer<Float>, rows: Int, channels: Int, _ name: String, _ workspace: Workspace
  ) throws(Failure) {
    let sums = try UnitSums(channels: channels, isCentred: true), chunk = min(rows, UnitRoom.chunk)
    let units = try Storage<Float>(count: chunk * channels)
    try units.withPointer { units throws(Failure) in
      for first in stride(from: 0, to: rows, by: UnitRoom.chunk) {
        let count = min(chunk, rows - first)
        units.update(from: x + first * channels, count: count * channels)
        try sums.add(centring: units, rows: count, shares: nil, workspace)
      }
    }
    guard let moments = try sums.moments() else { throw .internalError("statistics of no features") }
    var covariance = moments.second.values.map { Double($0) }
    // Mean square of all numbers: mean^2 + variance of each channel.
    var square = 0.0
    for k in 0..<channels {
      square += (sums.mean[k] * sums.mean[k] + covariance[k * channels + k]) / Double(channels)
    }
    var isFinite = square.isFinite
    for product in covariance where !product.isFinite { isFinite = false }
    guard isFinite else {
      throw .badData("\(name) has features that are not finite: the model's weights are damaged")
    }
    for k in 0..<channels { covariance[k * channels + k] += FeatureStatistics.ridge * square + 1e-12 }
    mean = sums.mean
    self.covariance = covariance
  }

  /// `C^power` of the full covariance: 0.5 colours, -0.5 whitens.
  /// - Throws: `.internalError` if LAPACK does not converge.
  func covariance(to power: Double) throws(Failure) -> [Double] {
    let (values, vectors) = try symmetricEigenvectors(covariance, side: channels)
    // Rounding errors may push an eigenvalue below the ridge, or below 0.
    let least = covariance.indices.reduce(0) { max($0, covariance[$1]) } * 1e-9 + 1e-15
    let n = channels
    var scaled = vectors
    for k in 0..<n {
      let factor = pow(max(values[k], least), power)
      for i in 0..<n { scaled[k * n + i] *= factor }
    }
    // sum over k of factor[k] v[k] transpose(v[k])
    return transposedProduct(scaled, vectors, side: n)
  }

  /// The same, using only the variances.
  func variances(to power: Double) -> [Double] {
    var result: [Double] = []
    for k in 0..<channels { result.append(pow(covariance[k * channels + k], power)) }
    return result
  }
}

/// `transpose(a) b` of two square matrices.
func transposedProduct(_ a: [Double], _ b: [Double], side n: Int) -> [Double] {
  var product = [Double](repeating: 0, count: n * n)
  for k in 0..<n {
    for i in 0..<n {
      let factor = a[k * n + i]
      for j in 0..<n { product[i * n + j] += factor * b[k * n + j] }
    }
  }
  return product
}
