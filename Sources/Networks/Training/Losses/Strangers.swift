import Tensors

// Embeddings of two people should be apart. A batch has few that are not; so those of earlier batches, which
// the network hardly sees differently now, are compared with it, too.
// Source: Wang, Zhang, Huang, Scott, "Cross-batch memory for embedding learning", 2020.

/// Whether two labels are of two people; a negative one is unknown.
private func areStrangers(_ a: Int32, _ b: Int32) -> Bool { a >= 0 && b >= 0 && a != b }

/// Cosines of a batch's rows with some embeddings, and the people of these.
struct StrangerBlock<Element: Scalar> {
  let products: Variable<Element>
  let people: [Int32]
}

extension Tape {
  /// `mean over the rows i of the mean of (c[i, j] - limit)^2 over the strangers j with c[i, j] > limit`, c
  /// being the cosines of all blocks; 0 for a row that has no such.
  func strangersLoss(
    _ blocks: [StrangerBlock<Element>], _ people: [Int32], limit: Element
  ) throws(Failure) -> Variable<Element> {
    var shares = [Element](repeating: 0, count: people.count), total: Element = 0
    for (i, person) in people.enumerated() {
      var sum: Element = 0, near = 0
      for block in blocks {
        let row = block.products.tensor.pointer + i * block.people.count
        let found = excessLoop(row, person, block.people, limit)
        sum += found.sum
        near += found.near
      }
      guard near > 0 else { continue }
      shares[i] = 1 / (Element(near) * Element(people.count))
      total += sum * shares[i]
    }
    return record(try Tensor([1], [total]), from: blocks.map { $0.products }) { tape, dy throws(Failure) in
      for block in blocks where block.products.isDifferentiable {
        let slopes = try Tensor<Element>(block.products.shape.extents, repeating: 0)
        for (i, person) in people.enumerated() where shares[i] != 0 {
          let row = i * block.people.count
          excessSlopeLoop(
            block.products.tensor.pointer + row, person, block.people, limit, 2 * shares[i] * dy[0],
            slopes.pointer + row)
        }
        try tape.accumulate(slopes, into: block.products)
      }
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func excessLoop<Element: Scalar>(
  _ cosines: UnsafePointer<Element>, _ person: Int32, _ others: [Int32], _ limit: Element
) -> (sum: Element, near: Int) {
  var sum: Element = 0, near = 0
  for j in 0..<others.count where cosines[j] > limit && areStrangers(person, others[j]) {
    sum += (cosines[j] - limit) * (cosines[j] - limit)
    near += 1
  }
  return (sum, near)
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func excessSlopeLoop<Element: Scalar>(
  _ cosines: UnsafePointer<Element>, _ person: Int32, _ others: [Int32], _ limit: Element, _ factor: Element,
  _ slopes: UnsafeMutablePointer<Element>
) {
  for j in 0..<others.count where cosines[j] > limit && areStrangers(person, others[j]) {
    slopes[j] = (cosines[j] - limit) * factor
  }
}

/// Limits the products [count, count] of strangers.
func limitStrangers<Element: Scalar>(_ products: Tensor<Element>, _ people: [Int32], _ limit: Element) {
  let numbers = products.pointer
  for i in people.indices {
    for j in people.indices where areStrangers(people[i], people[j]) {
      numbers[i * people.count + j] = min(numbers[i * people.count + j], limit)
    }
  }
}

/// The latest embeddings of a training, and whose they are.
package struct StrangerMemory<Element: Scalar> {
  /// [rows, dimension + 1], the oldest first: unit vectors, and a label each; below 0 where there is none.
  package let tensor: Tensor<Element>

  package init(rows: Int, dimension: Int) throws(Failure) {
    tensor = try Tensor([rows, dimension + 1], repeating: -1)
  }

  /// - Parameter tensor: of another one.
  package init(_ tensor: Tensor<Element>) { self.tensor = tensor }

  /// A label that a Float holds exactly: people whose numbers differ by a multiple of 2^24 count as one.
  static func label(_ person: Int32) -> Int32 { person < 0 ? -1 : person & 0xFF_FFFF }

  private var rows: Int { tensor.shape[0] }
  private var width: Int { tensor.shape[1] }

  /// The rows that are filled; nil if none is.
  func known() throws(Failure) -> (rows: Tensor<Element>, people: [Int32])? {
    var people: [Int32] = []
    for row in 0..<rows {
      // A damaged checkpoint may have any number.
      let label = Int32(exactly: tensor[row * width + width - 1].value) ?? -1
      if label >= 0 || !people.isEmpty { people.append(label) }
    }
    guard !people.isEmpty else { return nil }
    let known = try Tensor<Element>([people.count, width - 1]), empty = rows - people.count
    withPointers(known, tensor) { known, all in
      for i in people.indices {
        (known + i * (width - 1)).update(from: all + (empty + i) * width, count: width - 1)
      }
    }
    return (known, people)
  }

  /// The memory after a batch [count, dimension]: the oldest rows give way to those of known people.
  package func adding(_ embeddings: Tensor<Element>, people: [Int32]) throws(Failure) -> Tensor<Element> {
    var new: [Element] = []
    for (i, person) in people.enumerated() where person >= 0 {
      let row = (0..<(width - 1)).map { embeddings[i * (width - 1) + $0] }
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0 else { continue }
      new += row.map { $0 / length }
      new.append(Element(Int(StrangerMemory.label(person))))
    }
    let count = tensor.count
    new = Array(new.suffix(count))
    let moved = try Tensor<Element>(tensor.shape), kept = count - new.count
    withPointers(moved, tensor) { moved, old in
      moved.update(from: old + new.count, count: kept)
      for (i, number) in new.enumerated() { moved[kept + i] = number }
    }
    return moved
  }
}
