import Glibc

/// Set by Ctrl-C; read between two steps.
nonisolated(unsafe) private var interrupted: sig_atomic_t = 0

/// Whether Ctrl-C was pressed since `catchingInterrupts` began.
var isInterrupted: Bool { interrupted != 0 }

/// Runs something long: the first Ctrl-C asks it to finish, a second one ends the program.
func catchingInterrupts<Result>(_ body: () -> Result) -> Result {
  interrupted = 0
  let before = signal(SIGINT) { _ in
    interrupted = 1
    signal(SIGINT, SIG_DFL)
  }
  defer { signal(SIGINT, before) }
  return body()
}
