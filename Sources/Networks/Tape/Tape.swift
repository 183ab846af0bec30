import Tensors

/// A tensor in a computation: a leaf whose gradient is requested, a result that depends on one, or a
/// constant.
package struct Variable<Element: Scalar> {
  package let tensor: Tensor<Element>
  /// Its index on the tape; nil if no gradient flows to it.
  let node: Int?

  package var shape: Shape { tensor.shape }
  package var isDifferentiable: Bool { node != nil }
  /// The value of a variable with one element.
  package var scalar: Element { tensor.count == 1 ? tensor[0] : .nan }
}

/// Reverse-mode automatic differentiation: each operation computes its result and records the pullback that
/// propagates a gradient from its result to its inputs.
///
/// Gradients accumulate: a variable used twice receives the sum. The files of `Operations/` are the
/// differentiable operations. Computations on constants are not recorded, so a forward pass keeps nothing.
package final class Tape<Element: Scalar> {
  /// May modify the gradient passed to it.
  package typealias Pullback = (Tape, inout Tensor<Element>) throws(Failure) -> Void

  private var pullbacks: [Pullback?] = []
  private var gradients: [Tensor<Element>?] = []

  /// The operations' scratch memory.
  let workspace = Workspace()

  /// How rectifiers pass gradients back.
  let wayBack: WayBack

  package init(_ wayBack: WayBack = .gradient) { self.wayBack = wayBack }

  package func constant(_ tensor: Tensor<Element>) -> Variable<Element> {
    Variable(tensor: tensor, node: nil)
  }

  /// A leaf, for `gradients(of:at:)`.
  package func leaf(_ tensor: Tensor<Element>) -> Variable<Element> {
    pullbacks.append(nil)
    gradients.append(nil)
    return Variable(tensor: tensor, node: pullbacks.count - 1)
  }

  /// A result. The pullback is kept only if a gradient can flow through it.
  package func record(
    _ tensor: Tensor<Element>, from inputs: [Variable<Element>], _ pullback: @escaping Pullback
  ) -> Variable<Element> {
    var isDifferentiable = false
    for input in inputs where input.node != nil { isDifferentiable = true }
    guard isDifferentiable else { return constant(tensor) }
    pullbacks.append(pullback)
    gradients.append(nil)
    return Variable(tensor: tensor, node: pullbacks.count - 1)
  }

  /// Called by pullbacks: adds to the gradient of an input.
  package func accumulate(_ gradient: Tensor<Element>, into variable: Variable<Element>) throws(Failure) {
    guard let node = variable.node else { return }
    guard gradient.count == variable.tensor.count else {
      throw .internalError("a gradient of \(gradient.shape.description) for \(variable.shape.description)")
    }
    // A pullback receives its gradient in the shape of its result, even if later operations reshaped it. The
    // first gradient may be shared with another variable, so the sum is a new tensor.
    let shaped = try gradient.shape == variable.shape ? gradient : gradient.reshaped(variable.shape.extents)
    gradients[node] = try gradients[node].map { sum throws(Failure) in try sum.adding(shaped) } ?? shaped
  }

  /// Runs the tape backwards from `result`, a variable with one element, and returns d result / d leaf for
  /// each of `leaves`: zeros for a leaf that it does not depend on. Consumes the tape.
  package func gradients(
    of result: Variable<Element>, at leaves: [Variable<Element>]
  ) throws(Failure) -> [Tensor<Element>] {
    guard result.tensor.count == 1 else {
      throw .invalidArgument("the gradient of a tensor \(result.shape.description); expected a single number")
    }
    if let last = result.node {
      gradients[last] = try Tensor(result.shape.extents, repeating: 1)
      for node in stride(from: last, through: 0, by: -1) {
        guard let pullback = pullbacks[node] else { continue }
        // Moved out of the tape, so that the pullback can be its only owner, and released afterwards.
        let gradient = gradients[node]
        gradients[node] = nil
        pullbacks[node] = nil
        if var gradient { try pullback(self, &gradient) }
      }
    }
    var answer: [Tensor<Element>] = []
    for leaf in leaves {
      if let node = leaf.node, let gradient = gradients[node] {
        answer.append(try gradient.reshaped(leaf.shape.extents))
      } else {
        answer.append(try Tensor(leaf.shape.extents, repeating: 0))
      }
    }
    pullbacks.removeAll()
    gradients.removeAll()
    return answer
  }
}

extension Tensor where Element: Scalar {
  /// Elementwise; the shapes must have the same element count.
  package func adding(_ other: Tensor) throws(Failure) -> Tensor {
    let sum = try Tensor(shape)
    let (a, b, c) = (pointer, other.pointer, sum.pointer)
    forEachSlice(of: count) { addLoop(a + $0.lowerBound, b + $0.lowerBound, c + $0.lowerBound, $0.count) }
    return sum
  }
}
