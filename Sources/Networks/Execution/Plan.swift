import CSystem
import Tensors

/// A network's forward pass planned for one input shape: which operation reads and writes which part of one
/// block of memory. Created once per shape, by a `Planner`; running it allocates nothing.
package struct Plan {
  /// One step of the run.
  struct Operation {
    let run: (PlanMemory) throws(Failure) -> Void
    /// Workspace size in numbers.
    var scratch = 0
    /// The filters of its convolutions.
    var filters: [(filter: Filter<Float>, window: Window)] = []
  }

  private let operations: [Operation]
  private let layout: Layout
  private let input: Place
  /// The place of each requested output.
  private let answers: [Place]

  /// - Throws: `.invalidArgument` if the network does not accept the picture, `.notFound` for an output that
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

  /// Size of the memory that `run` requires, in numbers.
  package var count: Int { layout.count }

  /// Workspace size of `run`, in numbers.
  package var scratchCount: Int { operations.reduce(0) { max($0, $1.scratch) } }

  /// Bytes that `run` will add to the network's filters.
  package func missingWeightBytes() throws(Failure) -> Int {
    var bytes = 0
    for operation in operations {
      for (filter, window) in operation.filters {
        for weights in try filter.missingWeights(over: window) { bytes += weights.bytes }
      }
    }
    return bytes
  }

  /// The shape of a requested output.
  package func extents(of tap: Int) -> [Int] {
    let place = answers[tap]
    return [place.batch, place.height, place.width, place.channels]
  }

  /// Where to write the input [batch, height, width, channels].
  package func input(in memory: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    memory + layout.offset(input.buffer)
  }

  /// The values of the request's tap with this index after `run`.
  package func answer(_ tap: Int, in memory: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    UnsafePointer(memory + layout.offset(answers[tap].buffer) + answers[tap].offset)
  }

  /// - Parameter memory: `count` numbers, including the input.
  package func run(in memory: UnsafeMutablePointer<Float>, _ workspace: Workspace) throws(Failure) {
    let memory = PlanMemory(numbers: memory, layout: layout, workspace: workspace)
    for operation in operations { try operation.run(memory) }
  }
}

/// A picture [batch, height, width, channels] in a buffer, its pixels `stride` numbers apart.
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

/// Where a layer writes its result, and how.
struct Destination {
  let place: Place
  var accumulate = false, rectify = false
}

/// The memory of operations.
struct PlanMemory {
  fileprivate let numbers: UnsafeMutablePointer<Float>
  fileprivate let layout: Layout
  let workspace: Workspace

  func pointer(_ place: Place) -> UnsafeMutablePointer<Float> {
    numbers + layout.offset(place.buffer) + place.offset
  }
}
