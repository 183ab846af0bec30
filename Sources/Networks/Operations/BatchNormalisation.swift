import Tensors

/// What a batch normalisation learns, and what it remembers of the batches for use without them.
package struct BatchStatistics<Element: Scalar> {
  /// Running mean and (unbiased) variance of each channel, changed in place by every training batch.
  package let mean, variance: Tensor<Element>
  /// How much of a batch's statistics goes into the running ones.
  package var momentum: Element = 0.1

  package init(mean: Tensor<Element>, variance: Tensor<Element>) {
    self.mean = mean
    self.variance = variance
  }
}

extension Tape {
  /// Batch normalisation over all rows of each channel, then a rectifier where one follows.
  /// `y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)`, epsilon 1e-5
  ///
  /// In training, mean and (biased) variance are the batch's, and the running ones move towards them; frozen, they are
  /// the running ones.
  /// Source: Ioffe and Szegedy 2015, algorithm 1.
  ///
  /// - Parameters:
  ///   - x: [..., channels]
  ///   - gamma, beta: [channels]
  /// - Throws: `.invalidArgument` for a batch of a single row, which has no variance.
  package func batchNormalisation(
    _ x: Variable<Element>, gamma: Variable<Element>, beta: Variable<Element>, _ statistics: BatchStatistics<Element>,
    isTraining: Bool, rectifies: Bool = false
  ) throws(Failure) -> Variable<Element> {
    let channels = x.shape.extents.last ?? 0
    guard channels > 0, x.tensor.count > 0, gamma.tensor.count == channels, beta.tensor.count == channels,
      statistics.mean.count == channels, statistics.variance.count == channels
    else {
      throw .invalidArgument(
        "batch normalisation of \(x.shape.description) with \(gamma.tensor.count) factors and \(statistics.mean.count) means")
    }
    let rows = x.tensor.count / channels
    guard !isTraining || rows > 1 else {
      throw .invalidArgument("batch normalisation of \(x.shape.description): one row has no variance, wanted at least 2")
    }
    let mean = try Tensor<Element>([channels]), inverse = try Tensor<Element>([channels])
    if isTraining {
      let centre = try typicalRow(x.tensor, rows, channels)
      let sums = try columnSums(x.tensor, rows, channels, kind: .moments(about: centre))
      let count = Element(rows)
      for c in 0..<channels {
        let shifted = sums[c] / count
        let variance = sums[channels + c] / count - shifted * shifted
        let biased = variance < 0 ? 0 : variance
        mean.pointer[c] = centre[c] + shifted
        inverse.pointer[c] = 1 / (biased + Element(batchEpsilon)).squareRoot()
        let running = statistics.mean.pointer, spread = statistics.variance.pointer
        running[c] += statistics.momentum * (mean[c] - running[c])
        spread[c] += statistics.momentum * (biased * count / (count - 1) - spread[c])
      }
    } else {
      for c in 0..<channels {
        mean.pointer[c] = statistics.mean[c]
        inverse.pointer[c] = 1 / (statistics.variance[c] + Element(batchEpsilon)).squareRoot()
      }
    }
    let factors = try Tensor<Element>([2 * channels])
    for c in 0..<channels {
      factors.pointer[c] = gamma.tensor[c] * inverse[c]
      factors.pointer[channels + c] = beta.tensor[c]
    }
    let y = try Tensor<Element>(x.shape)
    forEachBlock(ofRows: rows, channels) { block in
      scaleLoop(x.tensor.pointer, mean.pointer, factors.pointer, y.pointer, channels, block, rectifies)
    }
    withExtendedLifetime((factors, mean)) {}

    // With h = (x - mean) / sqrt(variance + epsilon), and dy 0 where the rectifier was shut:
    // dbeta = sum of dy, dgamma = sum of dy h,
    // dx = gamma / sqrt(variance + epsilon) * (dy - (dbeta + h dgamma) / rows); frozen: without the part in brackets' end.
    return record(y, from: [x, gamma, beta]) { tape, dy throws(Failure) in
      if rectifies { try dy.gate(by: y) }
      let sums = try columnSums(x.tensor, rows, channels, kind: .products(dy, mean))
      let dgamma = try Tensor<Element>([channels]), dbeta = try Tensor<Element>([channels])
      for c in 0..<channels {
        dbeta.pointer[c] = sums[c]
        dgamma.pointer[c] = sums[channels + c] * inverse[c]
      }
      if x.isDifferentiable {
        // dx = a dy + b (x - mean) + c: the mean comes off first, so that no digits cancel where it is large.
        let terms = try Tensor<Element>([3 * channels], repeating: 0)
        let count = Element(rows)
        for c in 0..<channels {
          let a = gamma.tensor[c] * inverse[c]
          terms.pointer[c] = a
          guard isTraining else { continue }
          terms.pointer[channels + c] = -(a * inverse[c] * dgamma[c] / count)
          terms.pointer[2 * channels + c] = -(a * dbeta[c] / count)
        }
        let dx = try dy.isUnique() ? dy : Tensor<Element>(x.shape)
        forEachBlock(ofRows: rows, channels) { block in
          gradientLoop(x.tensor.pointer, mean.pointer, dy.pointer, terms.pointer, dx.pointer, channels, block, usesX: isTraining)
        }
        withExtendedLifetime((terms, mean)) {}
        try tape.accumulate(dx, into: x)
      }
      try tape.accumulate(dgamma, into: gamma)
      try tape.accumulate(dbeta, into: beta)
    }
  }
}

