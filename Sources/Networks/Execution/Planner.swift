import CSystem
import Tensors

/// A node whose operations are being planned.
struct PlannedNode {
  /// Its index, and that of its value.
  let step: Int
  var result: Int { step + 1 }
  /// Its inputs and their places.
  let values: [Int]
  let inputs: [Place]
  /// Size of the first input.
  let height, width: Int
  let loaded: LoadedTensors<Float>
  let destination: Destination?
  /// Whether the first input has no further readers, so that it may be modified in place.
  let isOurs: Bool
}

/// Plans the operations of a network, node by node; each layer does so with the functions here.
///
/// Fuses what the tape computes in separate steps where possible: activations; sums, whose terms are
/// accumulated in place; concatenations, whose parts are written in place; and copies of copies. The readers
/// of a value decide.
final class Planner {
  /// A result that is assembled from its inputs as they are computed.
  struct Assembly {
    let place: Place
    /// Which of the inputs it includes.
    var has: [Bool]
  }

  let pooling: Pooling
  let input: Place
  private(set) var operations: [Plan.Operation] = []
  private(set) var layout = Layout()
  /// The node that is being planned.
  private(set) var step = 0

  private let nodes: [Network<Float>.Node]
  private let isNeeded: [Bool]
  private let batch: Int
  private let requested: [Int]
  /// For each value: its size, the needed nodes that read it, one entry per input, and its place.
  private let extents: [Extent]
  private let readers: [[Int]]
  private var places: [Place?]
  private var isTapped: [Bool]
  private var isRectified: [Bool]
  /// Maps deferred to be merged with the next one.
  private var maps: [Int: PixelMap] = [:]
  /// Convolutions deferred to be computed with the one that reads them, in order, by the result of the last.
  private var convolutions: [Int: [Filter<Float>]] = [:]
  private var assemblies: [Int: Assembly] = [:]
  /// Results that are parts of joint ones, by their values.
  private var parts: [Int: Place] = [:]
  let jointFilters: JointFilters<Float>

  init(
    _ network: Network<Float>, batch: Int, height: Int, width: Int, _ request: Network<Float>.Request
  ) throws(Failure) {
    var requested: [Int] = []
    for tap in request.taps { requested.append(try network.value(of: tap)) }
    self.requested = requested
    self.batch = batch
    nodes = network.nodes
    jointFilters = network.jointFilters
    pooling = request.pooling
    isNeeded = neededSteps(nodes.map { $0.inputs }, for: requested)
    let count = nodes.count + 1
    var extents = [Extent(height: height, width: width, channels: network.channels)]
    var readers = [[Int]](repeating: [], count: count)
    places = [Place?](repeating: nil, count: count)
    isTapped = [Bool](repeating: false, count: count)
    isRectified = [Bool](repeating: false, count: count)
    for (i, node) in nodes.enumerated() {
      let extent = node.layer.output(for: node.inputs.map { extents[$0] })
      if isNeeded[i] {
        guard max(extent.height ?? 0, extent.width ?? 0) <= Planner.maxSide,
          extent.channels <= Planner.maxSide
        else {
          throw .invalidArgument(
            "a layer's result of \(extent.description); expected sides up to \(Planner.maxSide)"
          )
        }
        for input in node.inputs { readers[input].append(i) }
      }
      extents.append(extent)
    }
    (self.extents, self.readers) = (extents, readers)
    for value in requested { isTapped[value] = true }
    let channels = network.channels
    let buffer = layout.add(count: batch * height * width * channels, at: 0)
    input = Place(
      buffer: buffer, batch: batch, height: height, width: width, channels: channels, stride: channels)
    places[0] = input
  }

  private static let maxSide = 1 << 24

  /// - Returns: the places of the requested outputs.
  func plan() throws(Failure) -> [Place] {
    for i in nodes.indices where isNeeded[i] {
      step = i
      try lay(nodes[i])
    }
    var answers: [Place] = []
    for value in requested {
      let place = try place(value)
      layout.use(place.buffer, at: .max)
      answers.append(place)
    }
    layout.place()
    return answers
  }

