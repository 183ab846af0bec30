import Tensors

/// Runs a network's forward pass for many callers, keeping the plan, memory and workspace of a run for the
/// next one. Threads may share it; each run has its own context.
package final class Executor: @unchecked Sendable {
  /// The memory of runs. Networks that run one after another may share it; a run must not start inside
  /// another's `body`.
  package final class Memory: @unchecked Sendable {
    fileprivate final class Context {
      var memory: Storage<Float>?
      let workspace = Workspace()
    }

    private let idle = Spares<Context>(most: 8)

    package init() {}

    /// Bytes that a run of this size adds to what is held.
    package func missingBytes(_ memory: Int, _ workspace: Int) -> Int {
      let held = self.held
      return MemoryLayout<Float>.stride * (max(0, memory - held.memory) + max(0, workspace - held.workspace))
    }

    fileprivate func take() -> Context { idle.take() ?? Context() }
    fileprivate func give(_ context: Context) { idle.give(context) }

    /// The counts that the next run finds allocated.
    private var held: (memory: Int, workspace: Int) {
      idle.peek { ($0?.memory?.count ?? 0, $0?.workspace.count ?? 0) }
    }
  }

  private static let maxPlans = 32

  private let network: Network<Float>
  private let request: Network<Float>.Request
  private let memory: Memory
  private let lock = Lock()
  /// By batch, height and width.
  private var plans: [[Int]: Plan] = [:]

  package init(_ network: Network<Float>, _ request: Network<Float>.Request, memory: Memory = Memory()) {
    self.network = network
    self.request = request
    self.memory = memory
  }

  /// The results of a run at each tap, valid inside the call.
  package struct Answers {
    fileprivate let plan: Plan
    fileprivate let memory: UnsafeMutablePointer<Float>

    package subscript(tap: Int) -> UnsafePointer<Float> { plan.answer(tap, in: memory) }
    package func extents(_ tap: Int) -> [Int] { plan.extents(of: tap) }
  }

  /// - Parameters:
  ///   - fill: writes the input, [batch, height, width, channels].
  ///   - body: reads the results.
  package func run<Result>(
    batch: Int, height: Int, width: Int, fill: (UnsafeMutablePointer<Float>) throws(Failure) -> Void,
    _ body: (Answers) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let plan = try plan(batch, height, width), context = memory.take()
    defer { memory.give(context) }
    if (context.memory?.count ?? 0) < plan.count {
      context.memory = nil
      context.memory = try Storage(count: plan.count)
    }
    guard let memory = context.memory else { throw .internalError("a plan without memory") }
    return try memory.withPointer { numbers throws(Failure) in
      try fill(plan.input(in: numbers))
      try plan.run(in: numbers, context.workspace)
      return try body(Answers(plan: plan, memory: numbers))
    }
  }

  private func plan(_ batch: Int, _ height: Int, _ width: Int) throws(Failure) -> Plan {
    if let known = lock.hold({ plans[[batch, height, width]] }) { return known }
    let plan = try Plan(network, batch: batch, height: height, width: width, request)
    lock.hold {
      if plans.count >= Executor.maxPlans { plans.removeAll() }
      plans[[batch, height, width]] = plan
    }
    return plan
  }

  /// Bytes that a run on this shape will allocate, beyond what is kept for the next run.
  package func memoryNeeded(batch: Int, height: Int, width: Int) throws(Failure) -> Int {
    let need = try needed(batch: batch, height: height, width: width)
    return memory.missingBytes(need.memory, need.workspace) + need.weightBytes
  }

  /// The counts of a run on this shape, and the bytes of weights that it adds to the network.
  package func needed(
    batch: Int, height: Int, width: Int
  ) throws(Failure) -> (memory: Int, workspace: Int, weightBytes: Int) {
    let plan = try plan(batch, height, width)
    return (plan.count, plan.scratchCount, try plan.missingWeightBytes())
  }
}
