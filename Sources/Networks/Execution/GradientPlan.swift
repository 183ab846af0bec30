import CSystem
import Tensors

/// Forward and backward through a network that is one chain of 3x3-like convolutions, each with a rectifier,
/// and 2x2 poolings, laid out for one size of picture: VGG and its like. What the tape does step by step is
/// done here in one piece of memory that is taken once, and keeps for the way back only what that needs:
/// - an activation where it is asked for or is the next convolution's input; its sign opens and shuts the
///   rectifier;
/// - of a pooling four bits a pooled number; of an L2 pooling both sides;
/// - a gradient until the next one is made from it.
package final class GradientPlan {
  /// A convolution with its rectifier, and the pooling that may follow.
  private struct Stage {
    let filter: Filter<Float>
    let window, back: Window
    var isPooled = false
    /// Of the convolution's result before and behind its rectifier, and of the pooled one.
    var linearTap: Int?, tap: Int?, pooledTap: Int?
    /// Buffers: nil where the number never exists.
    var linear: Int?, output: Int?, pooled: Int?, codes: Int?
    var outputGradient: Int?, pooledGradient: Int?
    /// Whether the convolution pools on its way, and whether its gradient is read through rectifier and
    /// pooling.
    var fusesForward = false, fusesBackward = false
  }

  /// How the first convolution sees beyond the picture's edges; all others see zeros.
  package enum Edges: Int32, CaseIterable, Sendable {
    case zeros = 0
    /// The edge's pixels again, as style-transfer-pytorch has it.
    case repeated = 1
  }

  private let height, width: Int
  private var stages: [Stage] = []
  private var layout = Layout()
  private let pictureBuffer, gradientBuffer: Int
  /// The picture with its edges repeated, and its gradient.
  private let wideBuffer, wideGradientBuffer: Int?
  private let pooling: Pooling
  private let tapCount: Int
  private let memory: Storage<Float>?
  private let workspace: Workspace

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
    self.workspace = workspace
    self.pooling = pooling
    (self.height, self.width) = (height, width)
    tapCount = taps.count
    var shape = try Shape([1, height, width, 3])
    var border = 0
    var found = 0
    for step in network.steps where found < taps.count {
      switch step {
      case .convolution(let filter):
        guard filter.finish.activation == .rectifier, filter.stride == 1 else {
          throw .internalError("a gradient plan wants convolutions of stride 1 with a rectifier")
        }
        var window = try filter.window(over: shape)
        if stages.isEmpty, edges == .repeated {
          border = window.padTop
          window.height += 2 * border
          window.width += 2 * border
          (window.padTop, window.padLeft) = (0, 0)
        }
        let back = filter.backwardWindow(of: window, height: window.outHeight, width: window.outWidth)
        stages.append(Stage(filter: filter, window: window, back: back))
        shape = try Shape([1, window.outHeight, window.outWidth, filter.outputs])
      case .plain(.chosenPool) where !stages.isEmpty && !stages[stages.count - 1].isPooled:
        guard shape[3] % 16 == 0 else {
          throw .internalError("a gradient plan pools channels by sixteen, not \(shape[3])")
        }
        stages[stages.count - 1].isPooled = true
        shape = try Shape([1, (shape[1] + 1) / 2, (shape[2] + 1) / 2, shape[3]])
      case .plain(.tap(let name)) where !stages.isEmpty:
        let last = stages.count - 1
        if let linear = taps.firstIndex(of: name + linearSuffix) {
          stages[last].linearTap = linear
          found += 1
        }
        guard let tap = taps.firstIndex(of: name) else { continue }
        found += 1
        if stages[last].isPooled { stages[last].pooledTap = tap } else { stages[last].tap = tap }
      default: throw .internalError("a gradient plan wants a chain of convolutions and poolings")
      }
    }
    guard found == taps.count else {
      for (i, name) in taps.enumerated()
      where !stages.contains(where: { $0.linearTap == i || $0.tap == i || $0.pooledTap == i }) {
        throw .notFound("the network has no layer \"\(name)\"")
      }
      throw .invalidArgument("a layer is asked for twice")
    }
    // A pooling behind the last tap is not made.
    if let last = stages.last, last.isPooled, last.pooledTap == nil {
      stages[stages.count - 1].isPooled = false
    }

    let pictureCount = height * width * 3, wideCount = (height + 2 * border) * (width + 2 * border) * 3
    let end = 2 * stages.count
    pictureBuffer = layout.add(count: pictureCount, at: 0)
    layout.use(pictureBuffer, at: end)
    wideBuffer = border > 0 ? layout.add(count: wideCount, at: 0) : nil
    for i in stages.indices {
      GradientPlan.place(&stages[i], i, &layout, of: stages.count, pooling, isForwardOnly)
    }
    for i in stages.indices.dropFirst() {
      // A pooled picture is read once more, by the next convolution; an output by that and by its own way
      // back.
      if let pooled = stages[i - 1].pooled { layout.use(pooled, at: i) }
    }
    gradientBuffer = layout.add(count: isForwardOnly ? 0 : pictureCount, at: end - 1)
    layout.use(gradientBuffer, at: end)
    wideGradientBuffer = border > 0 && !isForwardOnly ? layout.add(count: wideCount, at: end - 1) : nil
    if let wideGradientBuffer { layout.use(wideGradientBuffer, at: end) }
    layout.place()

    var scratch = 0, weights: [MissingWeights] = []
    for stage in stages {
      let filter = stage.filter
      scratch = max(scratch, Float.scratchCount(stage.window, filter.shape))
      weights += try filter.missingWeights(over: stage.window)
      guard !isForwardOnly else { continue }
      scratch = max(scratch, Float.scratchCount(stage.back, filter.backwardShape))
      weights += try filter.missingWeights(over: stage.back, isTurned: true)
    }
    count = layout.count
    scratchCount = scratch
    missingWeights = weights
    memory = isForecast ? nil : try Storage(count: layout.count)
  }

  /// Decides which numbers of a stage exist, and when. Time runs forwards through the stages, then backwards.
  private static func place(
    _ stage: inout Stage, _ i: Int, _ layout: inout Layout, of stageCount: Int, _ pooling: Pooling,
    _ isForwardOnly: Bool
  ) {
    let window = stage.window, outputs = stage.filter.outputs
    let outputCount = window.outHeight * window.outWidth * outputs
    let pooledCount = ((window.outHeight + 1) / 2) * ((window.outWidth + 1) / 2) * outputs
    // Where nothing goes back, the next convolution is the last to read.
    let backward = isForwardOnly ? i + 1 : 2 * stageCount - 1 - i
    let isRoot = stage.isPooled && pooling == .euclidean
    stage.fusesForward = !isRoot && Float.fuses(window, stage.filter.shape)
    stage.fusesBackward = !isRoot && Float.fuses(stage.back, stage.filter.backwardShape)
    if stage.linearTap != nil {
      stage.fusesForward = false
      let linear = layout.add(count: outputCount, at: i)
      layout.use(linear, at: backward)
      stage.linear = linear
    }
    if !(stage.isPooled && stage.tap == nil && stage.fusesForward) {
      let output = layout.add(count: outputCount, at: i)
      // A pooling's codes tell the signs; only who taps it or has no pooling reads it again.
      if !stage.isPooled || isRoot || stage.tap != nil { layout.use(output, at: backward) }
      stage.output = output
    }
    if stage.isPooled {
      let pooled = layout.add(count: pooledCount, at: i)
      if isRoot || stage.pooledTap != nil { layout.use(pooled, at: backward) }
      stage.pooled = pooled
      if !isRoot {
        let codes = layout.add(count: (pooledCount + 7) / 8, at: i)
        layout.use(codes, at: backward)
        stage.codes = codes
      }
      if !isForwardOnly {
        let gradient = layout.add(count: pooledCount, at: backward - 1)
        layout.use(gradient, at: backward)
        stage.pooledGradient = gradient
      }
    }
    guard !isForwardOnly else { return }
    if !stage.isPooled || stage.tap != nil || stage.linearTap != nil || !stage.fusesBackward {
      let gradient = layout.add(count: outputCount, at: stage.isPooled ? backward : backward - 1)
      layout.use(gradient, at: backward)
      stage.outputGradient = gradient
    }
  }

  // MARK: Running

  /// The picture [height, width, 3], to be written before `forward`; it stays.
  package var picture: UnsafeMutablePointer<Float> { pointer(pictureBuffer) }
  /// d cost / d picture after `backward`.
  package var gradient: UnsafeMutablePointer<Float> { pointer(gradientBuffer) }

  private func pointer(_ buffer: Int) -> UnsafeMutablePointer<Float> {
    guard let memory else { preconditionFailure("a forecast has no numbers") }
    return memory.pointer + layout.offset(buffer)
  }

  private func codes(_ stage: Stage) -> UnsafeMutablePointer<UInt8>? {
    stage.codes.map { UnsafeMutableRawPointer(pointer($0)).assumingMemoryBound(to: UInt8.self) }
  }

  private func input(_ i: Int) -> UnsafePointer<Float> {
    guard i > 0 else { return UnsafePointer(wideBuffer.map { pointer($0) } ?? picture) }
    let before = stages[i - 1]
    return UnsafePointer((before.pooled ?? before.output).map { pointer($0) } ?? picture)
  }

  private var isMaximum: Bool { pooling == .maximum }
  private var poolingKind: Int { Int(isMaximum ? poolingMaximum : poolingAverage) }

  /// The values of one tap.
  package struct Features {
    package let values: UnsafePointer<Float>
    package let height, width, channels: Int
    package var count: Int { height * width * channels }
  }

  /// Through the network.
  /// - Parameter body: called with each tap's number and values as they are known.
  package func forward(_ body: (Int, Features) throws(Failure) -> Void = { _, _ in }) throws(Failure) {
    if let wideBuffer { repeatEdges(picture, height, width, border: wideBorder, into: pointer(wideBuffer)) }
    for (i, stage) in stages.enumerated() {
      let packed = try stage.filter.forward(), source = Source(input(i)), outputs = stage.filter.outputs
      let pooled = Window(pooling: stage.window, channels: outputs)
      if let output = stage.output {
        let y = pointer(output)
        if let linear = stage.linear {
          let z = pointer(linear)
          try Float.convolve(
            stage.window, source, packed, Target(z, stride: outputs), stage.filter.finish.activated(.none),
            workspace)
          rectify(z, y, stage.window.outHeight * stage.window.outWidth * outputs)
        } else {
          try Float.convolve(
            stage.window, source, packed, Target(y, stride: outputs), stage.filter.finish, workspace)
        }
        if let target = stage.pooled {
          if pooling == .euclidean {
            Float.euclideanPool(pooled, y, pointer(target))
            scale(
              pointer(target), into: pointer(target), pooled.outputPixels * outputs,
              by: Pooling.euclideanScale)
          } else {
            Float.poolRectified(pooled, isMaximum: isMaximum, y, pointer(target), codes(stage))
          }
        }
      } else if let target = stage.pooled {
        try Float.convolve(
          stage.window, source, packed,
          Target(
            values: pointer(target), stride: outputs, accumulate: 0, pooling: poolingKind, codes: codes(stage)
          ),
          stage.filter.finish, workspace)
      }
      if let tap = stage.linearTap { try body(tap, linearFeatures(stage)) }
      if let tap = stage.tap { try body(tap, features(stage)) }
      if let tap = stage.pooledTap { try body(tap, pooledFeatures(stage)) }
    }
  }

  /// `y = max(x, 0)`
  private func rectify(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
    forEachSlice(of: count) { for i in $0 { y[i] = x[i] > 0 ? x[i] : 0 } }
  }

  /// Of the picture whose edges are repeated.
  private var wideBorder: Int { (stages[0].window.height - height) / 2 }

  /// The size of a tap's values.
  package func extents(of tap: Int) -> (height: Int, width: Int, channels: Int) {
    for stage in stages {
      let height = stage.window.outHeight, width = stage.window.outWidth
      if stage.tap == tap || stage.linearTap == tap { return (height, width, stage.filter.outputs) }
      if stage.pooledTap == tap { return ((height + 1) / 2, (width + 1) / 2, stage.filter.outputs) }
    }
    return (0, 0, 0)
  }

  private func features(_ stage: Stage) -> Features { features(stage, in: stage.output) }
  private func linearFeatures(_ stage: Stage) -> Features { features(stage, in: stage.linear) }

  private func features(_ stage: Stage, in buffer: Int?) -> Features {
    Features(
      values: UnsafePointer(pointer(buffer ?? pictureBuffer)), height: stage.window.outHeight,
      width: stage.window.outWidth, channels: stage.filter.outputs)
  }

  private func pooledFeatures(_ stage: Stage) -> Features {
    Features(
      values: UnsafePointer(pointer(stage.pooled ?? pictureBuffer)), height: (stage.window.outHeight + 1) / 2,
      width: (stage.window.outWidth + 1) / 2, channels: stage.filter.outputs)
  }

  /// Back through the network, after `forward`.
  /// - Parameter body: called with each tap's number, its values and the gradient so far, to which it adds
  ///   what the tap's costs give; `isFirst` tells that there is none so far: then it sets it.
  package func backward(
    _ body: (_ tap: Int, Features, _ gradient: UnsafeMutablePointer<Float>, _ isFirst: Bool) throws(Failure)
      -> Void
  ) throws(Failure) {
    for i in stages.indices.reversed() {
      let stage = stages[i], isLast = i == stages.count - 1
      let outputs = stage.filter.outputs
      let unpooled = Window(pooling: stage.window, channels: outputs)
      var source: Source
      if let pooledGradient = stage.pooledGradient, pooling == .euclidean, let output = stage.output,
        let pooled = stage.pooled, let outputGradient = stage.outputGradient
      {
        let dy = pointer(pooledGradient), dx = pointer(outputGradient)
        if let tap = stage.pooledTap { try body(tap, pooledFeatures(stage), dy, isLast) }
        // y = s sqrt(sum of x^2): dx = dy s^2 x / y, which is 0 where the rectifier is shut.
        scale(
          dy, into: dy, unpooled.outputPixels * outputs, by: Pooling.euclideanScale * Pooling.euclideanScale)
        Float.poolGradient(unpooled, .euclidean, pointer(output), pointer(pooled), dy, dx)
        source = Source(dx)
      } else if let pooledGradient = stage.pooledGradient, let codes = codes(stage) {
        let dy = pointer(pooledGradient)
        if let tap = stage.pooledTap { try body(tap, pooledFeatures(stage), dy, isLast) }
        source = Source(values: dy, gate: nil, codes: codes, pooling: poolingKind)
        if let outputGradient = stage.outputGradient {
          let dx = pointer(outputGradient)
          Float.unpool(unpooled, isMaximum: isMaximum, dy, codes, dx)
          source = Source(dx)
        }
      } else {
        source = Source(pointer(stage.outputGradient ?? gradientBuffer))
      }
      if let output = stage.output, let outputGradient = stage.outputGradient,
        !stage.isPooled || stage.tap != nil
      {
        let dy = pointer(outputGradient)
        if let tap = stage.tap { try body(tap, features(stage), dy, isLast && !stage.isPooled) }
        if stage.linearTap != nil {
          // The last layer may be asked for before its rectifier alone: there is nothing behind it then.
          if !isLast || stage.isPooled || stage.tap != nil {
            Float.gate(dy, by: pointer(output), dy, unpooled.height * unpooled.width * outputs)
          }
          source = Source(dy)
        } else if Float.gates(stage.back, stage.filter.backwardShape) {
          source = Source(values: dy, gate: pointer(output), codes: nil, pooling: Int(poolingNone))
        } else {
          Float.gate(dy, by: pointer(output), dy, unpooled.height * unpooled.width * outputs)
          source = Source(dy)
        }
      }
      if let tap = stage.linearTap, let outputGradient = stage.outputGradient {
        try body(
          tap, linearFeatures(stage), pointer(outputGradient), isLast && !stage.isPooled && stage.tap == nil)
      }
      let target =
        i == 0
        ? wideGradientBuffer ?? gradientBuffer
        : stages[i - 1].pooledGradient ?? stages[i - 1].outputGradient ?? gradientBuffer
      try Float.convolve(
        stage.back, source, stage.filter.backward(), Target(pointer(target), stride: stage.filter.inputs),
        .nothing, workspace)
    }
    if let wideGradientBuffer {
      foldEdges(pointer(wideGradientBuffer), height, width, border: wideBorder, into: gradient)
    }
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
}

