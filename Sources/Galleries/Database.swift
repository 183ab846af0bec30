import CSystem
import Tensors

/// A connection to an SQL database, limited to what a gallery needs. One thread at a time.
///
/// Statements contain their parameters as `$1`, `$2`, ... in order of appearance.
protocol Database: AnyObject {
  /// Its location, for error messages. Contains no secrets.
  var name: String { get }
  var types: DatabaseTypes { get }
  /// Statements to run before those that create the tables of a new gallery.
  var preamble: [String] { get }
  /// The best number of rows per insert statement: large if a server parses each statement anew.
  var rowsAtOnce: Int { get }
  /// Whether changes are refused, as of the beginning of the last transaction.
  var isReadOnly: Bool { get }

  /// Runs a statement; calls `row` for each row of its result.
  func run(
    _ sql: String, _ values: [DatabaseValue], _ row: (any DatabaseRow) throws(Failure) -> Void)
    throws(Failure)
  /// Runs a statement without result inside a transaction. Its failure may be reported only by a later one,
  /// at the latest by `commit`.
  func run(_ sql: String, _ values: [DatabaseValue]) throws(Failure)

  func begin(_ purpose: DatabasePurpose) throws(Failure)
  /// Commits. On return all changes are durable, even if the power fails.
  func commit() throws(Failure)
  /// Undoes the transaction, if one has begun.
  func rollBack()

  /// Whether there is no gallery yet.
  func isEmpty() throws(Failure) -> Bool
  /// - Throws: `.badData` if it contains anything but what these statements create.
  func check(_ statements: [String]) throws(Failure)
  /// Erases the traces of deleted rows, as far as the database can.
  func wipe()
}

/// The purpose of a transaction.
enum DatabasePurpose {
  /// Reads the current state, unaffected by concurrent writes.
  case reading
  /// Makes a change, once no other process makes one. Reads until the end see the latest state.
  case writing
  /// Creates the tables, once no other process does.
  case creating
}

/// A database's types of 64-bit integers, floating-point numbers, texts and bytes.
struct DatabaseTypes { let integer, real, text, bytes: String }

enum DatabaseValue {
  case integer(Int64)
  case real(Double)
  case text(String)
  case bytes(Storage<UInt8>)
}

/// A row of a result, valid during the callback. Columns count from 0.
protocol DatabaseRow: AnyObject {
  func integer(_ column: Int) throws(Failure) -> Int64
  func real(_ column: Int) throws(Failure) -> Double
  func text(_ column: Int) throws(Failure) -> String
  /// Bytes, valid inside `body`.
  func bytes(_ column: Int, _ body: (RawSpan) throws(Failure) -> Void) throws(Failure)
}

/// Runs `body` in a transaction, and rolls back if it fails. (Not a method of the protocol, because Embedded
/// Swift must know the type for a generic method.)
func transaction<Result>(
  of database: any Database, for purpose: DatabasePurpose, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  do throws(Failure) {
    try database.begin(purpose)
    let result = try body()
    try database.commit()
    return result
  } catch {
    database.rollBack()
    throw error
  }
}

extension Database {
  var refusal: Failure { .io("\(name): may be read only") }
}

/// The process that created a connection. A forked process cannot use it: locks belong to the parent, and so
/// does the server's session.
struct ConnectionMaker {
  private let process = getpid()

  var isHere: Bool { getpid() == process }

  /// - Parameter name: of the database.
  func check(_ name: String) throws(Failure) {
    guard isHere else {
      throw .invalidArgument("\(name): the gallery was opened before the process was forked, open it again")
    }
  }
}

/// A column's text.
/// - Parameter name: of the database.
func columnText(_ bytes: Span<UInt8>, _ name: String) throws(Failure) -> String {
  if bytes.isEmpty { return "" }  // as most notes are
  do {
    let text = String(copying: try UTF8Span(validating: bytes))
    if !text.utf8.contains(0) { return text }
  } catch {}
  throw .badData("\(name): a text that is no UTF-8: the gallery is damaged")
}
