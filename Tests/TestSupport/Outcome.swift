import Tensors

/// How `body` failed, as "case: text", and "" if it did not fail.
package func outcome<Result>(_ body: () throws -> Result) -> String {
  do {
    _ = try body()
    return ""
  } catch let failure as Failure {
    switch failure {
    case .invalidArgument(let text): return "invalidArgument: " + text
    case .badData(let text): return "badData: " + text
    case .io(let text): return "io: " + text
    case .noMemory(let text): return "noMemory: " + text
    case .noFace(let text): return "noFace: " + text
    case .cancelled(let text): return "cancelled: " + text
    case .notFound(let text): return "notFound: " + text
    case .wrongModel(let text): return "wrongModel: " + text
    case .internalError(let text): return "internalError: " + text
    }
  } catch { return "untyped: \(error)" }
}
