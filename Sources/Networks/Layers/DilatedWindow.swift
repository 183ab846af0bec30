import Tensors

/// A window whose taps lie apart, as a plain one with zeros between them: every kernel of a plain convolution
/// then serves it.
struct DilatedWindow: Equatable {
  let kernel, dilation: Sides

  /// Of the plain window.
  var sides: Sides {
    Sides((kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1)
  }

  var isPlain: Bool { dilation == 1 }

  /// The index of the weight at a tap of the plain window; nil for a zero.
  func weight(_ tap: Int) -> Int? {
    let (y, x) = (tap / sides.width, tap % sides.width)
    guard y % dilation.height == 0, x % dilation.width == 0 else { return nil }
    return y / dilation.height * kernel.width + x / dilation.width
  }

  /// Reads weights of one output of the plain window, one by one.
  /// - Parameter read: the same for the dilated window's own weights.
  func read<Element: Scalar>(
    _ first: Int, _ count: Int, into target: UnsafeMutablePointer<Element>,
    _ read: (_ first: Int, UnsafeMutablePointer<Element>) -> Void
  ) {
    let taps = sides.area
    for i in 0..<count {
      let (channel, tap) = ((first + i) / taps, (first + i) % taps)
      target[i] = 0
      if let weight = weight(tap) { read(channel * kernel.area + weight, target + i) }
    }
  }
}

extension Tape {
  /// Weights [outputs, inputs, height, width] with zeros between their taps.
  package func dilated(
    _ weights: Variable<Element>, by dilation: Sides
  ) throws(Failure) -> Variable<Element> {
    guard weights.shape.rank == 4 else {
      throw .invalidArgument(
        "weights \(weights.shape.description); expected [outputs, inputs, height, width]")
    }
    let window = DilatedWindow(kernel: Sides(weights.shape[2], weights.shape[3]), dilation: dilation)
    guard !window.isPlain else { return weights }
    let filters = weights.shape[0] * weights.shape[1], taps = window.sides.area, few = window.kernel.area
    let y = try Tensor<Element>(
      [weights.shape[0], weights.shape[1], window.sides.height, window.sides.width], repeating: 0)
    func forEachWeight(_ body: (_ plain: Int, _ dilated: Int) -> Void) {
      for tap in 0..<taps {
        guard let weight = window.weight(tap) else { continue }
        for filter in 0..<filters { body(filter * taps + tap, filter * few + weight) }
      }
    }
    forEachWeight { y.pointer[$0] = weights.tensor[$1] }
    // dw: gathered from where each weight was put
    return record(y, from: [weights]) { tape, dy throws(Failure) in
      let dw = try Tensor<Element>(weights.shape)
      forEachWeight { dw.pointer[$1] = dy[$0] }
      try tape.accumulate(dw, into: weights)
    }
  }
}
