import Tensors

/// Forward and backward through a network that is one chain of 3x3-like convolutions, each with a rectifier,
/// and 2x2 poolings, laid out for one size of picture: VGG and its like. What the tape does step by step is
/// done here in one piece of memory that is taken once, and keeps for the way back only what that needs:
/// - an activation where it is asked for or is the next convolution's input; its sign opens and shuts the
///   rectifier;
/// - of a pooling four bits a pooled number; of an L2 pooling both sides;
/// - a gradient until the next one is made from it.
///
/// `PassStage` reads the network, `PassLayout` decides once what is computed and where it lies,
/// `GradientPlan+Run.swift` does it.
package final class GradientPlan {
  /// How the first convolution sees beyond the picture's edges; all others see zeros.
  package enum Edges: Int32, CaseIterable, Sendable {
    case zeros = 0
    /// The edge's pixels again, as style-transfer-pytorch has it.
    case repeated = 1
  }

  let stages: [PassStage]
  let layout: PassLayout
  let memory: Storage<Float>?
  let workspace: Workspace

  /// Numbers of the plan's memory, and of the workspace that it comes to hold.
  package let count, scratchCount: Int
  /// What it will make the network hold, less what is there already: weights packed for both directions, and
  /// Winograd's transforms.
  package let missingWeights: [MissingWeights]

  /// - Parameters:
  ///   - taps: the layers whose values are asked for; the chain ends with the last of them.
  ///   - edges: of the picture, for the first convolution.
  ///   - isForecast: only the counts are wanted: no memory is taken.
  ///   - isForwardOnly: there is no way back, and much less memory.
  /// - Throws: `.notFound` for a tap that the network lacks, `.invalidArgument` for a picture too small.
  package init(
    _ network: Network<Float>, height: Int, width: Int, taps: [String], pooling: Pooling,
    edges: Edges = .zeros,
    isForecast: Bool = false, isForwardOnly: Bool = false, _ workspace: Workspace = Workspace()
  ) throws(Failure) {
    stages = try PassStage.chain(network, height: height, width: width, taps: taps, edges: edges)
    layout = PassLayout(
      stages, height: height, width: width, pooling: pooling, isForwardOnly: isForwardOnly)
    var scratch = 0, weights: [MissingWeights] = []
    for stage in stages {
      let filter = stage.filter
      scratch = max(scratch, Float.scratchCount(stage.window, filter.shape))
      weights += try filter.missingWeights(over: stage.window)
      guard !isForwardOnly else { continue }
      scratch = max(scratch, Float.scratchCount(stage.back, filter.backwardShape))
      weights += try filter.missingWeights(over: stage.back, isTurned: true)
    }
    self.workspace = workspace
    count = layout.count
    scratchCount = scratch
    missingWeights = weights
    memory = isForecast ? nil : try Storage(count: layout.count)
  }

  // MARK: What lies between the picture and its taps

  package enum Passage: Equatable {
    /// A unit sees so many units to each side of its own place.
    case convolution(reach: Int)
    /// 2x2, of which the last may reach over the edge.
    case pooling
    case tap(Int)
  }

  package var path: [Passage] {
    var path: [Passage] = []
    for stage in stages {
      path.append(.convolution(reach: stage.filter.kernel / 2))
      for tap in [stage.linearTap, stage.tap] { if let tap { path.append(.tap(tap)) } }
      guard stage.isPooled else { continue }
      path.append(.pooling)
      if let tap = stage.pooledTap { path.append(.tap(tap)) }
    }
    return path
  }

  /// What a unit of the deepest tap sees of the picture.
  package var field: ReceptiveField.Window {
    var field = ReceptiveField.Window.pixel
    for passage in path {
      switch passage {
      case .convolution(let reach):
        field = .init(size: 2 * reach + 1, stride: 1, start: -reach).through(field)
      case .pooling: field = .init(size: 2, stride: 2, start: 0).through(field)
      case .tap: break
      }
    }
    return field
  }

  /// How many pixels a unit of this tap stands for along a side.
  package func step(of tap: Int) -> Int {
    var step = 1
    for passage in path {
      if passage == .tap(tap) { break }
      if passage == .pooling { step *= 2 }
    }
    return step
  }

  /// The size of a tap's values.
  package func extents(of tap: Int) -> (height: Int, width: Int, channels: Int) {
    for case .tap(tap, let values) in layout.forward { return (values.height, values.width, values.channels) }
    return (0, 0, 0)
  }
}
