import CSystem
import Tensors

/// A network's forward pass laid out for one shape of input: which step reads and writes which numbers of one
/// piece of memory. Made once for a shape; running it takes no memory.
///
/// What the tape computes as separate steps is done on the way where it can be: activations, sums with a
/// short cut, and joining in channels, whose parts are written where they belong.
package struct Plan {
  /// A picture [batch, height, width, channels] in a buffer, `stride` numbers from pixel to pixel.
  struct Place {
    let buffer: Int
    var offset = 0
    let batch, height, width, channels: Int
    let stride: Int

    var pixels: Int { batch * height * width }
    var isWhole: Bool { stride == channels }
  }

  // Indirect: its parts laid over each other would be copied by looking at bytes that nobody has written.
  indirect enum Operation {
    case convolution(Filter<Float>, Window, Finish<Float>, from: Place, to: Place, accumulate: Bool)
    case pool(Window, Pooling, from: Place, to: Place)
    case euclideanPool(Window, from: Place, to: Place)
    case responseNormalisation(ResponseNormalisation, from: Place, to: Place)
    case scaling(Scaling<Float>, from: Place, to: Place)
    case sigmoid(from: Place, to: Place)
    case maxout(pieces: Int, from: Place, to: Place)
    case softmax(from: Place, to: Place)
    case unitLength(from: Place, to: Place)
    case rectifier(from: Place, to: Place)
    case hyperbolicTangent(from: Place, to: Place)
    case linear(Float, Float, from: Place, to: Place)
    /// In its place, or to what is there.
    case instanceNormalisation(InstanceScaling<Float>, from: Place, to: Place, accumulate: Bool)
    case map(PixelMap, from: Place, to: Place)
    case depthToSpace(Int, from: Place, to: Place)
    /// Into the larger picture, its first pixel at (top, left), zeros about it.
    case copy(from: Place, to: Place, top: Int, left: Int)
    /// To the first rows, columns and channels of the larger picture.
    case add(from: Place, to: Place)
  }

  private(set) var operations: [Operation] = []
  private var layout = Layout()
  private var taps: [(name: String, place: Place)] = []
  private let request: Network<Float>.Request
  private let input: Place

  /// - Throws: `.invalidArgument` for a picture that the network cannot take, `.notFound` for a tap that it
  ///   lacks.
  package init(
    _ network: Network<Float>, batch: Int, height: Int, width: Int, _ request: Network<Float>.Request
  ) throws(Failure) {
    let channels = network.channels
    _ = try Shape([batch, height, width, channels])
    self.request = request
    let buffer = layout.add(count: batch * height * width * channels, at: 0)
    input = Place(
      buffer: buffer, batch: batch, height: height, width: width, channels: channels, stride: channels)
    _ = try lay(network.steps[...], input, isOurs: false, to: nil)
    for tap in request.taps where !taps.contains(where: { $0.name == tap }) {
      throw .notFound("the network has no layer \"\(tap)\"")
    }
    for tap in taps { layout.use(tap.place.buffer, at: .max) }
    layout.place()
  }

  /// Numbers of the memory that `run` wants.
  package var count: Int { layout.count }

  /// Numbers of the workspace that `run` takes.
  package var scratchCount: Int {
    var count = 0
    for operation in operations {
      switch operation {
      case .convolution(let filter, let window, _, _, _, _):
        count = max(count, Float.scratchCount(window, filter.shape))
      case .instanceNormalisation(_, let x, _, _):
        count = max(count, instanceRoomCount(rows: x.height * x.width, channels: x.channels))
      default: break
      }
    }
    return count
  }

  /// Bytes that `run` will make the network's filters hold, less those that they hold already.
  package func missingWeightBytes() throws(Failure) -> Int {
    var bytes = 0
    for case .convolution(let filter, let window, _, _, _, _) in operations {
      for weights in try filter.missingWeights(over: window) { bytes += weights.bytes }
    }
    return bytes
  }

  /// The shape of a tap's answer.
  package func extents(of tap: Int) -> [Int] {
    let place = place(of: tap)
    return [place.batch, place.height, place.width, place.channels]
  }

  /// Where the input [batch, height, width, channels] is to be written.
  package func input(in memory: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    pointer(input, memory)
  }

  /// Where the answer of the request's tap of this number lies after `run`.
  package func answer(_ tap: Int, in memory: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    UnsafePointer(pointer(place(of: tap), memory))
  }

  private func place(of tap: Int) -> Place {
    for known in taps where known.name == request.taps[tap] { return known.place }
    return input
  }

  // MARK: Laying out

  private var time: Int { operations.count }

  private mutating func new(_ batch: Int, _ height: Int, _ width: Int, _ channels: Int) -> Place {
    let buffer = layout.add(count: batch * height * width * channels, at: time)
    return Place(
      buffer: buffer, batch: batch, height: height, width: width, channels: channels, stride: channels)
  }

  private mutating func record(_ operation: Operation, _ from: Place, _ to: Place) {
    layout.use(from.buffer, at: time)
    layout.use(to.buffer, at: time)
    operations.append(operation)
  }

  /// What a list of steps is to do with its result.
  private struct Destination {
    let place: Place
    var accumulate = false, rectify = false
  }

  /// - Parameters:
  ///   - isOurs: whether nobody else reads `x` after these steps.
  ///   - destination: where the result shall lie; nil: wherever.
  private mutating func lay(
    _ steps: ArraySlice<Network<Float>.Step>, _ x: Place, isOurs: Bool, to destination: Destination?
  ) throws(Failure) -> Place {
    var x = x, isOurs = isOurs, rest = steps
    while let step = rest.popFirst() {
      if isComplete { return x }
      let target = rest.isEmpty ? destination : nil
      switch step {
      case .plain(.tap(let name)):
        if request.taps.contains(name) {
          if !x.isWhole { throw .internalError("a tap on a part of a picture") }
          taps.append((name, x))
          isOurs = false
        }
        continue
      case .convolution(let filter):
        x = try convolve(filter, x, to: target)
      case .dense(let filter):
        let flat = Place(
          buffer: x.buffer, offset: x.offset, batch: x.batch, height: 1, width: 1,
          channels: x.height * x.width * x.channels, stride: x.height * x.width * x.channels)
        x = try convolve(filter, flat, to: target)
      case .scaling(let scaling):
        x = try scale(scaling, x, to: target)
      case .instanceNormalisation(let scaling):
        x = try normalise(scaling, x, isOurs: isOurs, to: target)
      case .concatenation(let branches):
        x = try join(branches, x)
      case .residual(let body, let shortCut):
        // A rectifier that follows is the sum's activation.
        var rectify = false
        if case .plain(.rectifier)? = rest.first {
          rectify = true
          rest.removeFirst()
        }
        x = try addUp(body, shortCut, x, isOurs: isOurs, rectify: rectify)
      case .head(let head):
        _ = try lay(head[...], x, isOurs: false, to: nil)
        // What a tap in it has named must stay.
        if isTapped(x) { isOurs = false }
        continue
      case .plain(let layer):
        guard var map = layer.pixelMap(height: x.height, width: x.width) else {
          x = try apply(layer, x, to: target)
          break
        }
        // Copies of copies are made in one.
        while case .plain(let next)? = rest.first,
          let more = next.pixelMap(height: map.rows.count, width: map.columns.count)
        {
          map = map.followed(by: more)
          rest.removeFirst()
        }
        let y = new(x.batch, map.rows.count, map.columns.count, x.channels)
        record(.map(map, from: x, to: y), x, y)
        x = y
      }
      isOurs = true
    }
    if let destination, x.buffer != destination.place.buffer || x.offset != destination.place.offset {
      x = move(x, to: destination)
    }
    return x
  }

  private var isComplete: Bool {
    for tap in request.taps where !taps.contains(where: { $0.name == tap }) { return false }
    return true
  }

  private mutating func move(_ x: Place, to destination: Destination) -> Place {
    if destination.accumulate {
      record(.add(from: x, to: destination.place), x, destination.place)
      if destination.rectify {
        record(
          .rectifier(from: destination.place, to: destination.place), destination.place, destination.place)
      }
    } else {
      record(.copy(from: x, to: destination.place, top: 0, left: 0), x, destination.place)
    }
    return destination.place
  }

  private mutating func convolve(
    _ filter: Filter<Float>, _ x: Place, to destination: Destination?
  ) throws(Failure) -> Place {
    let window = try filter.window(over: Shape([x.batch, x.height, x.width, x.channels]))
    var finish = filter.finish
    var target = destination?.place
    // A part of what is wanted, what is still being read, and a sum behind an activation: it is moved there
    // afterwards.
    if let destination,
      destination.place.height != window.outHeight || destination.place.width != window.outWidth
        || destination.place.channels != filter.outputs || destination.place.buffer == x.buffer
        || (destination.accumulate && finish.activation != .none)
    {
      target = nil
    }
    if target != nil, let destination, destination.rectify { finish = finish.activated(.rectifier) }
    let y = target ?? new(window.batch, window.outHeight, window.outWidth, filter.outputs)
    let accumulate = target != nil && destination?.accumulate == true
    record(.convolution(filter, window, finish, from: x, to: y, accumulate: accumulate), x, y)
    return y
  }

  private mutating func scale(
    _ scaling: Scaling<Float>, _ x: Place, to destination: Destination?
  ) throws(Failure) -> Place {
    guard scaling.scales.count == x.channels else {
      throw .invalidArgument("\(scaling.scales.count) factors for a picture of \(x.channels) channels")
    }
    var y: Place?
    if let destination, !destination.accumulate, destination.place.height == x.height,
      destination.place.width == x.width,
      destination.place.channels == x.channels
    {
      y = destination.place
    }
    let target = y ?? new(x.batch, x.height, x.width, x.channels)
    record(.scaling(scaling, from: x, to: target), x, target)
    return target
  }

  private mutating func normalise(
    _ scaling: InstanceScaling<Float>, _ x: Place, isOurs: Bool, to destination: Destination?
  ) throws(Failure) -> Place {
    guard scaling.gamma.count == x.channels, x.isWhole else {
      throw .invalidArgument("\(scaling.gamma.count) factors for a picture of \(x.channels) channels")
    }
    var y = isOurs ? x : nil
    var accumulate = false
    if let destination, destination.place.isWhole, destination.place.buffer != x.buffer,
      (destination.place.height, destination.place.width, destination.place.channels) == (
        x.height, x.width, x.channels
      )
    {
      y = destination.place
      accumulate = destination.accumulate
    }
    let target = y ?? new(x.batch, x.height, x.width, x.channels)
    record(.instanceNormalisation(scaling, from: x, to: target, accumulate: accumulate), x, target)
    if accumulate, destination?.rectify == true {
      record(.rectifier(from: target, to: target), target, target)
    }
    return target
  }

  /// Branches of one input, each written to its channels.
  private mutating func join(_ branches: [[Network<Float>.Step]], _ x: Place) throws(Failure) -> Place {
    var channels = 0
    var parts: [(height: Int, width: Int, channels: Int)] = []
    for branch in branches {
      let part = try result(of: branch, x.height, x.width, x.channels)
      guard parts.isEmpty || (part.height == parts[0].height && part.width == parts[0].width) else {
        throw .invalidArgument(
          "branches of \(parts[0].width)x\(parts[0].height) and \(part.width)x\(part.height) cannot be joined"
        )
      }
      parts.append(part)
      channels += part.channels
    }
    guard let first = parts.first else { throw .internalError("a concatenation of nothing") }
    let y = new(x.batch, first.height, first.width, channels)
    var offset = 0
    for (branch, part) in zip(branches, parts) {
      let slice = Place(
        buffer: y.buffer, offset: offset, batch: x.batch, height: first.height, width: first.width,
        channels: part.channels, stride: channels)
      _ = try lay(branch[...], x, isOurs: false, to: Destination(place: slice))
      offset += part.channels
    }
    return y
  }

  /// `body(x) + shortCut(x)`, the smaller filled with zeros.
  private mutating func addUp(
    _ body: [Network<Float>.Step], _ shortCut: [Network<Float>.Step], _ x: Place, isOurs: Bool, rectify: Bool
  ) throws(Failure) -> Place {
    let one = try result(of: body, x.height, x.width, x.channels)
    let other = try result(of: shortCut, x.height, x.width, x.channels)
    let height = max(one.height, other.height), width = max(one.width, other.width)
    let channels = max(one.channels, other.channels)
    // What a tap has named, or will name in the body, is not ours to change; and a body that does nothing
    // adds the input itself.
    let y: Place
    if shortCut.isEmpty, isOurs, !isTapped(x), !namesInput(body), !doesNothing(body), x.isWhole,
      (x.height, x.width, x.channels) == (height, width, channels)
    {
      y = x  // the sum takes the input's place
    } else {
      y = new(x.batch, height, width, channels)
      _ = try lay(shortCut[...], x, isOurs: false, to: Destination(place: y))
    }
    return try lay(body[...], x, isOurs: false, to: Destination(place: y, accumulate: true, rectify: rectify))
  }

  private func isTapped(_ x: Place) -> Bool { taps.contains { $0.place.buffer == x.buffer } }

  /// Whether a tap names what the steps are given.
  private func namesInput(_ steps: [Network<Float>.Step]) -> Bool {
    for step in steps {
      switch step {
      case .plain(.tap): return true
      case .head(let head): if namesInput(head) { return true }
      case .concatenation(let branches): return branches.contains { namesInput($0) }
      case .residual(let body, let shortCut): return namesInput(body) || namesInput(shortCut)
      default: return false
      }
    }
    return false
  }

  /// Whether the result of steps is what they are given.
  private func doesNothing(_ steps: [Network<Float>.Step]) -> Bool {
    for step in steps {
      switch step {
      case .plain(.tap), .head: continue
      default: return false
      }
    }
    return true
  }

  private mutating func apply(
    _ layer: Layer, _ x: Place, to destination: Destination?
  ) throws(Failure) -> Place {
    func shape() throws(Failure) -> Shape { try Shape([x.batch, x.height, x.width, x.channels]) }
    switch layer {
    case .pool(let kind, let kernel, let stride, let padding, let roundsUp):
      return pool(x, kind, try poolingWindow(shape(), kernel, stride, padding, roundsUp))
    case .chosenPool:
      return pool(x, request.pooling, try poolingWindow(shape(), 2, 2, 0, true))
    case .globalAverage:
      return pool(
        x, .average,
        Window(
          batch: x.batch, height: x.height, width: x.width, channels: x.channels, kernelHeight: x.height,
          kernelWidth: x.width, strideY: 1, strideX: 1, padTop: 0, padLeft: 0, outHeight: 1, outWidth: 1))
    case .euclideanPool(let kernel, let stride, let padding):
      let window = try poolingWindow(shape(), kernel, stride, padding, false)
      let y = new(x.batch, window.outHeight, window.outWidth, x.channels)
      record(.euclideanPool(window, from: x, to: y), x, y)
      return y
    case .border(let top, let left, let bottom, let right):
      let height = top + x.height + bottom, width = left + x.width + right
      var y = new(x.batch, height, width, x.channels)
      if let place = destination?.place, destination?.accumulate == false, place.height == height,
        place.width == width,
        place.channels == x.channels
      {
        y = place
      }
      record(.copy(from: x, to: y, top: top, left: left), x, y)
      return y
    case .maxout(let pieces):
      guard pieces > 0, x.channels % pieces == 0 else {
        throw .invalidArgument(
          "maxout of \(x.channels) channels in pieces of \(pieces), wanted channels that they divide")
      }
      let y = new(x.batch, x.height, x.width, x.channels / pieces)
      record(.maxout(pieces: pieces, from: x, to: y), x, y)
      return y
    case .depthToSpace(let side):
      guard side > 0, x.channels % (side * side) == 0 else {
        throw .invalidArgument("squares of \(side) from \(x.channels) channels, wanted side^2 C channels")
      }
      let y = new(x.batch, x.height * side, x.width * side, x.channels / (side * side))
      record(.depthToSpace(side, from: x, to: y), x, y)
      return y
    case .rectifier, .sigmoid, .softmax, .hyperbolicTangent, .linear, .responseNormalisation, .unitLength:
      let y = new(x.batch, x.height, x.width, x.channels)
      switch layer {
      case .sigmoid: record(.sigmoid(from: x, to: y), x, y)
      case .softmax: record(.softmax(from: x, to: y), x, y)
      case .hyperbolicTangent: record(.hyperbolicTangent(from: x, to: y), x, y)
      case .linear(let scale, let offset): record(.linear(Float(scale), Float(offset), from: x, to: y), x, y)
      case .unitLength: record(.unitLength(from: x, to: y), x, y)
      case .responseNormalisation(let constants):
        record(.responseNormalisation(constants, from: x, to: y), x, y)
      default: record(.rectifier(from: x, to: y), x, y)
      }
      return y
    case .convolution, .transposedConvolution, .dense, .batchNormalisation, .instanceNormalisation, .dropout,
      .reflection,
      .upsampling, .concatenation, .residual, .head, .tap:
      throw .internalError("a layer with parts of its own was not compiled")
    }
  }

  private mutating func pool(_ x: Place, _ kind: Pooling, _ window: Window) -> Place {
    let y = new(x.batch, window.outHeight, window.outWidth, x.channels)
    record(.pool(window, kind, from: x, to: y), x, y)
    return y
  }

  /// The size of what steps make of a picture.
  private func result(
    of steps: [Network<Float>.Step], _ height: Int, _ width: Int, _ channels: Int
  ) throws(Failure) -> (height: Int, width: Int, channels: Int) {
    var (height, width, channels) = (height, width, channels)
    for step in steps {
      switch step {
      case .convolution(let filter):
        let window = try filter.window(over: Shape([1, height, width, channels]))
        (height, width, channels) = (window.outHeight, window.outWidth, filter.outputs)
      case .dense(let filter): (height, width, channels) = (1, 1, filter.outputs)
      case .plain(let layer):
        let extent = layer.output(for: Extent(height: height, width: width, channels: channels))
        (height, width, channels) = (extent.height ?? 0, extent.width ?? 0, extent.channels)
      case .scaling, .instanceNormalisation: break
      case .concatenation(let branches):
        var joined = (height: height, width: width, channels: 0)
        for branch in branches {
          let part = try result(of: branch, height, width, channels)
          joined = (part.height, part.width, joined.channels + part.channels)
        }
        (height, width, channels) = joined
      case .residual(let body, let shortCut):
        let one = try result(of: body, height, width, channels),
          other = try result(of: shortCut, height, width, channels)
        (height, width, channels) = (
          max(one.height, other.height), max(one.width, other.width), max(one.channels, other.channels)
        )
      case .head: break
      }
    }
    return (height, width, channels)
  }

  // MARK: Running

  /// - Parameter memory: `count` numbers, the input among them.
  package func run(in memory: UnsafeMutablePointer<Float>, _ workspace: Workspace) throws(Failure) {
    for operation in operations {
      switch operation {
      case .convolution(let filter, let window, let finish, let x, let y, let accumulate):
        try Float.convolve(
          window, Source(pointer(x, memory)), filter.forward(),
          Target(pointer(y, memory), stride: y.stride, accumulate: accumulate), finish, workspace)
      case .pool(let window, let kind, let x, let y):
        guard kind == .euclidean else {
          Float.pool(window, isMaximum: kind == .maximum, pointer(x, memory), pointer(y, memory))
          break
        }
        let target = pointer(y, memory)
        Float.euclideanPool(window, pointer(x, memory), target)
        Networks.scale(
          target, into: target, window.outputPixels * window.channels, by: Pooling.euclideanScale)
      case .euclideanPool(let window, let x, let y):
        Float.euclideanPool(window, pointer(x, memory), pointer(y, memory))
      case .responseNormalisation(let constants, let x, let y):
        try Float.normaliseResponse(
          pointer(x, memory), pointer(y, memory), rows: x.pixels, channels: x.channels,
          scale: Float(constants.scale),
          half: constants.window / 2)
      case .scaling(let scaling, let x, let y):
        scaleRows(pointer(x, memory), pointer(y, memory), yStride: y.stride, rows: x.pixels, scaling)
      case .sigmoid(let x, let y):
        let source = pointer(x, memory), target = pointer(y, memory)
        for i in 0..<(x.pixels * x.channels) { target[i] = sigmoid(source[i]) }
      case .maxout(let pieces, let x, let y):
        maxoutLoop(pointer(x, memory), pointer(y, memory), y.pixels * y.channels, pieces)
      case .softmax(let x, let y):
        softmaxRows(pointer(x, memory), pointer(y, memory), rows: x.pixels, x.channels)
      case .unitLength(let x, let y):
        unitRows(pointer(x, memory), pointer(y, memory), rows: x.pixels, x.channels)
      case .rectifier(let x, let y):
        rectifyRows(pointer(x, memory), x.stride, pointer(y, memory), y.stride, y.pixels, y.channels)
      case .hyperbolicTangent(let x, let y):
        let source = pointer(x, memory), target = pointer(y, memory)
        forEachSlice(of: x.pixels * x.channels) {
          for i in $0 { target[i] = Float.hyperbolicTangent(source[i]) }
        }
      case .linear(let scale, let offset, let x, let y):
        linearLoop(pointer(x, memory), pointer(y, memory), x.pixels * x.channels, scale, offset)
      case .instanceNormalisation(let scaling, let x, let y, let accumulate):
        let rows = x.height * x.width,
          room = try workspace.take(instanceRoomCount(rows: rows, channels: x.channels))
        for n in 0..<x.batch {
          let first = n * rows * x.channels
          normaliseInstance(
            pointer(x, memory) + first, pointer(y, memory) + first, rows: rows, scaling,
            accumulate: accumulate, room)
        }
      case .map(let map, let x, let y):
        mapPixels(
          pointer(x, memory), pointer(y, memory), map, batch: x.batch, height: x.height, width: x.width,
          channels: x.channels)
      case .depthToSpace(let side, let x, let y):
        depthToSpaceRows(
          pointer(x, memory), pointer(y, memory), rows: x.batch * x.height, width: x.width, side: side,
          channels: y.channels)
      case .copy(let x, let y, let top, let left): copy(x, y, top, left, memory)
      case .add(let x, let y): add(x, y, memory)
      }
    }
  }

  private func pointer(_ place: Place, _ memory: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    memory + layout.offset(place.buffer) + place.offset
  }

  private func copy(_ x: Place, _ y: Place, _ top: Int, _ left: Int, _ memory: UnsafeMutablePointer<Float>) {
    let source = pointer(x, memory), target = pointer(y, memory)
    for row in 0..<(y.batch * y.height) {
      let i = row % y.height - top
      for j in 0..<y.width {
        let pixel = target + (row * y.width + j) * y.stride
        guard i >= 0, i < x.height, j >= left, j - left < x.width else {
          pixel.update(repeating: 0, count: y.channels)
          continue
        }
        pixel.update(
          from: source + ((row / y.height * x.height + i) * x.width + j - left) * x.stride, count: x.channels)
        (pixel + x.channels).update(repeating: 0, count: y.channels - x.channels)
      }
    }
  }

  private func add(_ x: Place, _ y: Place, _ memory: UnsafeMutablePointer<Float>) {
    let source = pointer(x, memory), target = pointer(y, memory)
    for pixel in 0..<x.pixels {
      let (row, j) = (pixel / x.width, pixel % x.width)
      let from = source + pixel * x.stride
      let to = target + ((row / x.height * y.height + row % x.height) * y.width + j) * y.stride
      for c in 0..<x.channels { to[c] += from[c] }
    }
  }
}

private func rectifyRows(
  _ x: UnsafePointer<Float>, _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int, _ rows: Int,
  _ channels: Int
) {
  for row in 0..<rows {
    let x = x + row * xStride, y = y + row * yStride
    for c in 0..<channels { y[c] = x[c] < 0 ? 0 : x[c] }
  }
}
