import CSystem
import Tensors

/// The functions of libpq, PostgreSQL's client library, that are used, and the constants of their results.
final class LibPQ {
  typealias Text = UnsafePointer<CChar>
  typealias Texts = UnsafePointer<Text?>
  typealias Number = @convention(c) (OpaquePointer?) -> Int32
  typealias Words = @convention(c) (OpaquePointer?) -> Text?
  typealias End = @convention(c) (OpaquePointer?) -> Void
  typealias Listener = @convention(c) (UnsafeMutableRawPointer?, Text?) -> Void

  enum Status { static let connected: Int32 = 0 }
  enum Result {
    static let done: Int32 = 1, rows: Int32 = 2, failed: Int32 = 7, row: Int32 = 9, synchronised: Int32 = 10
    static let skipped: Int32 = 11
  }
  enum Transaction { static let none: Int32 = 0, open: Int32 = 2 }
  enum Field { static let code = Int32(UInt8(ascii: "C")), message = Int32(UInt8(ascii: "M")) }
  /// The type of a column or parameter.
  enum Kind { static let bytes: UInt32 = 17, integer: UInt32 = 20, text: UInt32 = 25, real: UInt32 = 701 }

  let connect: @convention(c) (Texts?, Texts?, Int32) -> OpaquePointer?
  let finish: End
  let status, socket, transaction: Number
  let databaseName, options, reason: Words
  let listen: @convention(c) (OpaquePointer?, Listener?, UnsafeMutableRawPointer?) -> Listener?

  let doNotBlock: @convention(c) (OpaquePointer?, Int32) -> Int32
  let enterPipeline, synchronise, takeRowByRow, flush, isBusy, consume: Number
  let send:
    @convention(c) (
      OpaquePointer?, Text?, Int32, UnsafePointer<UInt32>?, Texts?, UnsafePointer<Int32>?,
      UnsafePointer<Int32>?, Int32
    ) -> Int32
  let result: @convention(c) (OpaquePointer?) -> OpaquePointer?

  let kind: Number
  let field: @convention(c) (OpaquePointer?, Int32) -> Text?
  let columnKind: @convention(c) (OpaquePointer?, Int32) -> UInt32
  let isNull, length: @convention(c) (OpaquePointer?, Int32, Int32) -> Int32
  let value: @convention(c) (OpaquePointer?, Int32, Int32) -> Text?
  let clear: End

  private init(_ library: LoadedLibrary) throws(Failure) {
    connect = try library.function("PQconnectdbParams")
    finish = try library.function("PQfinish")
    status = try library.function("PQstatus")
    socket = try library.function("PQsocket")
    transaction = try library.function("PQtransactionStatus")
    databaseName = try library.function("PQdb")
    options = try library.function("PQoptions")
    reason = try library.function("PQerrorMessage")
    listen = try library.function("PQsetNoticeProcessor")
    doNotBlock = try library.function("PQsetnonblocking")
    enterPipeline = try library.function("PQenterPipelineMode")  // since 14
    synchronise = try library.function("PQpipelineSync")
    takeRowByRow = try library.function("PQsetSingleRowMode")
    flush = try library.function("PQflush")
    isBusy = try library.function("PQisBusy")
    consume = try library.function("PQconsumeInput")
    send = try library.function("PQsendQueryParams")
    result = try library.function("PQgetResult")
    kind = try library.function("PQresultStatus")
    field = try library.function("PQresultErrorField")
    columnKind = try library.function("PQftype")
    isNull = try library.function("PQgetisnull")
    length = try library.function("PQgetlength")
    value = try library.function("PQgetvalue")
    clear = try library.function("PQclear")
  }

  static var optional: OptionalLibrary {
    OptionalLibrary(
      "libpq", neededBy: "a gallery on a PostgreSQL server", files: ["libpq.so.5", "libpq.so"],
      debianPackage: "libpq5"
    ) { () throws(Failure) in
      _ = try loaded()
      let version: @convention(c) () -> Int32 = try LibPQ.optional.load().function("PQlibVersion")
      return "\(version() / 10000).\(version() % 10000)"  // since PostgreSQL 10
    }
  }

  static func loaded() throws(Failure) -> LibPQ { try LibPQ(optional.load()) }
}