/// `wide` gets the picture [height, width, 3] with its edges repeated `border` times.
private func repeatEdges(
  _ picture: UnsafePointer<Float>, _ height: Int, _ width: Int, border: Int,
  into wide: UnsafeMutablePointer<Float>
) {
  let stride = 3 * (width + 2 * border)
  for y in 0..<(height + 2 * border) {
    let row = picture + min(max(y - border, 0), height - 1) * 3 * width, target = wide + y * stride
    target.advanced(by: 3 * border).update(from: row, count: 3 * width)
    for i in 0..<(3 * border) {
      target[i] = row[i % 3]
      target[3 * (border + width) + i] = row[3 * (width - 1) + i % 3]
    }
  }
}

/// The gradient of the picture from that of `repeatEdges`: a pixel gets what all its copies have.
private func foldEdges(
  _ wide: UnsafePointer<Float>, _ height: Int, _ width: Int, border: Int,
  into gradient: UnsafeMutablePointer<Float>
) {
  gradient.update(repeating: 0, count: 3 * height * width)
  let stride = 3 * (width + 2 * border)
  for y in 0..<(height + 2 * border) {
    let row = wide + y * stride, target = gradient + min(max(y - border, 0), height - 1) * 3 * width
    for i in 0..<(3 * width) { target[i] += row[3 * border + i] }
    for i in 0..<(3 * border) {
      target[i % 3] += row[i]
      target[3 * (width - 1) + i % 3] += row[3 * (border + width) + i]
    }
  }
}

extension Window {
  /// The picture that a convolution's window gives, as one to pool.
  fileprivate init(pooling window: Window, channels: Int) {
    self.init(
      batch: window.batch, height: window.outHeight, width: window.outWidth, channels: channels,
      kernelHeight: 2,
      kernelWidth: 2, strideY: 2, strideX: 2, padTop: 0, padLeft: 0, outHeight: (window.outHeight + 1) / 2,
      outWidth: (window.outWidth + 1) / 2)
  }
}
