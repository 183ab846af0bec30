import Tensors

/// How `body` failed, as "kind: reason", and "" if it did not fail.
package func outcome<Result>(_ body: () throws -> Result) -> String {
  do {
    _ = try body()
    return ""
  } catch let failure as Failure {
    return "\(failure.kind): \(failure.reason)"
  } catch { return "untyped: \(error)" }
}
