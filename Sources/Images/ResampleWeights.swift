import Tensors

/// The filters that weight the neighbours of a point by their distance x from it.
enum ResampleKernel {
  case triangle
  case cubic

  /// Zero from this distance on.
  var support: Double { self == .triangle ? 1 : 2 }

  /// Triangle: `1 - |x|`.
  /// Cubic (Keys 1981, a = -0.5): `(a+2)|x|³ - (a+3)|x|² + 1` up to 1, `a(|x|³ - 5|x|² + 8|x| - 4)` up to 2.
  func callAsFunction(_ x: Double) -> Double {
    let x = abs(x)
    guard x < support else { return 0 }
    if self == .triangle { return 1 - x }
    let a = -0.5
    return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : (((x - 5) * x + 8) * x - 4) * a
  }
}

/// For each pixel of a line of the new size, the pixels of the old line that it is mixed from, and their
/// weights.
///
/// The centre of pixel i of the new line lies at (i + 0.5) * scale in the old line; when reducing, the kernel
/// is widened by scale = old / new. Weights sum to 1 and are stored as multiples of 2⁻²², so that sums of
/// 8-bit samples fit 32 bits: a cubic's weights have an absolute sum of about 1.3, 255 * 1.3 * 2²² < 2³¹.
/// Source: Pillow 10, src/libImaging/Resample.c.
struct ResampleWeights {
  private static var bits: Int32 { 22 }

  private let room: Int  // weights stored for each new pixel
  private let starts: Storage<Int32>
  private let counts: Storage<Int32>
  private let weights: Storage<Int32>

  init(from old: Int, to new: Int, _ kernel: ResampleKernel) throws(Failure) {
    let scale = Double(old) / Double(new)
    let widening = max(scale, 1)
    let support = kernel.support * widening
    room = (Int(support) + 1) * 2 + 1
    starts = try Storage(count: new)
    counts = try Storage(count: new)
    weights = try Storage(count: new * room)
    var exact = [Double](repeating: 0, count: room)
    for index in 0..<new {
      let centre = (Double(index) + 0.5) * scale
      let start = max(0, Int(centre - support + 0.5))
      let count = min(old, Int(centre + support + 0.5)) - start
      var sum = 0.0
      for tap in 0..<count {
        let weight = kernel((Double(tap + start) - centre + 0.5) * (1 / widening))
        exact[tap] = weight
        sum += weight
      }
      for tap in 0..<count {
        let weight = (sum == 0 ? exact[tap] : exact[tap] / sum) * Double(1 << Self.bits)
        weights[index * room + tap] = Int32(weight < 0 ? weight - 0.5 : weight + 0.5)
      }
      starts[index] = Int32(start)
      counts[index] = Int32(count)
    }
  }

  /// Computes new pixels `columns` of one row.
  @inline(__always)
  func applyAlong<Sample: Level>(
    _ source: UnsafePointer<Sample>, columns: Range<Int>, into target: UnsafeMutablePointer<Sample>
  ) {
    let half = half(Sample.self)
    withPointers(weights, starts, counts) { weights, starts, counts in
      var to = 0
      for x in columns {
        let weights = weights + x * room
        var from = 3 * Int(starts[x])
        var (red, green, blue) = (half, half, half)
        for tap in 0..<Int(counts[x]) {
          let weight = Sample.Weighted(truncatingIfNeeded: weights[tap])
          red &+= Sample.Weighted(truncatingIfNeeded: source[from]) &* weight
          green &+= Sample.Weighted(truncatingIfNeeded: source[from + 1]) &* weight
          blue &+= Sample.Weighted(truncatingIfNeeded: source[from + 2]) &* weight
          from += 3
        }
        target[to] = level(red)
        target[to + 1] = level(green)
        target[to + 2] = level(blue)
        to += 3
      }
    }
  }

  /// Computes `count` samples of new row `row` from rows that are `stride` samples apart; `sums` has room for
  /// as many numbers.
  @inline(__always)
  func applyAcross<Sample: Level>(
    _ source: UnsafePointer<Sample>, stride: Int, row: Int, sums: UnsafeMutablePointer<Sample.Weighted>,
    into target: UnsafeMutablePointer<Sample>, count: Int
  ) {
    sums.update(repeating: half(Sample.self), count: count)
    let start = Int(starts[row])
    for tap in 0..<Int(counts[row]) {
      let weight = Sample.Weighted(truncatingIfNeeded: weights[row * room + tap])
      let line = source + (start + tap) * stride
      for index in 0..<count {
        sums[index] &+= Sample.Weighted(truncatingIfNeeded: line[index]) &* weight
      }
    }
    for index in 0..<count { target[index] = level(sums[index]) }
  }

  @inline(__always)
  private func half<Sample: Level>(_: Sample.Type) -> Sample.Weighted { 1 &<< Sample.Weighted(Self.bits - 1) }

  @inline(__always)
  private func level<Sample: Level>(_ sum: Sample.Weighted) -> Sample {
    let white = Sample.Weighted(truncatingIfNeeded: Sample.max)
    return Sample(truncatingIfNeeded: max(0, min(white, sum &>> Sample.Weighted(Self.bits))))
  }
}
