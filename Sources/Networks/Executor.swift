import Tensors

/// Runs a network's forward pass for many callers: what a run needs - plan, memory, workspace - is kept for the next one.
/// Threads may share it; each run has a context of its own.
package final class Executor: @unchecked Sendable {
  /// What one run works in.
  private final class Context {
    /// By batch, height and width.
    var plans: [[Int]: Plan] = [:]
    var memory: Storage<Float>?
    let workspace = Workspace()
  }

  private static let mostPlans = 32, mostContexts = 8

  private let network: Network<Float>
  private let request: Network<Float>.Request
  private let lock = Lock()
  private var idle: [Context] = []

  package init(_ network: Network<Float>, _ request: Network<Float>.Request) {
    self.network = network
    self.request = request
  }

  /// What a run leaves: the answer of each tap, valid inside the call.
  package struct Answers {
    fileprivate let plan: Plan
    fileprivate let memory: UnsafeMutablePointer<Float>

    package subscript(tap: Int) -> UnsafePointer<Float> { plan.answer(tap, in: memory) }
    package func extents(_ tap: Int) -> [Int] { plan.extents(of: tap) }
  }

  /// - Parameters:
  ///   - fill: writes the input, [batch, height, width, channels].
  ///   - body: reads the answers.
  package func run<Result>(
    batch: Int, height: Int, width: Int, fill: (UnsafeMutablePointer<Float>) throws(Failure) -> Void,
    _ body: (Answers) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let context = lock.hold { idle.popLast() } ?? Context()
    defer { lock.hold { if idle.count < Executor.mostContexts { idle.append(context) } } }
    let plan: Plan
    if let known = context.plans[[batch, height, width]] {
      plan = known
    } else {
      plan = try Plan(network, batch: batch, height: height, width: width, request)
      if context.plans.count >= Executor.mostPlans { context.plans.removeAll() }
      context.plans[[batch, height, width]] = plan
    }
    if (context.memory?.count ?? 0) < plan.count {
      context.memory = nil
      context.memory = try Storage(count: plan.count)
    }
    guard let memory = context.memory else { throw .internalError("a plan without memory") }
    return try withExtendedLifetime(memory) { () throws(Failure) in
      try fill(plan.input(in: memory.pointer))
      try plan.run(in: memory.pointer, context.workspace)
      return try body(Answers(plan: plan, memory: memory.pointer))
    }
  }

  /// Bytes that a run on this shape will make the process hold, less those that it holds already for the next run.
  package func memoryNeeded(batch: Int, height: Int, width: Int) throws(Failure) -> Int {
    let plan = try Plan(network, batch: batch, height: height, width: width, request)
    let (held, borrowed) = lock.hold { (idle.last?.memory?.count ?? 0, idle.last?.workspace.count ?? 0) }
    let run = max(0, plan.count - held) + max(0, plan.scratchCount - borrowed)
    return try MemoryLayout<Float>.stride * run + plan.missingWeightBytes()
  }
}
