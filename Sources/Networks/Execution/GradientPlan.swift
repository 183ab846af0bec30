import Tensors

/// Forward and backward passes through a single chain of 3x3-like convolutions, each with a rectifier, and
/// 2x2 poolings, planned for one picture size: VGG and its like. Does what the tape does step by step in one
/// block of memory that is allocated once, and keeps for the backward pass only what that needs:
/// - an activation, if it is requested or is the next convolution's input; its sign gates the rectifier;
/// - four bits per pooled number; for an L2 pooling, its input and output;
/// - a gradient, until the next one is computed from it.
///
/// `PassStage` reads the network, `PassLayout` plans the computation and its memory once,
/// `GradientPlan+Run.swift` executes it.
package final class GradientPlan {
  /// The padding of the first convolution; all others pad with zeros.
  package enum Edges: Int32, CaseIterable, Sendable {
    case zeros = 0
    /// Repeats the edge's pixels, like style-transfer-pytorch.
    case repeated = 1
  }

  let stages: [PassStage]
  let layout: PassLayout
  let memory: Storage<Float>?
  let workspace: Workspace

  /// Sizes of the plan's memory and of its workspace, in numbers.
  package let count, scratchCount: Int
  /// What it will add to the network: weights packed for both directions, and Winograd's transforms.
  package let missingWeights: [MissingWeights]

  /// - Parameters:
  ///   - taps: the layers whose values are requested; the chain ends with the last of them.
  ///   - edges: the padding of the first convolution.
  ///   - isForecast: computes only the counts, without allocating memory.
  ///   - isForwardOnly: omits the backward pass, with much less memory.
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

  // MARK: The path from the picture to its taps

  package enum Passage: Equatable {
    /// A unit sees `reach` units on each side of its own position.
    case convolution(reach: Int)
    /// 2x2; the last window may extend past the edge.
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

  /// The receptive field of a unit of the deepest tap.
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

  /// Pixels per unit of this tap along a side.
  package func step(of tap: Int) -> Int {
    var step = 1
    for passage in path {
      if passage == .tap(tap) { break }
      if passage == .pooling { step *= 2 }
    }
    return step
  }

  /// The extents of a tap's values.
  package func extents(of tap: Int) -> (height: Int, width: Int, channels: Int) {
    for case .tap(tap, let values) in layout.forward { return (values.height, values.width, values.channels) }
    return (0, 0, 0)
  }
}
