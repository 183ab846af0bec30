import CSystem

// The processor's floating-point state is the host's: some flush subnormal numbers to zero, round otherwise,
// or have exceptions trap. The library computes in the standard one, on every thread, so that its results are
// the same bits in every host; and gives back what it found. The host's functions run in the host's.

/// Of the host that waits for this thread's innermost call, with `isInside`; nil where none waits.
private let hostFloatsKey: pthread_key_t = {
  var key = pthread_key_t()
  pthread_key_create(&key, nil)
  return key
}()
/// Tells a state of zeros from none. No processor's state reaches so far.
private let isInside = UInt64(1) << 62

/// Runs `body` in the standard state.
func withStandardFloats<Result>(_ body: () -> Result) -> Result {
  let host = systemFloatState(), outer = pthread_getspecific(hostFloatsKey)
  pthread_setspecific(hostFloatsKey, UnsafeRawPointer(bitPattern: UInt(host | isInside)))
  systemUseStandardFloats()
  defer {
    systemSetFloatState(host)
    pthread_setspecific(hostFloatsKey, outer)
  }
  return body()
}

/// Runs a function of the host's in the state in which the host called. On a thread of the library's own
/// there is none.
func withHostFloats<Result>(_ body: () -> Result) -> Result {
  guard let host = pthread_getspecific(hostFloatsKey) else { return body() }
  systemSetFloatState(UInt64(UInt(bitPattern: host)) & ~isInside)
  defer { systemUseStandardFloats() }
  return body()
}
