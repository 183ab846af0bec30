import Tensors

/// Labels of pairs: 0 for two photos of one person, 1 for two people.
func requirePairs(_ a: Shape, _ b: Shape, _ labels: [Int32]) throws(Failure) {
  guard a.rank == 2, a.count > 0, a == b, labels.count == a[0] else {
    throw .invalidArgument(
      "pairs of \(a.description) and \(b.description) with \(labels.count) labels; expected twice [count, dimension]"
    )
  }
  for label in labels where label != 0 && label != 1 {
    throw .invalidArgument("pair label \(label); expected 0 for the same person or 1 for two")
  }
}
