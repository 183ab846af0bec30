import Tensors

extension Storage {
  /// The numbers, copied while the storage is certain to live.
  package var values: [Element] { withExtendedLifetime(self) { Array(buffer) } }
}
