import CSystem
import Tensors

/// A connection to a database that speaks SQL: as much of it as a gallery needs. One thread at a time.
///
/// Statements have their parameters as `$1`, `$2`, ... in the order in which they stand.
protocol Database: AnyObject {
  /// Where it is, for reasons. It holds no secrets.
  var name: String { get }
  var types: DatabaseTypes { get }
  /// Statements that come before those of the tables in a new gallery.
  var preamble: [String] { get }
  /// How many rows are best added by one statement: where each is sent to be read anew, many.
  var rowsAtOnce: Int { get }
  /// Whether changes are refused, as far as was seen when something last began.
  var isReadOnly: Bool { get }

  /// Runs a statement; `row` looks at each row of the answer.
  func run(
    _ sql: String, _ values: [DatabaseValue], _ row: (any DatabaseRow) throws(Failure) -> Void)
    throws(Failure)
  /// Runs a statement without an answer, between a beginning and its end. Why it failed may be told only by a
  /// later one, at the latest by `commit`.
  func run(_ sql: String, _ values: [DatabaseValue]) throws(Failure)

  func begin(_ purpose: DatabasePurpose) throws(Failure)
  /// When it returns, all is kept, even if the power fails.
  func commit() throws(Failure)
  /// Undoes what was done since the beginning, if anything has begun.
  func rollBack()

  /// Whether no gallery is there yet.
  func isEmpty() throws(Failure) -> Bool
  /// - Throws: `.badData` where anything but what these statements make is there.
  func check(_ statements: [String]) throws(Failure)
  /// Lets go of the traces of what was removed, as far as that lies in the database's hands.
  func wipe()
}

/// What a transaction is for.
enum DatabasePurpose {
  /// What is there now, whatever others write meanwhile.
  case reading
  /// A change, when no other process makes one. What is read until the end is the newest.
  case writing
  /// The tables, when no other process makes them.
  case creating
}

/// What a database calls whole numbers of 64 bits, numbers with a point, texts, and bytes.
struct DatabaseTypes { let integer, real, text, bytes: String }

enum DatabaseValue {
  case integer(Int64)
  case real(Double)
  case text(String)
  case bytes(Storage<UInt8>)
}

/// A row of an answer, valid while it is looked at. Columns count from 0.
protocol DatabaseRow: AnyObject {
  func integer(_ column: Int) throws(Failure) -> Int64
  func real(_ column: Int) throws(Failure) -> Double
  func text(_ column: Int) throws(Failure) -> String
  /// Bytes, valid inside `body`.
  func bytes(_ column: Int, _ body: (RawSpan) throws(Failure) -> Void) throws(Failure)
}

/// `body` between a beginning and its end; undone where any of it fails. (No method of the protocol: Embedded
/// Swift wants to know the type for a generic one.)
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

/// The process that made a connection. In one that was forked from it the connection is of no use: locks are
/// the parent's, and the server talks to it.
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
