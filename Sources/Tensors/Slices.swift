/// Runs `body` over slices of `0..<count` on the pool's threads, for loops over large tensors.
package func forEachSlice(of count: Int, _ body: (Range<Int>) -> Void) {
  let slice = 1 << 16
  guard count > slice else { return body(0..<count) }
  ThreadPool.shared.run((count + slice - 1) / slice) { task, _ in
    body((task * slice)..<min((task + 1) * slice, count))
  }
}