/// What inference folds into the convolution before uses the same.
package let batchEpsilon = 1e-5

private enum ColumnSums<Element: Scalar> {
  /// Of `x - centre` and its square.
  case moments(about: Tensor<Element>)
  /// Of `dy` and `dy (x - mean)`.
  case products(Tensor<Element>, Tensor<Element>)
}

/// The mean of a few rows from all over the batch: near enough to the mean of all that the variance about it keeps its
/// digits, even where one row lies far out.
private func typicalRow<Element: Scalar>(
  _ x: Tensor<Element>, _ rows: Int, _ channels: Int
) throws(Failure) -> Tensor<Element> {
  let row = try Tensor<Element>([channels], repeating: 0)
  let count = min(rows, 16)
  for i in 0..<count {
    let source = x.pointer + i * rows / count * channels
    for c in 0..<channels { row.pointer[c] += source[c] }
  }
  for c in 0..<channels { row.pointer[c] /= Element(count) }
  return row
}

/// Two sums for each channel, [2 * channels]: of blocks of rows first, then of the blocks in their order, so that
/// neither their number nor the threads' changes the last digit, and rounding grows slowly.
private func columnSums<Element: Scalar>(
  _ x: Tensor<Element>, _ rows: Int, _ channels: Int, kind: ColumnSums<Element>
) throws(Failure) -> Tensor<Element> {
  let blocks = (rows + rowsEach(channels) - 1) / rowsEach(channels)
  let partial = try Tensor<Element>([blocks, 2 * channels], repeating: 0)
  forEachBlock(ofRows: rows, channels) { block in
    let target = partial.pointer + block.lowerBound / rowsEach(channels) * 2 * channels
    switch kind {
    case .moments(let centre): momentLoop(x.pointer, centre.pointer, target, channels, block)
    case .products(let dy, let mean): productLoop(x.pointer, dy.pointer, mean.pointer, target, channels, block)
    }
  }
  // Neighbours are added first.
  var step = 1
  while step < blocks {
    for block in stride(from: 0, to: blocks - step, by: 2 * step) {
      let target = partial.pointer + block * 2 * channels, other = partial.pointer + (block + step) * 2 * channels
      for c in 0..<(2 * channels) { target[c] += other[c] }
    }
    step *= 2
  }
  let sums = try Tensor<Element>([2 * channels])
  sums.pointer.update(from: partial.pointer, count: 2 * channels)
  withExtendedLifetime(partial) {}
  return sums
}

/// About 16,000 numbers a block.
private func rowsEach(_ channels: Int) -> Int { max(1, (1 << 14) / channels) }

private func forEachBlock(ofRows rows: Int, _ channels: Int, _ body: (Range<Int>) -> Void) {
  let each = rowsEach(channels)
  guard rows > each else { return body(0..<rows) }
  ThreadPool.shared.run((rows + each - 1) / each) { task, _ in body((task * each)..<min((task + 1) * each, rows)) }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func momentLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ centre: UnsafePointer<Element>, _ sums: UnsafeMutablePointer<Element>, _ channels: Int,
  _ rows: Range<Int>
) {
  let squares = sums + channels
  for row in rows {
    let x = x + row * channels
    for c in 0..<channels {
      let difference = x[c] - centre[c]
      sums[c] += difference
      squares[c] += difference * difference
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func productLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ dy: UnsafePointer<Element>, _ mean: UnsafePointer<Element>,
  _ sums: UnsafeMutablePointer<Element>, _ channels: Int, _ rows: Range<Int>
) {
  let products = sums + channels
  for row in rows {
    let x = x + row * channels, dy = dy + row * channels
    for c in 0..<channels {
      sums[c] += dy[c]
      products[c] += dy[c] * (x[c] - mean[c])
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func scaleLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ mean: UnsafePointer<Element>, _ factors: UnsafePointer<Element>,
  _ y: UnsafeMutablePointer<Element>, _ channels: Int, _ rows: Range<Int>, _ rectifies: Bool
) {
  let shifts = factors + channels
  for row in rows {
    let x = x + row * channels, y = y + row * channels
    if rectifies {
      for c in 0..<channels {
        let value = (x[c] - mean[c]) * factors[c] + shifts[c]
        y[c] = value < 0 ? 0 : value
      }
    } else {
      for c in 0..<channels { y[c] = (x[c] - mean[c]) * factors[c] + shifts[c] }
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func gradientLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ mean: UnsafePointer<Element>, _ dy: UnsafePointer<Element>, _ terms: UnsafePointer<Element>,
  _ dx: UnsafeMutablePointer<Element>, _ channels: Int, _ rows: Range<Int>, usesX: Bool
) {
  let slopes = terms + channels, shifts = terms + 2 * channels
  for row in rows {
    let x = x + row * channels, dy = dy + row * channels, dx = dx + row * channels
    if usesX {
      for c in 0..<channels { dx[c] = terms[c] * dy[c] + slopes[c] * (x[c] - mean[c]) + shifts[c] }
    } else {
      for c in 0..<channels { dx[c] = terms[c] * dy[c] }
    }
  }
}
