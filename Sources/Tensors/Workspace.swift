/// Memory that the calls of one thread borrow one after another. It grows to the most that one of them needs.
package final class Workspace {
  private var storage: Storage<Float>?

  package init() {}

  /// How many numbers it holds.
  package var count: Int { storage?.count ?? 0 }

  /// Room for `count` numbers of unspecified content, until the next call.
  package func take(_ count: Int) throws(Failure) -> UnsafeMutablePointer<Float> {
    if let storage, storage.count >= count { return storage.pointer }
    storage = nil  // freed before more is allocated
    let larger = try Storage<Float>(count: count)
    storage = larger
    return larger.pointer
  }
}

/// The memory of a call: for each worker pointers to rows, a tile for the edges, and numbers as the call
/// needs them; and what all workers share.
struct Scratch {
  /// Numbers, in a size that keeps the parts apart by whole cache lines.
  private let tableEach, edgeEach, extraEach, sharedCount: Int
  let workers: Int
  private var base: UnsafeMutablePointer<Float>?

  /// - Parameter workers: how many there is room for: the pool's threads may become more while the work goes
  ///   on.
  init(
    pointers: Int = 0, extra: Int = 0, shared: Int = 0, workers: Int = ThreadPool.shared.threads,
    _ kernels: KernelSet
  ) {
    tableEach = lines(2 * pointers)
    edgeEach = lines(kernels.tileRows * kernels.tileColumns)
    extraEach = lines(extra)
    sharedCount = lines(shared)
    self.workers = workers
  }

  var count: Int { sharedCount + workers * (tableEach + edgeEach + extraEach) }

  mutating func take(from workspace: Workspace) throws(Failure) { base = try workspace.take(count) }

  var shared: UnsafeMutablePointer<Float> { part(0) }
  func edge(_ worker: Int) -> UnsafeMutablePointer<Float> { part(start(worker)) }
  func extra(_ worker: Int) -> UnsafeMutablePointer<Float> { part(start(worker) + edgeEach) }
  func table(_ worker: Int) -> UnsafeMutablePointer<UnsafePointer<Float>> {
    UnsafeMutableRawPointer(part(start(worker) + edgeEach + extraEach)).assumingMemoryBound(
      to: UnsafePointer<Float>.self)
  }

  private func start(_ worker: Int) -> Int { sharedCount + worker * (tableEach + edgeEach + extraEach) }
  private func part(_ offset: Int) -> UnsafeMutablePointer<Float> {
    guard let base else { preconditionFailure("scratch was not taken") }
    return base + offset
  }
}

/// Whole cache lines.
func lines(_ count: Int) -> Int { (count + 15) / 16 * 16 }
