/// A row and its distance to a query. The nearer comes first; of equally near ones, the row that was added
/// first.
package struct Neighbour: BitwiseCopyable, Comparable {
  package let distance: Float
  package let row: Int

  package init(distance: Float, row: Int) {
    self.distance = distance
    self.row = row
  }

  package static func < (a: Neighbour, b: Neighbour) -> Bool {
    a.distance < b.distance || (a.distance == b.distance && a.row < b.row)
  }
}

/// The nearest of the neighbours that were offered: a heap whose root is the farthest. Which they are does
/// not depend on the order of the offers.
package struct Nearest: BitwiseCopyable {
  private let slots: UnsafeMutablePointer<Neighbour>
  private let capacity: Int
  private(set) var count = 0

  /// - Parameter slots: room for `capacity`, at least 1.
  package init(_ slots: UnsafeMutablePointer<Neighbour>, capacity: Int) {
    self.slots = slots
    self.capacity = capacity
  }

  /// Who is farther than this is not wanted.
  var limit: Float { count < capacity ? .infinity : slots[0].distance }

  package mutating func offer(_ neighbour: Neighbour) {
    if count < capacity {
      slots[count] = neighbour
      count += 1
      rise(count - 1)
    } else if neighbour < slots[0] {
      slots[0] = neighbour
      sink(within: count)
    }
  }

  mutating func offer(_ others: Nearest) {
    for i in 0..<others.count { offer(others.slots[i]) }
  }

  /// Puts the slots in order, the nearest first. No offer may follow.
  func sort() {
    var unsorted = count
    while unsorted > 1 {
      unsorted -= 1
      (slots[0], slots[unsorted]) = (slots[unsorted], slots[0])
      sink(within: unsorted)
    }
  }

  private func rise(_ place: Int) {
    var place = place
    while place > 0, slots[(place - 1) / 2] < slots[place] {
      (slots[(place - 1) / 2], slots[place]) = (slots[place], slots[(place - 1) / 2])
      place = (place - 1) / 2
    }
  }

  private func sink(within count: Int) {
    var place = 0
    while 2 * place + 1 < count {
      var child = 2 * place + 1
      if child + 1 < count, slots[child] < slots[child + 1] { child += 1 }
      guard slots[place] < slots[child] else { return }
      (slots[place], slots[child]) = (slots[child], slots[place])
      place = child
    }
  }
}
