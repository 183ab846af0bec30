/// What a host answers that hears how far long work is. The numbers are those of `fs_action`.
package enum Action: Int32, CaseIterable, Sendable {
  case goOn = 0
  /// The work so far is the result.
  case finish = 1
  /// The call ends with `.cancelled`.
  case cancel = 2
}
