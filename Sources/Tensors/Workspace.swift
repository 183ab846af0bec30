/// Memory that the calls of one thread borrow in turn. It grows to the largest request.
package final class Workspace {
  private var storage: Storage<Float>?

  package init() {}

  /// How many numbers it holds.
  package var count: Int { storage?.count ?? 0 }

  /// Uninitialised room for `count` numbers, valid until the next call.
  package func take(_ count: Int) throws(Failure) -> UnsafeMutablePointer<Float> {
    if let storage, storage.count >= count { return storage.pointer }
    storage = nil  // freed before more is allocated
    let larger = try Storage<Float>(count: count)
    storage = larger
    return larger.pointer
  }
}

/// The memory of a call: per worker, pointers to rows, a tile for the edges, and extra numbers; and an area
/// that all workers share.
struct Scratch {
  /// Sizes that separate the parts by whole cache lines.
  private let tableEach, edgeEach, extraEach, sharedCount: Int
  let workers: Int
  private var base: UnsafeMutablePointer<Float>?

  /// - Parameter workers: how many there is room for; the pool may gain threads while the work runs.
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

/// Rounds up to whole cache lines.
func lines(_ count: Int) -> Int { (count + 15) / 16 * 16 }
