import Tensors

/// The size of a picture on its way through layers; height and width are nil where any size will do.
package struct Extent: Equatable, Sendable {
  package var height, width: Int?
  package var channels: Int

  package init(height: Int?, width: Int?, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  fileprivate func mapped(_ side: (Int) -> Int, channels: Int? = nil) -> Extent {
    Extent(height: height.map(side), width: width.map(side), channels: channels ?? self.channels)
  }
}

extension Layer {
  /// The size of the layer's result.
  package func output(for input: Extent) -> Extent {
    switch self {
    case .convolution(_, let filters, let kernel, let stride, _, let padding, _, _, _):
      return input.mapped({ ($0 + padding.before + padding.after - kernel) / stride + 1 }, channels: filters)
    case .transposedConvolution(_, let filters, _, let stride, _, _):
      return input.mapped({ $0 * stride }, channels: filters)
    case .dense(_, let outputs, _, _):
      return Extent(height: 1, width: 1, channels: outputs)
    case .pool(_, let kernel, let stride, let padding, let roundsUp):
      return input.mapped { pooledSide($0, kernel, stride, padding, roundsUp) }
    case .chosenPool:
      return input.mapped { pooledSide($0, 2, 2, 0, true) }
    case .euclideanPool(let kernel, let stride, let padding):
      return input.mapped { pooledSide($0, kernel, stride, padding, false) }
    case .globalAverage:
      return Extent(height: 1, width: 1, channels: input.channels)
    case .maxout(let pieces):
      return Extent(height: input.height, width: input.width, channels: input.channels / max(pieces, 1))
    case .border(let top, let left, let bottom, let right):
      return Extent(
        height: input.height.map { $0 + top + bottom }, width: input.width.map { $0 + left + right },
        channels: input.channels)
    case .reflection(let count):
      return input.mapped { $0 + 2 * count }
    case .upsampling(let factor):
      return input.mapped { $0 * factor }
    case .depthToSpace(let side):
      return input.mapped({ $0 * side }, channels: input.channels / max(side * side, 1))
    case .concatenation(let branches):
      var output = Extent(height: nil, width: nil, channels: 0)
      for branch in branches {
        let part = branch.output(for: input)
        output = Extent(height: part.height, width: part.width, channels: output.channels + part.channels)
      }
      return output
    case .residual(let body, let shortCut):
      let output = body.output(for: input), other = shortCut.output(for: input)
      func larger(_ a: Int?, _ b: Int?) -> Int? { if let a, let b { max(a, b) } else { nil } }
      return Extent(
        height: larger(output.height, other.height), width: larger(output.width, other.width),
        channels: max(output.channels, other.channels))
    case .rectifier, .sigmoid, .softmax, .hyperbolicTangent, .linear, .batchNormalisation,
      .instanceNormalisation, .dropout,
      .responseNormalisation, .unitLength, .head, .tap:
      return input
    }
  }
}

extension [Layer] {
  /// The size of the last layer's result.
  package func output(for input: Extent) -> Extent {
    var extent = input
    for layer in self { extent = layer.output(for: extent) }
    return extent
  }

  /// The size at a tap, or nil if there is none of that name; taps in branches are not looked for.
  package func extent(ofTap name: String, for input: Extent) -> Extent? {
    var extent = input
    for layer in self {
      if case .tap(let tap) = layer, tap == name { return extent }
      extent = layer.output(for: extent)
    }
    return nil
  }
}
