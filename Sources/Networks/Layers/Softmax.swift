import Tensors

/// Softmax over the channels of each pixel, or over each run of so many of them.
package struct Softmax: LoopLayer {
  /// Nil: all.
  package let channels: Int?

  static var kind: StaticString { "softmax" }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    guard let channels else { return try tape.softmax(x) }
    let count = x.shape.extents.last ?? 0
    try check(Extent(height: nil, width: nil, channels: count))
    let runs = try tape.reshaped(x, [x.tensor.count / channels, channels])
    return try tape.reshaped(tape.softmax(runs), x.shape.extents)
  }

  func check(_ input: Extent) throws(Failure) {
    guard let channels, input.channels % channels != 0 else { return }
    throw .invalidArgument(
      "softmax of \(input.channels) channels in runs of \(channels); expected channels that they divide")
  }

  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place) {
    let run = channels ?? to.channels
    softmaxRows(x, y, rows: to.count / run, run)
  }

  init(channels: Int? = nil) { self.channels = channels }

  init(from text: inout LayerText) throws(Failure) {
    let isGiven = text.entries.contains { $0.key == "channels" }
    channels = isGiven ? try text.number("channels", LayerLimits.channels) : nil
  }

  func write(to text: inout LayerText) { if let channels { text.set("channels", channels) } }
}

extension Layer {
  /// Softmax over the channels of each pixel.
  package static var softmax: Layer { .single(.softmax(Softmax())) }
}

extension Tape {
  /// Softmax over the last axis: `y[c] = exp(x[c]) / sum over k of exp(x[k])`.
  package func softmax(_ x: Variable<Element>) throws(Failure) -> Variable<Element> {
    let channels = x.shape.extents.last ?? 1
    let y = try Tensor<Element>(x.shape)
    guard channels > 0 else { return constant(y) }
    softmaxRows(x.tensor.pointer, y.pointer, rows: y.count / channels, channels)
    // dx[c] = y[c] (dy[c] - sum over k of dy[k] y[k])
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      for row in 0..<(y.count / channels) {
        let first = row * channels
        var sum: Element = 0
        for c in first..<(first + channels) { sum += dy[c] * y[c] }
        for c in first..<(first + channels) { dx.pointer[c] = y[c] * (dy[c] - sum) }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
func softmaxRows<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, rows: Int, _ channels: Int
) {
  for row in 0..<rows {
    let source = x + row * channels, target = y + row * channels
    var largest = source[0]
    for c in 1..<max(channels, 1) where source[c] > largest { largest = source[c] }
    var sum: Element = 0
    for c in 0..<channels {
      target[c] = Element.exponential(source[c] - largest)
      sum += target[c]
    }
    for c in 0..<channels { target[c] /= sum }
  }
}