  private func lay(_ node: Network<Float>.Node) throws(Failure) {
    let reader = onlyReader(of: step + 1)
    let position = reader.flatMap { nodes[$0].inputs.firstIndex(of: step + 1) }
    var destination: Destination?
    if let reader, let position {
      destination = try nodes[reader].layer.destination(ofInput: position, in: reader, self)
    }
    var inputs: [Place] = []
    for value in node.inputs { inputs.append(try place(value)) }
    let first = node.inputs[0], size = extents[first]
    let planned = PlannedNode(
      step: step, values: node.inputs, inputs: inputs, height: size.height ?? 0, width: size.width ?? 0,
      loaded: node.loaded, destination: destination,
      isOurs: isFree(first, inputs[0]) && readers[first].allSatisfy { $0 <= step })
    var place = try node.layer.plan(planned, in: self)
    if let reader, let position, let destination {
      if place.buffer != destination.place.buffer || place.offset != destination.place.offset {
        move(place, to: destination)
        place = destination.place
      }
      assemblies[reader]?.has[position] = true
      if destination.rectify { setRectified(reader) }
    }
    places[step + 1] = place
  }

  private func place(_ value: Int) throws(Failure) -> Place {
    guard let place = places[value] else { throw .internalError("a value is read before it is made") }
    return place
  }

  private func move(_ x: Place, to destination: Destination) {
    if destination.accumulate {
      add(x, to: destination.place)
    } else {
      copy(x, to: destination.place)
    }
    if destination.rectify { rectify(destination.place) }
  }

  // MARK: Who reads what

  /// The only node that reads a value, unless the value is requested.
  func onlyReader(of value: Int) -> Int? {
    readers[value].count == 1 && !isTapped[value] ? readers[value][0] : nil
  }

  /// The needed nodes that read what a node reads first.
  func readers(of step: Int) -> [Int] { readers[nodes[step].inputs[0]] }

  /// Whether a place may be overwritten once its readers have run.
  private func isFree(_ value: Int, _ place: Place) -> Bool {
    value != 0 && !isTapped[value] && place.isWhole && maps[value] == nil
      && convolutions[value] == nil
  }

  /// Whether a layer of this kind is the only reader of a node's value.
  func isRead(_ step: Int, byA layer: AnyLayer) -> Bool {
    onlyReader(of: step + 1).map { nodes[$0].layer == layer } ?? false
  }

  func isRectified(_ value: Int) -> Bool { isRectified[value] }
  /// Records that the activation behind a node is fused into it.
  func setRectified(_ step: Int) { isRectified[step + 1] = true }

  // MARK: Assembled values

  func assembly(_ step: Int) -> Assembly? { assemblies[step] }

  func begin(_ step: Int, at place: Place, with position: Int? = nil) {
    var has = [Bool](repeating: false, count: nodes[step].inputs.count)
    if let position { has[position] = true }
    assemblies[step] = Assembly(place: place, has: has)
  }

  func inputExtents(_ step: Int) -> [Extent] { nodes[step].inputs.map { extents[$0] } }

  /// The inputs of a node that are already computed.
  func knownInputs(_ step: Int) -> [(position: Int, place: Place)] {
    var known: [(position: Int, place: Place)] = []
    for (position, value) in nodes[step].inputs.enumerated() {
      if let place = places[value] { known.append((position, place)) }
    }
    return known
  }

  /// Whether a node may overwrite one of its inputs: nothing else reads it after the node that is being
  /// planned.
  func isLastReader(_ node: Int, ofInput position: Int) -> Bool {
    let value = nodes[node].inputs[position]
    guard let place = places[value], isFree(value, place) else { return false }
    return readers[value].count { $0 == node } == 1
      && readers[value].allSatisfy { $0 == node || $0 <= step }
  }

  // MARK: Maps of pixels

  func waitingMap(_ value: Int) -> PixelMap? { maps[value] }

  /// Whether a map is deferred to be merged with the next one.
  func waits(_ node: PlannedNode, for map: PixelMap) -> Bool {
    guard let reader = onlyReader(of: node.result), nodes[reader].layer.pixelMap(height: 1, width: 1) != nil,
      !isNeeded[(node.step + 1)..<reader].contains(true)
    else { return false }
    maps[node.result] = map
    return true
  }

  // MARK: Convolutions in a row

  func waitingConvolutions(_ value: Int) -> [Filter<Float>] { convolutions[value] ?? [] }

  /// The filter of a convolution.
  func filter(_ step: Int) -> Filter<Float>? {
    guard case .convolution = nodes[step].layer else { return nil }
    return nodes[step].loaded.filter
  }

  /// The filter of a node's only reader, if that is a convolution and the next node to be planned; siblings
  /// are one reader.
  func nextFilter(_ step: Int) throws(Failure) -> (step: Int, filter: Filter<Float>)? {
    guard !isTapped[step + 1], let reader = readers[step + 1].first,
      !isNeeded[(step + 1)..<reader].contains(true)
    else { return nil }
    if let siblings = try siblings(of: reader) {
      return siblings.steps == readers[step + 1] ? (reader, siblings.filter) : nil
    }
    return readers[step + 1].count == 1 ? filter(reader).map { (reader, $0) } : nil
  }

