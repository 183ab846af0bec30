import Tensors

// What a training requires of a one-pass detector's network.

extension Architecture {
  /// - Throws: `.invalidArgument` unless every result of `FaceCells` has its stride and numbers.
  func checkCells() throws(Failure) {
    let side = 4 * FaceCells.largestStride
    let input = Extent(height: side, width: side, channels: self.input.channels)
    for (name, stride) in zip(FaceCells.names, FaceCells.strides) {
      let expected = Extent(height: side / stride, width: side / stride, channels: FaceCells.numbers)
      let found = graph.extent(of: name, for: input)
      guard found == expected else {
        throw .invalidArgument(
          "\(name) is \(found.map { $0.description } ?? "missing") for a picture of \(side)x\(side); expected \(expected.description)"
        )
      }
    }
  }
}

extension Graph {
  /// Lets every cell of new weights begin with a score of 0.01, by the bias of the layer that makes the scores:
  /// most cells see no face, and learning only that would take long (Lin et al., "Focal loss", 2017, section
  /// 4.1).
  func setFirstScores(of parameters: [Parameter<Float>]) {
    let logit: Float = -4.595  // log(0.01 / 0.99)
    for name in FaceCells.names {
      guard let value = value(of: name), let layer = firstChannel(of: value) else { continue }
      for parameter in parameters where parameter.name == layer + ".bias" {
        parameter.value.withPointer { $0[0] = logit }
      }
    }
  }

  /// The convolution whose first filter makes the first channel of a value; nil if another layer does.
  private func firstChannel(of value: Int) -> String? {
    guard value > 0 else { return nil }
    let node = nodes[value - 1]
    switch node.layer {
    case .convolution(let layer): return layer.name
    case .concatenation: return firstChannel(of: node.inputs[0])
    default: return nil
    }
  }
}
