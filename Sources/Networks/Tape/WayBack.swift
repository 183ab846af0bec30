import Tensors

/// What a rectifier, `y = max(x, 0)`, does on the way back, from a unit's response to the pixels behind it.
/// All other operations pass back their derivative; a maximum's goes to the place that won (its switch).
package enum WayBack: Int32, CaseIterable, Sendable {
  /// Rectifies what comes back, `dx = max(dy, 0)`, and does not ask what went forward: Zeiler and Fergus,
  /// "Visualizing and understanding convolutional networks", 2014.
  case deconvolution = 0
  /// Both: `dx = max(dy, 0)` where y > 0. Springenberg et al., "Striving for simplicity", 2015.
  case guided = 1
  /// The derivative: `dx = dy` where y > 0.
  case gradient = 2
}

extension Tape {
  /// Takes what comes back to a rectifier's result `y` to its input, in place if nobody else holds it.
  func passBack(_ dy: inout Tensor<Element>, throughRectifier y: Tensor<Element>) throws(Failure) {
    let dx = try dy.isUnique() ? dy : Tensor<Element>(dy.shape)
    if wayBack == .deconvolution {
      rectifyLoop(dy.pointer, dx.pointer, dx.count)
    } else {
      Element.gate(dy.pointer, by: y.pointer, dx.pointer, dx.count)
      if wayBack == .guided { rectifyLoop(dx.pointer, dx.pointer, dx.count) }
    }
    dy = dx
  }
}
