/// The host's answer to a progress report. The raw values are those of `fs_action`.
package enum Action: Int32, CaseIterable, Sendable {
  case goOn = 0
  /// Ends early; the work so far is the result.
  case finish = 1
  /// The call ends with `.cancelled`.
  case cancel = 2
}
