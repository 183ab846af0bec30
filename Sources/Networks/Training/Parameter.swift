import Tensors

/// Numbers that training changes, under their name in the weight file.
package final class Parameter<Element: Scalar> {
  package let name: String
  /// Updated in place.
  package let value: Tensor<Element>
  /// False for running statistics: they are stored, but receive no gradient.
  package let isTrained: Bool
  package init(_ name: String, _ value: Tensor<Element>, isTrained: Bool = true) {
    self.name = name; self.value = value; self.isTrained = isTrained
  }
}