  /// Defers a node's convolution, behind those that it reads.
  func wait(_ node: PlannedNode, _ filter: Filter<Float>) {
    convolutions[node.result] = waitingConvolutions(node.values[0]) + [filter]
  }

  // MARK: Joint results

  func part(of value: Int) -> Place? { parts[value] }
  func setPart(_ value: Int, _ place: Place) { parts[value] = place }

  // MARK: Operations

  private var time: Int { operations.count }

  /// The known place, or a new picture.
  func place(_ known: Place?, or extent: Extent) throws(Failure) -> Place {
    if let known { return known }
    return try new(extent)
  }

  /// Where a node may write numbers without accumulating them: its destination, if that has the same size.
  func plainPlace(_ node: PlannedNode, _ extent: Extent) throws(Failure) -> Place {
    guard let destination = node.destination, !destination.accumulate, !destination.rectify,
      destination.place.extent == extent
    else { return try new(extent) }
    return destination.place
  }

  /// A new picture, of the planned batch.
  func new(_ extent: Extent) throws(Failure) -> Place { try new(batch, extent) }

  func new(_ batch: Int, _ extent: Extent) throws(Failure) -> Place {
    guard let height = extent.height, let width = extent.width, height > 0, width > 0, extent.channels > 0
    else {
      throw .invalidArgument("a picture \(try input.shape().description) is too small for the network")
    }
    let shape = try Shape([batch, height, width, extent.channels])
    guard shape.count <= Planner.maxCount else {
      throw .invalidArgument(
        "a layer's result \(shape.description); expected at most \(Planner.maxCount) numbers")
    }
    let buffer = layout.add(count: shape.count, at: time)
    return Place(
      buffer: buffer, batch: batch, height: height, width: width, channels: extent.channels,
      stride: extent.channels)
  }

  /// Keeps the sum over all nodes representable.
  private static let maxCount = 1 << 46

  func record(
    from x: Place, _ other: Place? = nil, to y: Place, scratch: Int = 0,
    filters: [(filter: Filter<Float>, window: Window)] = [],
    _ run: @escaping (PlanMemory) throws(Failure) -> Void
  ) {
    layout.use(x.buffer, at: time)
    if let other { layout.use(other.buffer, at: time) }
    layout.use(y.buffer, at: time)
    operations.append(Plan.Operation(run: run, scratch: scratch, filters: filters))
  }

  /// Where a sum of some size is written, directly to its destination if possible, and its ending there.
  func result(
    _ extent: Extent, of x: Place, _ finish: Finish<Float>, to destination: Destination?
  ) throws(Failure) -> (place: Place, accumulate: Bool, finish: Finish<Float>) {
    // Not if the sizes differ, the destination is still being read, or the activation would apply to an
    // accumulated sum: then the result is copied there afterwards.
    if let destination, destination.place.extent == extent, destination.place.buffer != x.buffer,
      finish.activation == .none || !(destination.accumulate || destination.rectify)
    {
      return (
        destination.place, destination.accumulate, destination.rectify ? finish.activated(.rectifier) : finish
      )
    }
    return (try new(extent), false, finish)
  }

  /// A node's convolution, with the layers that waited for it.
  func convolve(
    _ filter: Filter<Float>, _ node: PlannedNode, to destination: Destination?
  ) throws(Failure) -> Place {
    let waiting = waitingConvolutions(node.values[0]), x = node.inputs[0]
    return waiting.isEmpty
      ? try convolve(filter, x, to: destination)
      : try convolve(waiting, filter, x, to: destination)
  }

  /// A sum with its activation.
  func convolve(_ filter: Filter<Float>, _ x: Place, to destination: Destination?) throws(Failure) -> Place {
    let window = try filter.window(over: x.shape())
    let extent = Extent(height: window.outHeight, width: window.outWidth, channels: filter.outputs)
    let (y, accumulate, finish) = try result(extent, of: x, filter.finish, to: destination)
    record(
      from: x, to: y, scratch: Float.scratchCount(window, filter.shape), filters: [(filter, window)]
    ) { memory throws(Failure) in
      try Float.convolve(
        window, Source(memory.pointer(x)), filter.forward(),
        Target(memory.pointer(y), stride: y.stride, accumulate: accumulate), finish, memory.workspace)
    }
    return y
  }
}
