import Tensors

/// A layer of any kind. A new kind takes a line in the cases, in `open` and in `makers`; the rest of the file
/// is the same for all of them.
///
/// Indirect, so that it is one pointer. Otherwise the tag shares a byte with the largest struct, and is
/// computed from bits that smaller ones leave unset: memory checkers take that for a fault.
package indirect enum AnyLayer: Equatable, Sendable {
  case convolution(Convolution)
  case transposedConvolution(TransposedConvolution)
  case dense(Dense)
  case pool(Pool)
  case chosenPool(ChosenPool)
  case euclideanPool(EuclideanPool)
  case globalAverage(GlobalAverage)
  case rectifier(Rectifier)
  case sigmoid(Sigmoid)
  case hyperbolicTangent(HyperbolicTangent)
  case softmax(Softmax)
  case maxout(Maxout)
  case batchNormalisation(BatchNormalisation)
  case instanceNormalisation(InstanceNormalisation)
  case responseNormalisation(ResponseNormalisation)
  case unitLength(UnitLength)
  case dropout(Dropout)
  case border(Border)
  case reflection(Reflection)
  case upsampling(Upsampling)
  case depthToSpace(DepthToSpace)
  case linear(Linear)
  case concatenation(Concatenation)
  case sum(Sum)
  case difference(Difference)
  case product(Product)
  case quotient(Quotient)
  case addition(Addition)
  case clip(Clip)
  case leakyRectifier(LeakyRectifier)
  case parametricRectifier(ParametricRectifier)
  case flatten(Flatten)
  case resize(Resize)

  /// Calls a function for the layer, whatever its kind.
  @_optimize(size)
  func open<Function: LayerFunction>(_ function: Function) throws(Function.Refusal) -> Function.Result {
    switch self {
    case .convolution(let layer): try function(layer)
    case .transposedConvolution(let layer): try function(layer)
    case .dense(let layer): try function(layer)
    case .pool(let layer): try function(layer)
    case .chosenPool(let layer): try function(layer)
    case .euclideanPool(let layer): try function(layer)
    case .globalAverage(let layer): try function(layer)
    case .rectifier(let layer): try function(layer)
    case .sigmoid(let layer): try function(layer)
    case .hyperbolicTangent(let layer): try function(layer)
    case .softmax(let layer): try function(layer)
    case .maxout(let layer): try function(layer)
    case .batchNormalisation(let layer): try function(layer)
    case .instanceNormalisation(let layer): try function(layer)
    case .responseNormalisation(let layer): try function(layer)
    case .unitLength(let layer): try function(layer)
    case .dropout(let layer): try function(layer)
    case .border(let layer): try function(layer)
    case .reflection(let layer): try function(layer)
    case .upsampling(let layer): try function(layer)
    case .depthToSpace(let layer): try function(layer)
    case .linear(let layer): try function(layer)
    case .concatenation(let layer): try function(layer)
    case .sum(let layer): try function(layer)
    case .difference(let layer): try function(layer)
    case .product(let layer): try function(layer)
    case .quotient(let layer): try function(layer)
    case .addition(let layer): try function(layer)
    case .clip(let layer): try function(layer)
    case .leakyRectifier(let layer): try function(layer)
    case .parametricRectifier(let layer): try function(layer)
    case .flatten(let layer): try function(layer)
    case .resize(let layer): try function(layer)
    }
  }

  typealias Maker = (inout LayerText) throws(Failure) -> AnyLayer

  /// Parses the text of a layer, by the name of its kind.
  static var makers: [(kind: StaticString, make: Maker)] {
    [
      maker(AnyLayer.convolution), maker(AnyLayer.transposedConvolution), maker(AnyLayer.dense),
      maker(AnyLayer.pool), maker(AnyLayer.chosenPool), maker(AnyLayer.euclideanPool),
      maker(AnyLayer.globalAverage),
      maker(AnyLayer.rectifier), maker(AnyLayer.sigmoid), maker(AnyLayer.hyperbolicTangent),
      maker(AnyLayer.softmax), maker(AnyLayer.maxout),
      maker(AnyLayer.batchNormalisation), maker(AnyLayer.instanceNormalisation),
      maker(AnyLayer.responseNormalisation), maker(AnyLayer.unitLength),
      maker(AnyLayer.dropout), maker(AnyLayer.border), maker(AnyLayer.reflection),
      maker(AnyLayer.upsampling), maker(AnyLayer.depthToSpace), maker(AnyLayer.linear),
      maker(AnyLayer.concatenation), maker(AnyLayer.sum), maker(AnyLayer.difference), maker(AnyLayer.product),
      maker(AnyLayer.quotient), maker(AnyLayer.addition), maker(AnyLayer.clip),
      maker(AnyLayer.leakyRectifier), maker(AnyLayer.parametricRectifier), maker(AnyLayer.flatten),
      maker(AnyLayer.resize)
    ]
  }

  private static func maker<Kind: LayerKind>(
    _ wrap: @escaping (Kind) -> AnyLayer
  ) -> (kind: StaticString, make: Maker) {
    (Kind.kind, { text throws(Failure) in wrap(try Kind(from: &text)) })
  }
}
