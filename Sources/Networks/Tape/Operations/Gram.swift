import Tensors

extension Tape {
  /// Gram matrix of a feature map: which channels are active together, regardless of position.
  /// `G[k, l] = sum over pixels p of x[p, k] * x[p, l]`
  ///
  /// `x` is [1, height, width, channels], `G` is [channels, channels], not normalised. Source: Gatys, Ecker,
  /// Bethge, "Image style transfer using convolutional neural networks", 2016, equation 3.
  package func gramMatrix(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 4, x.shape[0] == 1 else {
      throw .invalidArgument("Gram matrix of \(x.shape.description); expected [1, height, width, channels]")
    }
    let channels = x.shape[3], pixels = x.shape[1] * x.shape[2]
    let gram = try Tensor<Element>([channels, channels])
    try Element.gram(x.tensor.pointer, rows: pixels, columns: channels, gram.pointer, workspace)
    // dx = x (dG + transpose(dG))
    return record(gram, from: [x]) { tape, dy throws(Failure) in
      let both = try Tensor<Element>([channels, channels])
      for k in 0..<channels {
        for l in 0..<channels { both.pointer[k * channels + l] = dy[k * channels + l] + dy[l * channels + k] }
      }
      let packed = try Element.pack(
        depth: channels, columns: channels, both.pointer, rowStride: channels, columnStride: 1)
      let dx = try Tensor<Element>(x.shape)
      try Element.multiply(
        rows: pixels, x.tensor.pointer, rowStride: channels, columnStride: 1, packed, dx.pointer,
        accumulate: false, .nothing,
        tape.workspace)
      try tape.accumulate(dx, into: x)
    }
  }
}
