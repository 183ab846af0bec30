import CSystem
import Tensors

/// The plan of a forward and a backward pass through a chain of stages: the order of the operations and the
/// place of their numbers in one block of memory. Numbers without a reader are not computed.
struct PassLayout {
  /// A picture [height, width, channels] in a buffer.
  struct Place {
    let buffer, height, width, channels: Int

    var count: Int { height * width * channels }
  }

  // Indirect: copying overlapping payloads would inspect uninitialised bytes.
  indirect enum Forward {
    /// A picture with its edges repeated.
    case repeatedEdges(border: Int, from: Place, to: Place)
    case convolution(Filter<Float>, Window, Finish<Float>, from: Place, to: Place)
    /// The same, fused with the pooling. Codes are four bits per pooled number that record where its gradient
    /// flows.
    case pooledConvolution(Filter<Float>, Window, from: Place, to: Place, codes: Int)
    case rectifier(from: Place, to: Place)
    case pool(from: Place, to: Place, codes: Int)
    case euclideanPool(from: Place, to: Place)
    /// The values of a tap are complete.
    case tap(Int, Place)
  }

  indirect enum Backward {
    /// Adds the gradient of a tap's costs; sets it if `isFirst`.
    case tap(Int, Place, gradient: Place, isFirst: Bool)
    /// In place: sets the gradient to 0 where `by` is not more than 0.
    case rectifier(Place, by: Place)
    case pool(from: Place, codes: Int, to: Place)
    /// `x`, `y`: input and output of the pooling. The gradient `from` is scaled in passing.
    case euclideanPool(x: Place, y: Place, from: Place, to: Place)
    case convolution(Filter<Float>, Window, from: Place, Reading, to: Place)
    /// Each pixel receives the sum over its copies.
    case foldedEdges(border: Int, from: Place, to: Place)
  }

  /// How a convolution reads a gradient.
  enum Reading {
    case plain
    /// Behind a rectifier, which passes the gradient where `by` is more than 0.
    case rectified(by: Place)
    /// Through a rectifier and a pooling.
    case pooled(codes: Int)
  }

  /// The values of a stage's forward pass.
  private struct Values {
    var linear: Place?, output: Place?, pooled: Place?
    var codes: Int?
    /// The input of the next stage.
    let result: Place
  }

  private(set) var forward: [Forward] = [], backward: [Backward] = []
  let picture: Place
  /// d cost / d picture; nil without a backward pass.
  private(set) var gradient: Place?
  let pooling: Pooling
  private var memory = Layout()

  init(_ stages: [PassStage], height: Int, width: Int, pooling: Pooling, isForwardOnly: Bool) {
    self.pooling = pooling
    let pictureCount = height * width * 3
    picture = Place(
      buffer: memory.add(count: pictureCount, at: 0), height: height, width: width, channels: 3)
    // Written before and read after the pass.
    memory.use(picture.buffer, at: .max)
    let border = stages.first.map { ($0.window.height - height) / 2 } ?? 0
    var x = picture
    if border > 0 {
      x = new(height + 2 * border, width + 2 * border, 3)
      record(.repeatedEdges(border: border, from: picture, to: x), picture, x)
    }
    gradient = lay(stages[...], x, isForwardOnly)
    if border > 0, let wide = gradient {
      let narrow = new(height, width, 3)
      record(.foldedEdges(border: border, from: wide, to: narrow), wide, narrow)
      gradient = narrow
    }
    if let gradient { memory.use(gradient.buffer, at: .max) }
    memory.place()
  }

  /// Size of the memory in numbers.
  var count: Int { memory.count }

  func offset(_ buffer: Int) -> Int { memory.offset(buffer) }

  // MARK: Laying out

  private var time: Int { forward.count + backward.count }

  private mutating func new(_ height: Int, _ width: Int, _ channels: Int) -> Place {
    Place(
      buffer: memory.add(count: height * width * channels, at: time), height: height, width: width,
      channels: channels)
  }

  private mutating func new(like place: Place) -> Place { new(place.height, place.width, place.channels) }

  private mutating func record(_ operation: Forward, _ places: Place...) {
    for place in places { memory.use(place.buffer, at: time) }
    forward.append(operation)
  }

  private mutating func record(_ operation: Backward, _ places: Place...) {
    for place in places { memory.use(place.buffer, at: time) }
    backward.append(operation)
  }

  /// Plans a stage and those behind it forward, then all of them backward.
  /// - Returns: the gradient of `x`; nil without a backward pass, or with nothing behind.
  private mutating func lay(
    _ stages: ArraySlice<PassStage>, _ x: Place, _ isForwardOnly: Bool
  ) -> Place? {
    guard let stage = stages.first else { return nil }
    let values = lay(forward: stage, x)
    let behind = lay(stages.dropFirst(), values.result, isForwardOnly)
    return isForwardOnly ? nil : lay(backward: stage, x, values, behind)
  }

  // MARK: Forward

