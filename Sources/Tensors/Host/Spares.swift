/// Things that a call leaves for the next one, which would have to allocate them again: workspaces, canvases.
package final class Spares<Kept>: @unchecked Sendable {
  private let list: SpareList<Kept>

  /// - Parameter most: as many are kept, one for each of the calls at a time.
  package init(most: Int) {
    list = SpareList(most)
    list.register()
  }

  deinit { list.unregister() }

  /// The one that was kept last.
  package func take() -> Kept? { list.lock.hold { list.kept.popLast() } }

  package func give(_ spare: Kept) {
    list.lock.hold { if list.kept.count < list.most { list.kept.append(spare) } }
  }

  /// What `body` reads from the one that is taken next.
  package func peek<Result>(_ body: (Kept?) -> Result) -> Result { list.lock.hold { body(list.kept.last) } }
}

private final class SpareList<Kept>: Reclaimable, @unchecked Sendable {
  let most: Int
  let lock = Lock()
  var kept: [Kept] = []

  init(_ most: Int) { self.most = most }

  override func empty() {
    // Freed after the lock.
    let gone: [Kept] = lock.hold {
      let gone = kept
      kept = []
      return gone
    }
    _ = consume gone
  }
}
