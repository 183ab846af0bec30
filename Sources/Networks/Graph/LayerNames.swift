import Tensors

extension Architecture {
  /// Of all layers that can be asked for, in their order.
  package var layerNames: [String] { graph.outputs.map { $0.name } }

  /// That there is no layer of this name, with what there is.
  func lacks(layer name: String) -> Failure {
    let names = layerNames
    var told = names.joined(separator: ", ")
    if names.count > 8, let first = names.first, let last = names.last {
      let nearest = names.min { distance($0, name) < distance($1, name) } ?? first
      told = "\(names.count), \(first) to \(last); the nearest is \(nearest)"
    }
    return .notFound("\(self.name) has no layer \"\(name)\", it has \(told)")
  }
}

/// How many letters must be changed, put in or left out to make one name of another (Levenshtein).
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
