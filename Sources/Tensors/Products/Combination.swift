// Sums of products, and weighted sums, of many long vectors. L-BFGS reads all its pairs by them, once each.

extension Float {
  package static func addProducts(
    of vectors: [UnsafePointer<Float>],
    with partners: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>), _ range: Range<Int>,
    to sums: UnsafeMutablePointer<Double>
  ) {
    let kernels = KernelSet.selected, first = range.lowerBound
    for (j, vector) in vectors.enumerated() {
      kernels.productsBlock(
        vector + first, partners.0 + first, partners.1 + first, partners.2 + first, range.count,
        sums + 3 * j)
    }
  }

  package static func addWeightedSum(
    of vectors: [UnsafePointer<Float>], _ factors: [Float], _ range: Range<Int>,
    to y: UnsafeMutablePointer<Float>
  ) {
    let kernels = KernelSet.selected
    vectors.withUnsafeBufferPointer { vectors in
      factors.withUnsafeBufferPointer { factors in
        guard let first = vectors.baseAddress, let factor = factors.baseAddress else { return }
        kernels.weightedSumBlock(
          first, factor, vectors.count, range.lowerBound, range.count, y + range.lowerBound)
      }
    }
  }
}

extension PlainScalar {
  package static func addProducts(
    of vectors: [UnsafePointer<Self>],
    with partners: (UnsafePointer<Self>, UnsafePointer<Self>, UnsafePointer<Self>), _ range: Range<Int>,
    to sums: UnsafeMutablePointer<Double>
  ) {
    for (j, vector) in vectors.enumerated() {
      for i in range {
        sums[3 * j] += (vector[i] * partners.0[i]).value
        sums[3 * j + 1] += (vector[i] * partners.1[i]).value
        sums[3 * j + 2] += (vector[i] * partners.2[i]).value
      }
    }
  }

  package static func addWeightedSum(
    of vectors: [UnsafePointer<Self>], _ factors: [Self], _ range: Range<Int>,
    to y: UnsafeMutablePointer<Self>
  ) {
    for (vector, factor) in zip(vectors, factors) { for i in range { y[i] += factor * vector[i] } }
  }
}

/// Pieces of long vectors, the work of one task each: their number and bounds follow from the length only,
/// so that sums over them have the same bits for any number of threads.
private struct Pieces {
  static let most = 64
  /// Short enough that a piece of the partners stays in the cache while all vectors pass.
  static let step = 1 << 12
  let count, length: Int

  init(of length: Int) {
    let steps = (length + Pieces.step - 1) / Pieces.step
    self.length = (steps + Pieces.most - 1) / Pieces.most * Pieces.step
    count = self.length == 0 ? 0 : (length + self.length - 1) / self.length
  }

  /// The steps of a piece, in order.
  func forEachStep(of piece: Int, until end: Int, _ body: (Range<Int>) -> Void) {
    var first = piece * length
    let last = min(first + length, end)
    while first < last {
      body(first..<min(first + Pieces.step, last))
      first += Pieces.step
    }
  }
}

/// Doubles that `sumProducts` needs as scratch.
package func sumProductsScratch(vectors: Int) -> Int { 3 * Pieces.most * vectors }

/// `sums[3 j + k] = sum over i of vectors[j][i] partners.k[i]`, in Double; reads each vector once.
///
/// - Parameter scratch: `sumProductsScratch` numbers.
package func sumProducts<Element: Scalar>(
  of vectors: [UnsafePointer<Element>],
  with partners: (UnsafePointer<Element>, UnsafePointer<Element>, UnsafePointer<Element>), _ count: Int,
  into sums: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
) {
  let pieces = Pieces(of: count), width = 3 * vectors.count
  scratch.update(repeating: 0, count: pieces.count * width)
  ThreadPool.shared.run(pieces.count) { piece, _ in
    pieces.forEachStep(of: piece, until: count) {
      Element.addProducts(of: vectors, with: partners, $0, to: scratch + piece * width)
    }
  }
  sums.update(repeating: 0, count: width)
  for piece in 0..<pieces.count { for j in 0..<width { sums[j] += scratch[piece * width + j] } }
}

/// `y = sum over j of factors[j] vectors[j]`, in this order; reads each vector once.
package func weightedSum<Element: Scalar>(
  of vectors: [UnsafePointer<Element>], _ factors: [Element], _ count: Int,
  into y: UnsafeMutablePointer<Element>
) {
  let pieces = Pieces(of: count)
  ThreadPool.shared.run(pieces.count) { piece, _ in
    pieces.forEachStep(of: piece, until: count) {
      (y + $0.lowerBound).update(repeating: 0, count: $0.count)
      Element.addWeightedSum(of: vectors, factors, $0, to: y)
    }
  }
}
