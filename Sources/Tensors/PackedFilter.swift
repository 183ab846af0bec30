/// The weights of a convolution, ready for the kernels.
package struct PackedFilter<Element: Scalar> {
  let kernel, stride, inputs, outputs: Int
  /// [kernel * kernel * inputs, outputs]
  let plain: PackedMatrix<Element>
}

extension PackedFilter {
  /// - Parameter matrix: [kernel * kernel * inputs, outputs], row by row.
  package init(
    kernel: Int, stride: Int, inputs: Int, outputs: Int, matrix: UnsafePointer<Element>
  ) throws(Failure) {
    self.kernel = kernel
    self.stride = stride
    self.inputs = inputs
    self.outputs = outputs
    plain = try Element.pack(
      depth: kernel * kernel * inputs, columns: outputs, matrix, rowStride: outputs, columnStride: 1)
  }
}
