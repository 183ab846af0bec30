import Tensors

extension Architecture {
  /// The names of all layers that can be requested, in order.
  package var layerNames: [String] { graph.outputs.map { $0.name } }

  /// The error for a layer of an unknown name, listing the known ones.
  func lacks(layer name: String) -> Failure {
    let names = layerNames
    var known = names.joined(separator: ", ")
    if names.count > 8, let first = names.first, let last = names.last {
      let nearest = names.min { distance($0, name) < distance($1, name) } ?? first
      known = "\(names.count), \(first) to \(last); the nearest is \(nearest)"
    }
    return .notFound("\(self.name) has no layer \"\(name)\", it has \(known)")
  }
}

/// The number of letters to change, insert or delete to turn one name into the other (Levenshtein).
private func distance(_ a: String, _ b: String) -> Int {
  let a = Array(a.utf8), b = Array(b.utf8)
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let changed = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(changed, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
