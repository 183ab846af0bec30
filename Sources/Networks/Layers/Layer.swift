import Tensors

/// A network as data: a list of layers that reads like the paper's table.
package indirect enum Layer: Sendable {
  /// Convolution, then normalisation, then activation: [b, h, w, c] to [b, h', w', filters]. In groups, each
  /// result sees its group's c / groups channels.
  case convolution(
    String, _ filters: Int, kernel: Int, stride: Int = 1, groups: Int = 1, padding: Padding = .valid,
    hasBias: Bool = true, normalisation: Normalisation = .none, activation: Activation = .none)
  /// Transposed convolution: each pixel adds its number times the window's weights to the larger picture. [b,
  /// h, w, c] to [b, stride h, stride w, filters]; `crop` rows and columns of the whole sum are left out
  /// above and to the left.
  case transposedConvolution(
    String, _ filters: Int, kernel: Int, stride: Int, crop: Int = 0, hasBias: Bool = true)
  /// Every number of the input to every output: [b, h, w, c] to [b, 1, 1, outputs]. The input is read row by
  /// row.
  case dense(String, _ outputs: Int, hasBias: Bool = true, activation: Activation = .none)
  case pool(Pooling, kernel: Int, stride: Int, padding: Int = 0, roundsUp: Bool = false)
  /// 2x2 with stride 2, partial windows at the edges; average or maximum as the caller chooses when running.
  case chosenPool
  /// `sqrt(sum of squares)` over the window.
  case euclideanPool(kernel: Int, stride: Int, padding: Int = 0)
  case globalAverage
  case rectifier
  /// `1 / (1 + exp(-x))`
  case sigmoid
  case softmax
  /// The largest of each `pieces` channels in a row: [.., pieces * n] to [.., n] (Goodfellow et al. 2013).
  case maxout(pieces: Int)
  /// Batch normalisation of what comes, with its statistics under this name, epsilon 1e-5, then activation.
  case batchNormalisation(String, activation: Activation = .none)
  /// Each picture's channel to mean 0 and deviation 1, then times gamma plus beta under this name, then a
  /// rectifier where one is wanted: `y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)`.
  case instanceNormalisation(String, epsilon: Double = 1e-5, rectifies: Bool = false)
  /// While learning, makes each number 0 with this probability and the others larger; else changes nothing.
  case dropout(Double)
  case responseNormalisation(ResponseNormalisation)
  /// Each pixel's channels divided by their length; zeros stay zeros.
  case unitLength
  /// Zeros around the picture.
  case border(top: Int, left: Int, bottom: Int, right: Int)
  /// What lies `n` pixels beyond the edges is what lies as far inside them.
  case reflection(Int)
  /// Each pixel becomes a square of them.
  case upsampling(Int)
  /// Channels to pixels: [b, h, w, side^2 c] to [b, side h, side w, c], a square's rows first.
  case depthToSpace(Int)
  case hyperbolicTangent
  /// `scale x + offset`
  case linear(scale: Double, offset: Double)
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
  /// The input; height and width are nil if any size will do. One channel is grey.
  package let input: Extent
  package let isBGR: Bool
  package let mean: (Float, Float, Float)
  package let scale: Float
  package let layers: [Layer]

  /// Side of the square input, or nil if any size will do.
  package var side: Int? { input.height == input.width ? input.height : nil }

  package init(
    name: StaticString, input: Extent, isBGR: Bool = false, mean: (Float, Float, Float), scale: Float,
    layers: [Layer]
  ) {
    self.name = name
    self.input = input
    self.isBGR = isBGR
    self.mean = mean
    self.scale = scale
    self.layers = layers
  }

  package init(
    name: StaticString, side: Int?, isBGR: Bool = false, mean: (Float, Float, Float), scale: Float,
    layers: [Layer]
  ) {
    self.init(
      name: name, input: Extent(height: side, width: side, channels: 3), isBGR: isBGR, mean: mean,
      scale: scale,
      layers: layers)
  }

  /// Levels 0...255 come as -1...1.
  init(name: StaticString, input: Extent, layers: [Layer]) {
    self.init(name: name, input: input, mean: (127.5, 127.5, 127.5), scale: 1 / 127.5, layers: layers)
  }
}
