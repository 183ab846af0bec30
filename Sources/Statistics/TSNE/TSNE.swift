import CSystem
import Tensors

/// t-SNE: a map of points in two dimensions in which neighbours stay neighbours. It minimises
/// `KL(P, Q) = sum p_ij log(p_ij / q_ij)` with `q_ij = w_ij / sum w`, `w_ij = 1 / (1 + |y_i - y_j|²)`.
///
/// The gradient is `dKL/dy_i = 4 sum over j of (p_ij - q_ij) w_ij (y_i - y_j)`, over all pairs: suitable for
/// up to a few thousand points. Descent with momentum 0.5, then 0.8, and a gain per coordinate that grows
/// while its gradient keeps its sign; p is exaggerated at first, so that clusters find each other. Starts
/// with the points' first two principal components, scaled to a standard deviation of 1e-4, plus a hundredth
/// of noise, which separates equal points.
///
/// Source: van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008, equation 5 and algorithm 1; the
/// start from principal components: Kobak and Berens, 2019; the learning rate: Belkina et al., 2019.
package struct TSNE {
  package struct Options {
    package var perplexity = 30.0
    package var steps = 1000
    /// nil for `max(count / exaggeration / 4, 50)`.
    package var learningRate: Double?
    package var exaggeration = 12.0
    package var exaggeratedSteps = 250
    package var seed: UInt64 = 1
    package init() {}
  }

  package struct Progress {
    package let step, steps: Int
    /// KL(P, Q), without exaggeration.
    package let divergence: Double
    package let seconds: Double
  }

  /// P takes 8 * count² bytes.
  package static let maxPoints = 8192
  /// The number of steps between reports: the divergence takes as long as a step.
  package static let reportInterval = 25

  /// - Parameters:
  ///   - points: [count, dimension].
  ///   - map: room for [count, 2].
  /// - Returns: KL(P, Q) of the map.
  package static func map(
    _ points: UnsafePointer<Float>, count: Int, dimension: Int, _ options: Options,
    into map: UnsafeMutablePointer<Float>, onProgress: (Progress) throws(Failure) -> Action
  ) throws(Failure) -> Double {
    try check(options, count: count, dimension: dimension)
    for i in 0..<(count * dimension) where !points[i].isFinite {
      throw .invalidArgument("points hold \(points[i]); expected finite numbers")
    }
    let descent = try Descent(
      Affinities(points, count: count, dimension: dimension, perplexity: options.perplexity),
      start: principalCoordinates(points, count: count, dimension: dimension), options)
    let begin = monotonicSeconds()
    var divergence = descent.divergence()
    for step in 1...options.steps {
      descent.step(isExaggerated: step <= options.exaggeratedSteps)
      guard step % reportInterval == 0 || step == options.steps else { continue }
      divergence = descent.divergence()
      guard divergence.isFinite else {
        throw .invalidArgument(
          "the map diverges at step \(step): the learning rate of \(descent.rate) is too high")
      }
      let action = try onProgress(
        Progress(
          step: step, steps: options.steps, divergence: divergence, seconds: monotonicSeconds() - begin))
      if action == .finish { break }
      if action == .cancel { throw .cancelled("t-SNE was cancelled after step \(step) of \(options.steps)") }
    }
    for i in 0..<(2 * count) { map[i] = Float(descent.y[i]) }
    return divergence
  }

  private static func check(_ options: Options, count: Int, dimension: Int) throws(Failure) {
    guard count >= 4, count <= maxPoints else {
      throw .invalidArgument("\(count) points; expected 4 to \(maxPoints)")
    }
    guard dimension >= 1 else {
      throw .invalidArgument("points of \(dimension) dimensions; expected at least 1")
    }
    let maxPerplexity = Double(count - 1) / 3
    guard options.perplexity >= 1, options.perplexity <= maxPerplexity else {
      throw .invalidArgument(
        "perplexity \(options.perplexity) for \(count) points; expected 1 to \(maxPerplexity): a third of a point's neighbours"
      )
    }
    try options.check()
  }
}

/// The state of a descent. Coordinates are stored axis by axis: all x, then all y.
private final class Descent {
  let rate: Double
  private let n: Int
  private let affinities: Affinities
  private let exaggeration: Double
  /// sum p log p, which does not depend on the map.
  private let negativeEntropy: Double
  private var place: [Double], speed: [Double], gain: [Double]
  private let sums: Storage<RowSums>

  private struct RowSums {
    /// Of w, excluding the point itself.
    var weight = 0.0
    var attraction = (x: 0.0, y: 0.0), repulsion = (x: 0.0, y: 0.0)
  }

