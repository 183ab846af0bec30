import Tensors

/// The maximum of each run of `pieces` channels: [.., pieces * n] to [.., n] (Goodfellow et al. 2013).
package struct Maxout: LoopLayer {
  package let pieces: Int

  static var kind: StaticString { "maxout" }

  func output(for input: Extent) -> Extent {
    Extent(height: input.height, width: input.width, channels: input.channels / max(pieces, 1))
  }

  func check(_ input: Extent) throws(Failure) {
    guard pieces > 0, input.channels % pieces == 0 else {
      throw .invalidArgument(
        "maxout of \(input.channels) channels in pieces of \(pieces); expected channels that they divide")
    }
  }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.maxout(x, pieces: pieces)
  }

  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place) {
    maxoutLoop(x, y, to.count, pieces)
  }

  init(pieces: Int) { self.pieces = pieces }
  init(from text: inout LayerText) throws(Failure) {
    pieces = try text.number("pieces", LayerLimits.channels)
  }
  func write(to text: inout LayerText) { text.set("pieces", pieces) }
}

extension Layer {
  /// The maximum of each run of `pieces` channels.
  package static func maxout(pieces: Int) -> Layer { .single(.maxout(Maxout(pieces: pieces))) }
}

extension Tape {
  /// Maxout (Goodfellow et al. 2013): `y[c] = max over p < pieces of x[pieces c + p]` over the last axis.
  package func maxout(_ x: Variable<Element>, pieces: Int) throws(Failure) -> Variable<Element> {
    let channels = x.shape.extents.last ?? 0
    guard pieces > 0, channels % pieces == 0 else {
      throw .invalidArgument(
        "maxout of \(x.shape.description) in pieces of \(pieces); expected channels that they divide")
    }
    var extents = x.shape.extents
    extents[extents.count - 1] = channels / pieces
    let y = try Tensor<Element>(extents)
    maxoutLoop(x.tensor.pointer, y.pointer, y.count, pieces)
    // dy goes to the first piece that equals the maximum.
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape.extents, repeating: 0)
      for i in 0..<y.count {
        for p in (pieces * i)..<(pieces * (i + 1)) where x.tensor[p] == y[i] {
          dx.pointer[p] = dy[i]
          break
        }
      }
      try tape.accumulate(dx, into: x)
    }
  }
}

/// NaN propagates.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
func maxoutLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ y: UnsafeMutablePointer<Element>, _ count: Int, _ pieces: Int
) {
  for i in 0..<count {
    let x = x + i * pieces
    var largest = x[0]
    for p in 1..<max(pieces, 1) where !(x[p] <= largest) { largest = x[p] }
    y[i] = largest
  }
}
