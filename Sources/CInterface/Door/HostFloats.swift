import CSystem

// The processor's floating-point state belongs to the host: some hosts flush subnormal numbers to zero,
// change the rounding mode, or trap exceptions. The library computes in the standard state, on every thread,
// so that its results have the same bits in every host, and restores what it found. The host's functions run
// in the host's state.

/// The state of the host that waits for this thread's innermost call, with `isInside`; nil outside of calls.
private let hostFloatsKey: pthread_key_t = {
  var key = pthread_key_t()
  pthread_key_create(&key, nil)
  return key
}()
/// Distinguishes a state of zeros from none. No processor's state uses this bit.
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

/// Runs a host's function in the state in which the host called. On the library's own threads there is none.
func withHostFloats<Result>(_ body: () -> Result) -> Result {
  guard let host = pthread_getspecific(hostFloatsKey) else { return body() }
  systemSetFloatState(UInt64(UInt(bitPattern: host)) & ~isInside)
  defer { systemUseStandardFloats() }
  return body()
}
