import Glibc

/// The signal that requested the end; read between two steps.
nonisolated(unsafe) private var signalled: sig_atomic_t = 0

/// Whether Ctrl-C was pressed, or the system requested the end, since `catchInterrupts`.
var isInterrupted: Bool { signalled != 0 }

/// For long work, and for writing its result: from here on Ctrl-C (SIGINT), SIGTERM and SIGHUP request the
/// end, and a second one ends the program at once. Signals that the program was started to ignore (nohup)
/// stay ignored.
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
  // Swift cannot compare functions: compares their addresses.
  unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}
