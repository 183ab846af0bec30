/// A value for each of several tasks, recorded by the pool's threads.
package final class PoolResults<Value>: @unchecked Sendable {
  private let lock = Lock()
  private var values: [Value]

  package init(repeating value: Value, count: Int) { values = Array(repeating: value, count: count) }

  package subscript(task: Int) -> Value {
    get { lock.hold { values[task] } }
    set { lock.hold { values[task] = newValue } }
  }
}
