import Tensors

/// Numbers that training changes, under the name that the weight file gives them.
package final class Parameter<Element: Scalar> {
  package let name: String
  /// Changed in place.
  package let value: Tensor<Element>
  /// False for running statistics: they are stored, but no gradient flows to them.
  package let isTrained: Bool
  package init(_ name: String, _ value: Tensor<Element>, isTrained: Bool = true) {
    self.name = name; self.value = value; self.isTrained = isTrained
  }
}
