/// Why a call failed. At the C interface its kind becomes the `fs_status` of the same number, its reason
/// `fs_last_error()`.
package struct Failure: Error {
  package let kind: Kind
  /// One line, no full stop: the value seen; the value expected.
  package let reason: String

  package init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// The raw values are those of `fs_status`.
  package enum Kind: Int32, CaseIterable {
    /// A NULL, a size or a number outside its documented range.
    case invalidArgument = 1
    /// Bytes that this version cannot read.
    case badData = 2
    /// The operating system refused.
    case io = 3
    case noMemory = 4
    /// No face was found in the photo.
    case noFace = 5
    /// The host asked to stop.
    case cancelled = 6
    /// Nothing has that name.
    case notFound = 7
    /// A model of another architecture, or an embedding of another model.
    case wrongModel = 8
    /// A bug in this library.
    case internalError = 9

    /// The name of the constant in C.
    package var name: StaticString {
      switch self {
      case .invalidArgument: "FS_INVALID_ARGUMENT"
      case .badData: "FS_BAD_DATA"
      case .io: "FS_IO"
      case .noMemory: "FS_NO_MEMORY"
      case .noFace: "FS_NO_FACE"
      case .cancelled: "FS_CANCELLED"
      case .notFound: "FS_NOT_FOUND"
      case .wrongModel: "FS_WRONG_MODEL"
      case .internalError: "FS_INTERNAL"
      }
    }
  }

  package static func invalidArgument(_ reason: String) -> Failure { Failure(.invalidArgument, reason) }
  package static func badData(_ reason: String) -> Failure { Failure(.badData, reason) }
  package static func io(_ reason: String) -> Failure { Failure(.io, reason) }
  package static func noMemory(_ reason: String) -> Failure { Failure(.noMemory, reason) }
  package static func noFace(_ reason: String) -> Failure { Failure(.noFace, reason) }
  package static func cancelled(_ reason: String) -> Failure { Failure(.cancelled, reason) }
  package static func notFound(_ reason: String) -> Failure { Failure(.notFound, reason) }
  package static func wrongModel(_ reason: String) -> Failure { Failure(.wrongModel, reason) }
  package static func internalError(_ reason: String) -> Failure { Failure(.internalError, reason) }
}
