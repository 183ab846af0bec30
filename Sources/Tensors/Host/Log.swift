package enum LogLevel: Int32, CaseIterable { case debug = 0, info = 1, warning = 2, error = 3 }

/// Where messages go: nowhere, until the host sets a function. A lock guards it; it is called without holding
/// locks.
private struct LogSink {
  var level: Int32 = 0
  var function: ((LogLevel, UnsafePointer<CChar>) -> Void)?
}

nonisolated(unsafe) private var sink = LogSink()
private let sinkLock: Lock = {
  let lock = Lock()
  lock.surviveFork()
  return lock
}()

package func setLog(level: Int32, _ function: ((LogLevel, UnsafePointer<CChar>) -> Void)?) {
  sinkLock.hold { sink = LogSink(level: level, function: function) }
}

/// Whether the host listens to messages of this level.
package func isLogged(_ level: LogLevel) -> Bool {
  let current = sinkLock.hold { sink }
  return current.function != nil && level.rawValue >= current.level
}

/// Builds the message only if the host listens.
package func log(_ level: LogLevel, _ message: @autoclosure () -> String) {
  let current = sinkLock.hold { sink }
  guard let function = current.function, level.rawValue >= current.level else { return }
  shown(message()).withCString { function(level, $0) }
}
