import Tensors

/// The last steps `s` of L-BFGS and the changes `y` of the gradient over them, with the sums of products
/// among them.
///
/// The two loops that turn a gradient into a direction need nothing but those sums: they run on the factors
/// of the direction as a sum of pairs and gradient, in Double, and the vectors are read twice, once for the
/// sums with the gradient and once for the direction, instead of four times in turn. Source: Chen, Wang and
/// Zhou, "Large-scale L-BFGS using MapReduce", 2014.
package struct CurvaturePairs<Element: Scalar> {
  /// [history, count]; a pair is stored in the row of its number modulo `history`.
  package let moves, changes: Tensor<Element>
  private let history, count: Int
  /// [2 history, 2 history]: of the moves, then the changes, by row.
  private let products: Tensor<Double>
  /// [2 history, 3]: with the gradient, with the newest move, with the newest change.
  private let fresh: Tensor<Double>
  private let scratch: Tensor<Double>
  /// How many pairs there have been when `products` was complete; nil if unknown.
  private var reflected: UInt64?

  package init(_ count: Int, history: Int, _ buffers: Buffers) throws(Failure) {
    self.history = history
    self.count = count
    moves = try buffers.tensor("moves", [history, count])
    changes = try buffers.tensor("changes", [history, count])
    products = try Tensor([2 * history, 2 * history])
    fresh = try Tensor([2 * history, 3])
    scratch = try Tensor([sumProductsScratch(vectors: 2 * history)])
    // Zeros, so that a checkpoint of a new optimiser has no uninitialised bytes.
    withPointers(moves, changes) {
      $0.initialize(repeating: 0, count: history * count)
      $1.initialize(repeating: 0, count: history * count)
    }
  }

  /// Everything that is allocated, in elements.
  package static func buffers(_ count: Int, history: Int) -> Buffers {
    var buffers = Buffers()
    buffers.add("moves", history * count)
    buffers.add("changes", history * count)
    let doubles = 4 * history * history + 6 * history + sumProductsScratch(vectors: 2 * history)
    buffers.add("products", doubles * MemoryLayout<Double>.size / MemoryLayout<Element>.size)
    return buffers
  }

  /// Forgets the sums: other pairs were put in place of these.
  mutating func forgetProducts() { reflected = nil }

  /// `direction = -H gradient`, `pairs` being the number of pairs that there have been, more than 0.
  package mutating func setDirection(_ direction: Tensor<Element>, _ gradient: Tensor<Element>, pairs: UInt64)
  {
    let kept = Int(min(pairs, UInt64(history)))
    let newestFirst = (0..<UInt64(kept)).map { row(pairs - 1 - $0) }
    withPointers(direction, gradient, moves) { direction, gradient, moves in
      changes.withPointer { changes in
        var vectors: [UnsafePointer<Element>] = []
        for row in 0..<kept { vectors.append(UnsafePointer(moves + row * count)) }
        for row in 0..<kept { vectors.append(UnsafePointer(changes + row * count)) }
        if reflected != pairs, reflected.map({ $0 &+ 1 }) != pairs {
          for row in 0..<kept { take(row, vectors, kept, gradient) }
        } else {
          take(newestFirst[0], vectors, kept, gradient)
        }
        reflected = pairs
        vectors.append(UnsafePointer(gradient))
        weightedSum(of: vectors, factors(newestFirst, kept), count, into: direction)
      }
    }
  }

  func row(_ pair: UInt64) -> Int { Int(pair % UInt64(history)) }

  /// Fills the products of a row's move and change, and those of the gradient.
  private func take(
    _ row: Int, _ vectors: [UnsafePointer<Element>], _ kept: Int, _ gradient: UnsafeMutablePointer<Element>
  ) {
    let partners = (UnsafePointer(gradient), vectors[row], vectors[kept + row])
    withPointers(fresh, products, scratch) { fresh, products, scratch in
      sumProducts(of: vectors, with: partners, count, into: fresh, scratch: scratch)
      for j in 0..<2 * kept {
        let place = j < kept ? j : j - kept + history
        for (k, other) in [row, history + row].enumerated() {
          let sum = fresh[3 * j + 1 + k]
          products[place * 2 * history + other] = sum
          products[other * 2 * history + place] = sum
        }
      }
    }
  }

  /// The direction's factors of the moves, the changes and the gradient: Nocedal and Wright's algorithm 7.4
  /// on the sums of products.
  private func factors(_ newestFirst: [Int], _ kept: Int) -> [Element] {
    withPointers(fresh, products) { fresh, products in
      func product(_ i: Int, _ j: Int) -> Double { products[i * 2 * history + j] }
      var ofMoves = [Double](repeating: 0, count: kept), ofChanges = ofMoves, ofGradient = -1.0
      for (age, row) in newestFirst.enumerated() {
        var sum = ofGradient * fresh[3 * row]
        for newer in newestFirst[..<age] { sum += ofChanges[newer] * product(history + newer, row) }
        ofChanges[row] = -sum / product(row, history + row)
      }
      let newest = newestFirst[0]
      let scale = product(newest, history + newest) / product(history + newest, history + newest)
      let firstFactors = ofChanges
      ofGradient *= scale
      for row in 0..<kept { ofChanges[row] *= scale }
      for (age, row) in newestFirst.enumerated().reversed() {
        var sum = ofGradient * fresh[3 * (kept + row)]
        for other in 0..<kept { sum += ofChanges[other] * product(history + other, history + row) }
        for older in newestFirst[(age + 1)...] { sum += ofMoves[older] * product(older, history + row) }
        ofMoves[row] = -firstFactors[row] - sum / product(row, history + row)
      }
      return (ofMoves + ofChanges + [ofGradient]).map { Element($0) }
    }
  }
}
