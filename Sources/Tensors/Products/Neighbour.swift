/// A row and its distance to a query. Nearer rows sort first; equally near rows in the order in which they
/// were added.
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

/// Keeps the nearest of the neighbours offered: a heap with the farthest at its root. The result does not
/// depend on the order of the offers.
package struct Nearest: BitwiseCopyable {
  private let slots: UnsafeMutablePointer<Neighbour>
  private let capacity: Int
  private(set) var count = 0

  /// - Parameter slots: room for `capacity`, at least 1.
  package init(_ slots: UnsafeMutablePointer<Neighbour>, capacity: Int) {
    self.slots = slots
    self.capacity = capacity
  }

  /// Neighbours farther than this are rejected.
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

  /// Sorts the slots, nearest first. No offer may follow.
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
