/// Memory that saves work and can go: what is kept for the next call, what can be computed again.
package class Reclaimable: @unchecked Sendable {
  private static let lock: Lock = {
    let lock = Lock()
    lock.surviveFork()
    return lock
  }()
  nonisolated(unsafe) private static var all: [ObjectIdentifier: Reclaimable] = [:]

  package init() {}

  /// Called on any thread, with no locks of the memory held; anything may be in use.
  package func empty() {}

  package final func register() { Reclaimable.lock.hold { Reclaimable.all[ObjectIdentifier(self)] = self } }

  package final func unregister() {
    // Freed after the lock.
    let gone = Reclaimable.lock.hold { Reclaimable.all.removeValue(forKey: ObjectIdentifier(self)) }
    _ = consume gone
  }

  static func emptyAll() {
    let now = lock.hold { Array(all.values) }
    for one in now { one.empty() }
  }
}
