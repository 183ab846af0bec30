import Tensors

/// Concatenates the channels of pictures of one size.
package struct Concatenation: BareLayer {
  static var kind: StaticString { "concatenation" }
  static var inputCounts: ClosedRange<Int> { 1...Graph.maxInputs }

  func output(for inputs: [Extent]) -> Extent {
    var channels = 0
    for input in inputs { channels = min(channels + input.channels, Extent.maxSide) }
    return Extent(height: inputs[0].height, width: inputs[0].width, channels: channels)
  }

  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.concatenation(inputs)
  }

  /// A part without other readers is written directly to its channels.
  func destination(ofInput position: Int, in step: Int, _ planner: Planner) throws(Failure) -> Destination? {
    Destination(place: try slice(position, of: joint(step, planner), step, planner))
  }

  /// The whole result, before its first part is written.
  private func joint(_ step: Int, _ planner: Planner) throws(Failure) -> Place {
    if let known = planner.assembly(step) { return known.place }
    let parts = planner.inputExtents(step), first = parts[0]
    for part in parts where part.height != first.height || part.width != first.width {
      throw .invalidArgument(
        "branches of \(first.width ?? 0)x\(first.height ?? 0) and \(part.width ?? 0)x\(part.height ?? 0) cannot be joined"
      )
    }
    let place = try planner.new(output(for: parts))
    planner.begin(step, at: place)
    return place
  }

  private func slice(_ position: Int, of whole: Place, _ step: Int, _ planner: Planner) -> Place {
    let parts = planner.inputExtents(step)
    var offset = whole.offset
    for part in parts[..<position] { offset += part.channels }
    return Place(
      buffer: whole.buffer, offset: offset, batch: whole.batch, height: whole.height, width: whole.width,
      channels: parts[position].channels, stride: whole.stride)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let whole = try joint(node.step, planner)
    for (position, part) in node.inputs.enumerated()
    where planner.assembly(node.step)?.has[position] == false {
      planner.copy(part, to: slice(position, of: whole, node.step, planner))
    }
    return whole
  }
}

extension Tape {
  /// Concatenates channels: [batch, height, width, sum of channels].
  package func concatenation(_ parts: [Variable<Element>]) throws(Failure) -> Variable<Element> {
    guard let first = parts.first, first.shape.rank == 4 else {
      throw .invalidArgument("concatenation of nothing")
    }
    var channels = 0
    for part in parts {
      guard part.shape.rank == 4, part.shape[0] == first.shape[0], part.shape[1] == first.shape[1],
        part.shape[2] == first.shape[2]
      else {
        throw .invalidArgument("concatenation of \(first.shape.description) and \(part.shape.description)")
      }
      channels += part.shape[3]
    }
    let total = channels
    let y = try Tensor<Element>([first.shape[0], first.shape[1], first.shape[2], total])
    var offset = 0
    for part in parts {
      copyColumns(
        part.tensor.pointer, part.shape[3], 0, y.pointer, total, offset, part.shape[3],
        y.count / max(total, 1))
      offset += part.shape[3]
    }
    // dx of each part: its columns of dy
    return record(y, from: parts) { tape, dy throws(Failure) in
      var offset = 0
      for part in parts {
        if part.isDifferentiable {
          let dx = try Tensor<Element>(part.shape)
          copyColumns(
            dy.pointer, total, offset, dx.pointer, part.shape[3], 0, part.shape[3], dy.count / max(total, 1))
          try tape.accumulate(dx, into: part)
        }
        offset += part.shape[3]
      }
    }
  }
}
