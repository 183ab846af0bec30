import Tensors

// Convolutions side by side, as a detector's heads are: each has few outputs and would fill a part of a
// register tile, so those that read one value with like windows are computed as one. Where each result goes
// to a convolution of its own that sees one channel at a time, those are one convolution again.

/// Convolutions that are computed as one.
struct Siblings {
  let steps: [Int]
  let filter: Filter<Float>
}

extension Planner {
  /// More fill a register tile by themselves.
  private static let maxOutputs = 32
  /// The vector of the widest build: Winograd's method takes whole ones.
  private static let outputStep = 16

  /// The convolutions to compute together with a node's, itself included; nil for none.
  func siblings(of step: Int) throws(Failure) -> Siblings? {
    guard let filter = filter(step), !filter.isChannelwise else { return nil }
    var steps: [Int] = []
    for reader in readers(of: step) where !steps.contains(reader) {
      if let other = self.filter(reader), other.isLike(filter), isSmall(other) { steps.append(reader) }
    }
    return steps.contains(step) ? try joined(steps) : nil
  }

  private func isSmall(_ filter: Filter<Float>) -> Bool {
    filter.groups == 1 && filter.outputs <= Planner.maxOutputs
      && filter.outputs % Planner.outputStep != 0
  }

  private func joined(_ steps: [Int]) throws(Failure) -> Siblings? {
    var filters: [Filter<Float>] = []
    for step in steps { if let filter = filter(step) { filters.append(filter) } }
    guard filters.count > 1, filters.count == steps.count else { return nil }
    let outputs = filters.reduce(0) { $0 + $1.outputs }, each = Planner.outputStep
    return Siblings(
      steps: steps,
      filter: try jointFilters.filter(steps) { () throws(Failure) in
        try Filter.joined(filters, outputs: (outputs + each - 1) / each * each)
      })
  }

  /// The channelwise convolutions of siblings' results, if each has one and nothing else reads it.
  private func children(of siblings: Siblings) throws(Failure) -> Siblings? {
    var steps: [Int] = []
    for step in siblings.steps {
      guard let reader = onlyReader(of: step + 1), let filter = filter(reader), filter.isChannelwise else {
        return nil
      }
      if let first = steps.first.flatMap({ self.filter($0) }), !filter.isLike(first) { return nil }
      steps.append(reader)
    }
    return try joined(steps)
  }

  /// A node's result if it is a part of a joint one, which is computed with the first of its parts.
  func part(_ node: PlannedNode) throws(Failure) -> Place? {
    if part(of: node.result) == nil, let siblings = try siblings(of: node.step) {
      var whole = try convolve(siblings.filter, node, to: nil)
      setParts(siblings, whole)
      var last = siblings
      while let children = try children(of: last) {
        whole = try convolve(children.filter, whole, to: nil)
        setParts(children, whole)
        last = children
      }
    }
    guard let part = part(of: node.result) else { return nil }
    // Others read whole pictures; a destination takes the part as it is.
    guard node.destination == nil, !isReadByPart(node.step) else { return part }
    let y = try new(part.batch, part.extent)
    record(from: part, to: y) { memory in
      let source = memory.pointer(part), target = memory.pointer(y)
      for pixel in 0..<part.pixels {
        for c in 0..<part.channels { target[pixel * part.channels + c] = source[pixel * part.stride + c] }
      }
    }
    return y
  }

  private func setParts(_ siblings: Siblings, _ whole: Place) {
    var offset = whole.offset
    for step in siblings.steps {
      let channels = filter(step)?.outputs ?? 0
      setPart(
        step + 1,
        Place(
          buffer: whole.buffer, offset: offset, batch: whole.batch, height: whole.height, width: whole.width,
          channels: channels, stride: whole.stride))
      offset += channels
    }
  }

  /// Whether the only reader of a node's value is itself a part of a joint result.
  private func isReadByPart(_ step: Int) -> Bool {
    onlyReader(of: step + 1).map { part(of: $0 + 1) != nil } ?? false
  }
}
