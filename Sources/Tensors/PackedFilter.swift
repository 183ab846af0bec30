/// The weights of a convolution, ready for the kernels.
///
/// A compact one keeps its matrix [kernel * kernel * inputs, outputs] and arranges it for each use: for large filters
/// over large pictures the time is small, the memory is not. Others keep what the kernels read.
package struct PackedFilter<Element: Scalar> {
  let kernel, stride, inputs, outputs: Int
  let weights: Weights

  enum Weights {
    case compact(Storage<Element>)
    case ready(PackedMatrix<Element>)
  }
}
