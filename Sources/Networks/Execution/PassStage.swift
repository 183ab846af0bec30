import CSystem
import Tensors

/// A convolution with its rectifier, the pooling that may follow, and the taps in between: one stage of a
/// gradient plan's chain.
struct PassStage {
  let filter: Filter<Float>
  /// The sweep over the picture, and that of the turned filter over the gradient.
  let window, back: Window
  var isPooled = false
  /// Taps of the convolution's result before and after its rectifier, and of the pooled result.
  var linearTap: Int?, tap: Int?, pooledTap: Int?

  func has(_ tap: Int) -> Bool { linearTap == tap || self.tap == tap || pooledTap == tap }
}

extension PassStage {
  /// A network's stages up to the last of the taps.
  static func chain(
    _ network: Network<Float>, height: Int, width: Int, taps: [String], edges: GradientPlan.Edges
  ) throws(Failure) -> [PassStage] {
    var stages: [PassStage] = []
    var shape = try Shape([1, height, width, 3])
    var found = 0
    for step in network.steps where found < taps.count {
      switch step {
      case .convolution(let filter):
        let stage = try PassStage(filter, over: shape, stages.isEmpty ? edges : .zeros)
        shape = try Shape([1, stage.window.outHeight, stage.window.outWidth, filter.outputs])
        stages.append(stage)
      case .plain(.chosenPool) where !stages.isEmpty && !stages[stages.count - 1].isPooled:
        guard shape[3] % 16 == 0 else {
          throw .internalError("a gradient plan pools channels by sixteen, not \(shape[3])")
        }
        stages[stages.count - 1].isPooled = true
        shape = try Shape([1, (shape[1] + 1) / 2, (shape[2] + 1) / 2, shape[3]])
      case .plain(.tap(let name)) where !stages.isEmpty:
        found += stages[stages.count - 1].set(name, taps)
      default: throw .internalError("a gradient plan needs a chain of convolutions and poolings")
      }
    }
    for (i, name) in taps.enumerated() where !stages.contains(where: { $0.has(i) }) {
      guard taps.firstIndex(of: name) == i else { throw .invalidArgument("a layer is asked for twice") }
      throw .notFound("the network has no layer \"\(name)\"")
    }
    // A pooling behind the last tap is dropped.
    if let last = stages.last, last.isPooled, last.pooledTap == nil {
      stages[stages.count - 1].isPooled = false
    }
    return stages
  }

  private init(
    _ filter: Filter<Float>, over shape: Shape, _ edges: GradientPlan.Edges
  ) throws(Failure) {
    guard filter.finish.activation == .rectifier, filter.stride == 1, filter.strideX == 1,
      filter.kernel == filter.kernelWidth
    else {
      throw .internalError("a gradient plan needs square convolutions of stride 1 with a rectifier")
    }
    var window = try filter.window(over: shape)
    if edges == .repeated {
      window.height += 2 * window.padTop
      window.width += 2 * window.padLeft
      (window.padTop, window.padLeft) = (0, 0)
    }
    self.filter = filter
    self.window = window
    back = filter.backwardWindow(of: window, height: window.outHeight, width: window.outWidth)
  }

  /// Records the taps that a layer of this name provides.
  /// - Returns: their number.
  private mutating func set(_ name: String, _ taps: [String]) -> Int {
    var found = 0
    if let linear = taps.firstIndex(of: name + linearSuffix) {
      linearTap = linear
      found += 1
    }
    if let behind = taps.firstIndex(of: name) {
      if isPooled { pooledTap = behind } else { tap = behind }
      found += 1
    }
    return found
  }
}
