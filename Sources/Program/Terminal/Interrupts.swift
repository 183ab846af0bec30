import Glibc

/// The signal that asked for an end; read between two steps.
nonisolated(unsafe) private var signalled: sig_atomic_t = 0

/// Whether Ctrl-C was pressed, or the system asked for an end, since `catchInterrupts`.
var isInterrupted: Bool { signalled != 0 }

/// For something long, and for the writing of what came of it: Ctrl-C (SIGINT), SIGTERM and SIGHUP ask for an
/// end from here on, a second one of them ends the program at once. What the program was started to ignore
/// (nohup) stays ignored.
func catchInterrupts() {
  var action = sigaction()
  action.__sigaction_handler.sa_handler = { number in
    guard signalled == 0 else {
      signal(number, SIG_DFL)
      raise(number)
      return
    }
    signalled = 1
    let reason = errno, words: StaticString = "\nfacestyle: finishing; a second time ends it at once\n"
    _ = write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
    errno = reason
  }
  action.sa_flags = SA_RESTART
  for number in [SIGINT, SIGTERM, SIGHUP] {
    var before = sigaction()
    guard sigaction(number, nil, &before) == 0, !isIgnored(before) else { continue }
    sigaction(number, &action, nil)
  }
}

private func isIgnored(_ action: sigaction) -> Bool {
  // Swift compares no functions: their addresses.
  unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}
