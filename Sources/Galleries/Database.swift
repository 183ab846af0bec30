import Tensors

/// A connection to a database that speaks SQL: as much of it as a gallery needs. One thread at a time.
///
/// Statements have their parameters as `$1`, `$2`, ... in the order in which they stand.
protocol Database: AnyObject {
  /// Where it is, for reasons. It holds no secrets.
  var name: String { get }
  var types: DatabaseTypes { get }
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

  /// Begins to read what is there now, whatever others write meanwhile.
  func beginReading() throws(Failure)
  /// Begins to write, when no other does. What is read until the end is the newest.
  func beginWriting() throws(Failure)
  /// When it returns, all is kept, even if the power fails.
  func commit() throws(Failure)
  /// Undoes what was done since the beginning, if anything has begun.
  func rollBack()

  /// Whether no gallery is there yet.
  func isEmpty() throws(Failure) -> Bool
  /// Makes the tables and fills them, in one piece, unless another process is quicker.
  func create(_ statements: [String], _ fill: () throws(Failure) -> Void) throws(Failure)
  /// - Throws: `.badData` where anything but what `create` makes is there.
  func check(_ statements: [String]) throws(Failure)
  /// Lets go of the traces of what was removed, as far as that lies in the database's hands.
  func wipe()
}

/// What a database calls whole numbers of 64 bits, numbers with a point, texts, and bytes.
struct DatabaseTypes { let integer, real, text, bytes: String }

enum DatabaseValue {
  case integer(Int64)
  case real(Double)
  case text(String)
  /// The bytes stay where they are until the call returns.
  case bytes(UnsafeRawBufferPointer)
}

/// A row of an answer, valid while it is looked at. Columns count from 0.
protocol DatabaseRow: AnyObject {
  func integer(_ column: Int) throws(Failure) -> Int64
  func real(_ column: Int) throws(Failure) -> Double
  func text(_ column: Int) throws(Failure) -> String
  func bytes(_ column: Int) throws(Failure) -> UnsafeRawBufferPointer
}

/// `body` between a beginning and its end; undone where any of it fails. (No method of the protocol: Embedded
/// Swift wants to know the type for a generic one.)
func transaction<Result>(
  of database: any Database, _ begin: () throws(Failure) -> Void, _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  do throws(Failure) {
    try begin()
    let result = try body()
    try database.commit()
    return result
  } catch {
    database.rollBack()
    throw error
  }
}
