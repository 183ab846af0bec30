import Tensors

/// A network as data: a list of layers that reads like the paper's table.
package indirect enum Layer: Sendable {
  /// Convolution, then normalisation, then activation: [b, h, w, c] to [b, h', w', filters]. In groups, each result sees
  /// its group's c / groups channels.
  case convolution(
    String, _ filters: Int, kernel: Int, stride: Int = 1, groups: Int = 1, padding: Padding = .valid,
    normalisation: Normalisation = .none, activation: Activation = .none)
  /// Every number of the input to every output: [b, h, w, c] to [b, 1, 1, outputs]. The input is read row by row.
  case dense(String, _ outputs: Int, hasBias: Bool = true, activation: Activation = .none)
  case pool(Pooling, kernel: Int, stride: Int, padding: Int = 0, roundsUp: Bool = false)
  /// 2x2 with stride 2, partial windows at the edges; average or maximum as the caller chooses when running.
  case chosenPool
  /// `sqrt(sum of squares)` over the window.
  case euclideanPool(kernel: Int, stride: Int)
  case globalAverage
  case rectifier
  case softmax
  case responseNormalisation(ResponseNormalisation)
  case unitLength
  /// Zeros around the picture.
  case border(top: Int, left: Int, bottom: Int, right: Int)
  /// Branches of one input, joined in their channels.
  case concatenation([[Layer]])
  /// `body(x) + shortCut(x)`; the smaller is filled with zeros.
  case residual([Layer], shortCut: [Layer] = [])
  /// A head: its result goes nowhere but to its taps.
  case head([Layer])
  /// Gives the value here a name by which it can be asked for.
  case tap(String)

  package enum Normalisation: Equatable, Sendable {
    case none
    /// Batch normalisation with its trained statistics under this name, epsilon 1e-5.
    case batch(String)
    /// `y = gamma x + beta` under the convolution's own name.
    case affine
  }

  package enum Activation: Equatable, Sendable {
    case none
    case rectifier
    /// One slope a channel under this name.
    case parametric(String)
  }
}

/// A network's layers and what its pictures must look like.
package struct Architecture: Sendable {
  package let name: StaticString
  /// Side of the square input, or nil if any size will do.
  package let side: Int?
  package let isBGR: Bool
  package let mean: (Float, Float, Float)
  package let scale: Float
  package let layers: [Layer]

  package init(
    name: StaticString, side: Int?, isBGR: Bool = false, mean: (Float, Float, Float), scale: Float, layers: [Layer]
  ) {
    self.name = name
    self.side = side
    self.isBGR = isBGR
    self.mean = mean
    self.scale = scale
    self.layers = layers
  }
}
