import Tensors

/// Hyperbolic tangent; the operation is one of Elementwise.swift.
package struct HyperbolicTangent: LoopLayer, BareLayer {
  static var kind: StaticString { "tanh" }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.hyperbolicTangent(x)
  }

  func compute(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, from: Place, to: Place) {
    forEachSlice(of: to.count) {
      for i in $0 { y[i] = Float.hyperbolicTangent(x[i]) }
    }
  }
}

extension Layer {
  package static var hyperbolicTangent: Layer { .single(.hyperbolicTangent(HyperbolicTangent())) }
}
