import TestSupport
import Tensors
import Testing

/// The host's function is one for the process, so these tests take turns.
@Suite(.serialized) struct LogTests {
  /// Messages that begin with "test:"; other tests of the process may speak meanwhile.
  private func heard(level: Int32, _ body: () -> Void) -> [String] {
    let lock = Lock()
    var messages: [String] = []
    setLog(level: level) { level, text in
      let message = String(cString: text)
      if message.hasPrefix("test:") { lock.hold { messages.append("\(level.rawValue) \(message)") } }
    }
    body()
    setLog(level: 0, nil)
    return lock.hold { messages }
  }

  @Test func `is silent by default and does not even build the message`() {
    setLog(level: 0, nil)
    var isBuilt = false
    func message() -> String {
      isBuilt = true
      return "test: nobody listens"
    }
    log(.error, message())
    #expect(!isBuilt)
  }

  @Test func `gives the host its messages with their levels`() {
    let messages = heard(level: 0) {
      log(.debug, "test: a")
      log(.error, "test: \u{e9}")
    }
    #expect(messages == ["0 test: a", "3 test: \u{e9}"])
  }

  @Test(arguments: 0...4)
  func `keeps back what lies below the level`(level: Int) {
    let messages = heard(level: Int32(level)) {
      log(.debug, "test: 0")
      log(.info, "test: 1")
      log(.warning, "test: 2")
      log(.error, "test: 3")
    }
    #expect(messages == (level..<max(level, 4)).map { "\($0) test: \($0)" })
  }

  @Test func `may be changed from inside the host's function`() {
    var count = 0
    setLog(level: 0) { _, text in
      guard String(cString: text).hasPrefix("test:") else { return }
      count += 1
      setLog(level: 0, nil)
    }
    log(.info, "test: once")
    log(.info, "test: never")
    #expect(count == 1)
    setLog(level: 0, nil)
  }
}