  private mutating func lay(forward stage: PassStage, _ x: Place) -> Values {
    let window = stage.window, filter = stage.filter, outputs = filter.outputs
    let fuses = pooling != .euclidean && Float.fuses(window, filter.shape)
    if stage.isPooled, stage.linearTap == nil, stage.tap == nil, fuses {
      let pooled = newPooled(window.outHeight, window.outWidth, outputs), codes = newCodes(of: pooled)
      memory.use(codes, at: time)
      record(.pooledConvolution(filter, window, from: x, to: pooled, codes: codes), x, pooled)
      tap(stage.pooledTap, pooled)
      return Values(pooled: pooled, codes: codes, result: pooled)
    }
    var linear: Place?
    let output: Place
    if stage.linearTap != nil {
      let sums = new(window.outHeight, window.outWidth, outputs)
      record(.convolution(filter, window, filter.finish.activated(.none), from: x, to: sums), x, sums)
      tap(stage.linearTap, sums)
      output = new(like: sums)
      record(.rectifier(from: sums, to: output), sums, output)
      linear = sums
    } else {
      output = new(window.outHeight, window.outWidth, outputs)
      record(.convolution(filter, window, filter.finish, from: x, to: output), x, output)
    }
    tap(stage.tap, output)
    guard stage.isPooled else { return Values(linear: linear, output: output, result: output) }
    let (pooled, codes) = pool(output)
    tap(stage.pooledTap, pooled)
    return Values(linear: linear, output: output, pooled: pooled, codes: codes, result: pooled)
  }

  private mutating func pool(_ x: Place) -> (pooled: Place, codes: Int?) {
    let pooled = newPooled(x.height, x.width, x.channels)
    if pooling == .euclidean {
      record(.euclideanPool(from: x, to: pooled), x, pooled)
      return (pooled, nil)
    }
    let codes = newCodes(of: pooled)
    memory.use(codes, at: time)
    record(.pool(from: x, to: pooled, codes: codes), x, pooled)
    return (pooled, codes)
  }

  private mutating func newPooled(_ height: Int, _ width: Int, _ channels: Int) -> Place {
    new((height + 1) / 2, (width + 1) / 2, channels)
  }

  /// Eight codes take the room of one number.
  private mutating func newCodes(of pooled: Place) -> Int {
    memory.add(count: (pooled.count + 7) / 8, at: time)
  }

  private mutating func tap(_ tap: Int?, _ values: Place) {
    if let tap { record(Forward.tap(tap, values), values) }
  }

  // MARK: Backward

  /// - Parameter behind: the gradient of the stage's result; nil for the last stage.
  /// - Returns: the gradient of `x`.
  private mutating func lay(
    backward stage: PassStage, _ x: Place, _ values: Values, _ behind: Place?
  ) -> Place {
    var slope = behind ?? new(like: values.result), reading = Reading.plain
    var isSet = behind != nil
    if let pooled = values.pooled {
      tap(stage.pooledTap, pooled, slope, &isSet)
      (slope, reading) = unpool(stage, values, pooled, slope)
      isSet = true
    }
    // A pooling's codes include the rectifier, but not for a gradient that a tap adds in front of the
    // pooling.
    if let output = values.output, !stage.isPooled || stage.tap != nil {
      tap(stage.tap, output, slope, &isSet)
      if stage.linearTap == nil, Float.gates(stage.back, stage.filter.backwardShape) {
        reading = .rectified(by: output)
      } else if isSet {
        record(.rectifier(slope, by: output), slope, output)
      }
    }
    if let linear = values.linear { tap(stage.linearTap, linear, slope, &isSet) }
    let target = new(like: x)
    switch reading {
    case .plain: break
    case .rectified(let gate): memory.use(gate.buffer, at: time)
    case .pooled(let codes): memory.use(codes, at: time)
    }
    record(.convolution(stage.filter, stage.back, from: slope, reading, to: target), slope, target)
    return target
  }

  /// - Returns: the gradient in front of the pooling, and how the convolution reads it: unless something is
  ///   added there, it can read the pooled gradient through its codes.
  private mutating func unpool(
    _ stage: PassStage, _ values: Values, _ pooled: Place, _ slope: Place
  ) -> (slope: Place, reading: Reading) {
    let isFused =
      stage.tap == nil && stage.linearTap == nil && Float.fuses(stage.back, stage.filter.backwardShape)
    if let codes = values.codes, isFused { return (slope, .pooled(codes: codes)) }
    let wide = new(stage.window.outHeight, stage.window.outWidth, pooled.channels)
    if let codes = values.codes {
      memory.use(codes, at: time)
      record(.pool(from: slope, codes: codes, to: wide), slope, wide)
    } else if let output = values.output {
      record(.euclideanPool(x: output, y: pooled, from: slope, to: wide), output, pooled, slope, wide)
    }
    return (wide, .plain)
  }

  private mutating func tap(_ tap: Int?, _ values: Place, _ gradient: Place, _ isSet: inout Bool) {
    guard let tap else { return }
    record(Backward.tap(tap, values, gradient: gradient, isFirst: !isSet), values, gradient)
    isSet = true
  }
}
