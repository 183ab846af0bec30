import Tensors

/// `1 / (1 + exp(-x))`; the operation is one of Elementwise.swift.
package struct Sigmoid: LoopLayer, BareLayer {
  static var kind: StaticString { "sigmoid" }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.sigmoid(x)
  }

  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place) {
    ElementwiseFunction.sigmoid.apply(x, y, to.count)
  }
}

extension Layer {
  /// `1 / (1 + exp(-x))`
  package static var sigmoid: Layer { .single(.sigmoid(Sigmoid())) }
}
