import Tensors

extension Tape {
  /// What a layer without weights or parts of its own makes of `x`: for inference and for learning.
  /// - Parameter pooling: what `.chosenPool` does.
  func apply(_ layer: Layer, to x: Variable<Element>, pooling: Pooling) throws(Failure) -> Variable<Element> {
    switch layer {
    case .pool(let kind, let kernel, let stride, let padding, let roundsUp):
      return try pool(x, kind, kernel: kernel, stride: stride, padding: padding, roundsUp: roundsUp)
    case .chosenPool: return try pool(x, pooling, kernel: 2, stride: 2, roundsUp: true)
    case .euclideanPool(let kernel, let stride, let padding):
      return try euclideanPool(x, kernel: kernel, stride: stride, padding: padding)
    case .globalAverage: return try globalAverage(x)
    case .rectifier: return try rectifier(x)
    case .sigmoid: return try sigmoid(x)
    case .softmax: return try softmax(x)
    case .maxout(let pieces): return try maxout(x, pieces: pieces)
    case .responseNormalisation(let constants): return try responseNormalisation(x, constants)
    case .unitLength: return try unitLength(x)
    case .border(let top, let left, let bottom, let right):
      return try embedding(
        x, top: top, left: left, height: top + x.shape[1] + bottom, width: left + x.shape[2] + right,
        channels: x.shape[3])
    case .reflection(let count): return try reflected(x, count)
    case .upsampling(let factor): return try upsampled(x, factor)
    case .depthToSpace(let side): return try depthToSpace(x, side)
    case .hyperbolicTangent: return try hyperbolicTangent(x)
    case .linear(let scale, let offset): return try linear(x, scale: Element(scale), offset: Element(offset))
    case .convolution, .transposedConvolution, .dense, .batchNormalisation, .instanceNormalisation, .dropout,
      .concatenation, .residual, .head, .tap:
      throw .internalError("a layer with parts of its own was not compiled")
    }
  }
}
