import Tensors

extension Architecture {
  /// A network that enlarges pictures: residual blocks at the size of the input, whose last convolution makes
  /// all pixels of a square at once ("sub-pixel convolution", Shi et al. 2016, "Real-time single image and
  /// video super-resolution"); no normalisation (Lim et al. 2017, "Enhanced deep residual networks"). What
  /// they make is added to a convolution of the picture, "straight", which starts as cubic interpolation.
  ///
  /// Input and the tap "picture" are R, G, B from 0 to 1. The edges are padded with zeros: give a picture a
  /// margin of `enlargerMargin` pixels to have the whole of it right.
  package static func enlarger(factor: Int = 2, filters: Int = 32, blocks: Int = 4) -> Architecture {
    let colours = 3 * factor * factor
    var body: [Layer] = [
      .convolution("head", filters, kernel: 3, padding: .zeros(1), activation: .rectifier)
    ]
    for i in 1...max(blocks, 1) {
      body.append(
        .residual([
          .convolution("block\(i).conv1", filters, kernel: 3, padding: .zeros(1), activation: .rectifier),
          .convolution("block\(i).conv2", filters, kernel: 3, padding: .zeros(1))
        ]))
    }
    body.append(.convolution("tail", colours, kernel: 3, padding: .zeros(1)))
    return Architecture(
      name: "enlarger", side: nil, mean: (0, 0, 0), scale: 1 / 255,
      layers: [
        .residual(
          body,
          shortCut: [.convolution("straight", colours, kernel: 5, padding: .zeros(2), hasBias: false)]),
        .tap("squares"), .depthToSpace(factor), .tap("picture")
      ])
  }

  /// The pixels beyond a pixel that its square depends on, to each side.
  package var enlargerMargin: Int {
    max(-(ReceptiveField(of: "squares", in: graph)?.window?.start ?? 0), 0)
  }

  /// The initial value of one of an enlarger's tensors: "straight" is cubic interpolation, and the rest adds
  /// nothing to it.
  package func enlargerTensor(
    _ specification: TensorSpecification, factor: Int, _ generator: inout Generator
  ) throws(Failure) -> Tensor<Float> {
    switch specification.name {
    case "straight.weight": return try cubicInterpolation(specification.extents, factor)
    case "tail.weight": return try Tensor(specification.extents, repeating: 0)
    default: return try initialTensor(specification, &generator)
    }
  }
}

/// The filters [3 factor^2, 3, taps, taps] of a cubic interpolation (Keys 1981, a = -0.5). Pixel p of a
/// square lies at `(p + 1/2) / factor - 1/2` from the centre of the pixel that it stands for.
private func cubicInterpolation(_ extents: [Int], _ factor: Int) throws(Failure) -> Tensor<Float> {
  let taps = extents[3], middle = taps / 2
  func weight(_ tap: Int, _ p: Int) -> Double {
    let x = abs(Double(tap - middle) + 0.5 - (Double(p) + 0.5) / Double(factor))
    if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0
  }
  var values: [Float] = []
  for square in 0..<(factor * factor) {
    for colour in 0..<3 {
      for channel in 0..<3 {
        for row in 0..<taps {
          for column in 0..<taps {
            let isOwn = colour == channel
            values.append(isOwn ? Float(weight(row, square / factor) * weight(column, square % factor)) : 0)
          }
        }
      }
    }
  }
  return try Tensor(extents, values)
}