  init(_ affinities: Affinities, start: [Double], _ options: TSNE.Options) throws(Failure) {
    n = affinities.count
    self.affinities = affinities
    exaggeration = options.exaggeration
    rate = options.learningRate ?? max(Double(n) / options.exaggeration / 4, 50)
    speed = [Double](repeating: 0, count: 2 * n)
    gain = [Double](repeating: 1, count: 2 * n)
    sums = try Storage(repeating: RowSums(), count: n)
    negativeEntropy = affinities.values.withBuffer { $0.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 } }
    var squares = 0.0
    for i in 0..<n { squares += start[2 * i] * start[2 * i] }
    let deviation = (squares / Double(n)).squareRoot()
    let scale = deviation > 0 ? 1e-4 / deviation : 0
    var noise = Noise(state: options.seed)
    place = [Double](repeating: 0, count: 2 * n)
    for i in 0..<n {
      for axis in 0..<2 { place[axis * n + i] = start[2 * i + axis] * scale + 1e-6 * noise.next() }
    }
  }

  /// [count, 2]
  var y: [Double] { (0..<(2 * n)).map { place[($0 & 1) * n + $0 >> 1] } }

  func step(isExaggerated: Bool) {
    let n = n
    withPointers(affinities.values, sums) { p, sums in
      place.withUnsafeBufferPointer { place in
        guard let x = place.baseAddress else { return }
        let y = x + n
        forEachBatchOfRows(n, work: 4 * n) { rows in
          for i in rows { sums[i] = Descent.sweep(p + i * n, x, y, i, n) }
        }
      }
    }
    var weight = 0.0
    for i in 0..<n { weight += sums[i].weight }
    let pull = isExaggerated ? exaggeration : 1
    let momentum = isExaggerated ? 0.5 : 0.8
    for i in 0..<n {
      let row = sums[i]
      move(i, 4 * (pull * row.attraction.x - row.repulsion.x / weight), momentum)
      move(n + i, 4 * (pull * row.attraction.y - row.repulsion.y / weight), momentum)
    }
    for axis in 0..<2 {
      let range = (axis * n)..<((axis + 1) * n)
      let mean = place[range].reduce(0, +) / Double(n)
      for i in range { place[i] -= mean }
    }
  }

  private func move(_ i: Int, _ gradient: Double, _ momentum: Double) {
    // A gradient opposed to the velocity means that the direction is unchanged.
    gain[i] = (gradient > 0) != (speed[i] > 0) ? gain[i] + 0.2 : max(gain[i] * 0.8, 0.01)
    speed[i] = momentum * speed[i] - rate * gain[i] * gradient
    place[i] += speed[i]
  }

  private static func sweep(
    _ p: UnsafePointer<Double>, _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ i: Int, _ n: Int
  ) -> RowSums {
    var row = RowSums()
    let (xi, yi) = (x[i], y[i])
    for j in 0..<n {
      let dx = xi - x[j], dy = yi - y[j]
      let w = 1 / (1 + dx * dx + dy * dy)
      let attraction = p[j] * w, repulsion = w * w
      row.weight += w
      row.attraction.x += attraction * dx
      row.attraction.y += attraction * dy
      row.repulsion.x += repulsion * dx
      row.repulsion.y += repulsion * dy
    }
    row.weight -= 1
    return row
  }

  /// `KL = sum p log p + sum p log(1 + |y_i - y_j|²) + log(sum w)`, the sum of p being 1.
  func divergence() -> Double {
    let n = n
    withPointers(affinities.values, sums) { p, sums in
      place.withUnsafeBufferPointer { place in
        guard let x = place.baseAddress else { return }
        let y = x + n
        forEachBatchOfRows(n, work: 16 * n) { rows in
          for i in rows {
            var weight = -1.0, cross = 0.0
            for j in 0..<n {
              let dx = x[i] - x[j], dy = y[i] - y[j]
              let square = dx * dx + dy * dy
              weight += 1 / (1 + square)
              cross += p[i * n + j] * log1p(square)
            }
            sums[i].weight = weight
            sums[i].attraction.x = cross
          }
        }
      }
    }
    var weight = 0.0, cross = 0.0
    for i in 0..<n {
      weight += sums[i].weight
      cross += sums[i].attraction.x
    }
    return negativeEntropy + cross + log(weight)
  }
}

/// Numbers in -1..<1 that depend only on a seed (SplitMix64 by Steele, Lea and Flood, 2014).
private struct Noise {
  var state: UInt64

  mutating func next() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1
  }
}

extension TSNE.Options: Settings {
  package var settings: [Setting] {
    Setting("perplexity", perplexity, .atLeast(1))
    Setting("steps", steps, .from(1, to: 1_000_000))
    Setting("learning rate", learningRate, .above(0))
    Setting("exaggeration", exaggeration, .from(1, to: 100))
    Setting("exaggerated steps", exaggeratedSteps, .atLeast(0))
    Setting("seed", seed)
  }
}
