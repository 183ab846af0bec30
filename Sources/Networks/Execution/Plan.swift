import CSystem
import Tensors

/// A network's forward pass laid out for one shape of input: which operation reads and writes which numbers
/// of one piece of memory. Made once for a shape, by a `Planner`; running it takes no memory.
package struct Plan {
  /// One step of the run.
  struct Operation {
    let run: (PlanMemory) throws(Failure) -> Void
    /// Numbers of the workspace that it takes.
    var scratch = 0
    /// What a convolution multiplies by.
    var filter: (filter: Filter<Float>, window: Window)?
  }

  private let operations: [Operation]
  private let layout: Layout
  private let input: Place
  /// Of each output asked for.
  private let answers: [Place]

  /// - Throws: `.invalidArgument` for a picture that the network cannot take, `.notFound` for an output that
  ///   it lacks.
  package init(
    _ network: Network<Float>, batch: Int, height: Int, width: Int, _ request: Network<Float>.Request
  ) throws(Failure) {
    _ = try Shape([batch, height, width, network.channels])
    let planner = try Planner(network, batch: batch, height: height, width: width, request)
    answers = try planner.plan()
    input = planner.input
    operations = planner.operations
    layout = planner.layout
  }

  /// Numbers of the memory that `run` wants.
  package var count: Int { layout.count }

  /// Numbers of the workspace that `run` takes.
  package var scratchCount: Int { operations.reduce(0) { max($0, $1.scratch) } }

  /// Bytes that `run` will make the network's filters hold, less those that they hold already.
  package func missingWeightBytes() throws(Failure) -> Int {
    var bytes = 0
    for operation in operations {
      guard let (filter, window) = operation.filter else { continue }
      for weights in try filter.missingWeights(over: window) { bytes += weights.bytes }
    }
    return bytes
  }

  /// The shape of an answer.
  package func extents(of tap: Int) -> [Int] {
    let place = answers[tap]
    return [place.batch, place.height, place.width, place.channels]
  }

  /// Where the input [batch, height, width, channels] is to be written.
  package func input(in memory: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    memory + layout.offset(input.buffer)
  }

  /// Where the answer of the request's tap of this number lies after `run`.
  package func answer(_ tap: Int, in memory: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    UnsafePointer(memory + layout.offset(answers[tap].buffer) + answers[tap].offset)
  }

  /// - Parameter memory: `count` numbers, the input among them.
  package func run(in memory: UnsafeMutablePointer<Float>, _ workspace: Workspace) throws(Failure) {
    let memory = PlanMemory(numbers: memory, layout: layout, workspace: workspace)
    for operation in operations { try operation.run(memory) }
  }
}

/// A picture [batch, height, width, channels] in a buffer, `stride` numbers from pixel to pixel.
struct Place {
  let buffer: Int
  var offset = 0
  let batch, height, width, channels: Int
  let stride: Int

  var pixels: Int { batch * height * width }
  var count: Int { pixels * channels }
  var isWhole: Bool { stride == channels }
  var extent: Extent { Extent(height: height, width: width, channels: channels) }
  func shape() throws(Failure) -> Shape { try Shape([batch, height, width, channels]) }
}

/// What a layer is to do with its result.
struct Destination {
  let place: Place
  var accumulate = false, rectify = false
}

/// What operations work in.
struct PlanMemory {
  fileprivate let numbers: UnsafeMutablePointer<Float>
  fileprivate let layout: Layout
  let workspace: Workspace

  func pointer(_ place: Place) -> UnsafeMutablePointer<Float> {
    numbers + layout.offset(place.buffer) + place.offset
  }
}
