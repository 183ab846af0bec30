import CSystem

package enum LogLevel: Int32 { case debug = 0, info = 1, warning = 2, error = 3 }

/// Where messages go: nowhere, until the host gives a function. Guarded by a lock, called with none held.
private struct LogSink {
  var level: Int32 = 0
  var function: ((Int32, UnsafePointer<CChar>) -> Void)?
}

nonisolated(unsafe) private var sink = LogSink()
nonisolated(unsafe) private let sinkLock: UnsafeMutablePointer<pthread_mutex_t> = {
  let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  pthread_mutex_init(lock, nil)
  return lock
}()

package func setLog(level: Int32, _ function: ((Int32, UnsafePointer<CChar>) -> Void)?) {
  pthread_mutex_lock(sinkLock)
  sink = LogSink(level: level, function: function)
  pthread_mutex_unlock(sinkLock)
}

/// The message is built only if somebody listens.
package func log(_ level: LogLevel, _ message: @autoclosure () -> String) {
  pthread_mutex_lock(sinkLock)
  let current = sink
  pthread_mutex_unlock(sinkLock)
  guard let function = current.function, level.rawValue >= current.level else { return }
  message().withCString { function(level.rawValue, $0) }
}
