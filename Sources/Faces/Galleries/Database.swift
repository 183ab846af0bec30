import Tensors

/// A connection to a database that speaks SQL: as much of it as a gallery needs. One thread at a time.
///
/// Statements have their parameters as `$1`, `$2`, ... in the order in which they stand.
class Database {
  /// What the database calls whole numbers of 64 bits, numbers with a point, texts, and bytes.
  struct Types { let integer, real, text, bytes: String }

  enum Value {
    case integer(Int64)
    case real(Double)
    case text(String)
    /// The bytes stay where they are while the statement runs.
    case bytes(UnsafeRawBufferPointer)
  }

  /// A row of an answer, valid while it is looked at. Columns count from 0.
  class Row {
    func integer(_ column: Int) throws(Failure) -> Int64 { throw .internalError("a row of no database") }
    func real(_ column: Int) throws(Failure) -> Double { throw .internalError("a row of no database") }
    func text(_ column: Int) throws(Failure) -> String { throw .internalError("a row of no database") }
    func bytes(_ column: Int) throws(Failure) -> UnsafeRawBufferPointer { throw .internalError("a row of no database") }
  }

  /// Where it is, for reasons.
  let name: String
  let types: Types

  init(name: String, _ types: Types) {
    self.name = name
    self.types = types
  }

  /// Whether changes are refused before they are tried.
  var isReadOnly: Bool { false }

  /// Runs a statement; `row` looks at each row of the answer.
  func run(_ sql: String, _ values: [Value], _ row: (Row) throws(Failure) -> Void) throws(Failure) {
    throw .internalError("a statement to no database")
  }

  final func run(_ sql: String, _ values: [Value] = []) throws(Failure) { try run(sql, values) { _ throws(Failure) in } }

  /// Begins to read what is there now, whatever others write meanwhile.
  func beginReading() throws(Failure) { throw .internalError("no database") }
  /// Begins to write, when no other does. What is read until the end is the newest.
  func beginWriting() throws(Failure) { throw .internalError("no database") }
  /// When it returns, all is kept, even if the power fails.
  func commit() throws(Failure) { throw .internalError("no database") }
  /// Undoes what was done since the beginning.
  func rollBack() {}

  /// Whether nothing is there yet.
  func isEmpty() throws(Failure) -> Bool { throw .internalError("no database") }
  /// Makes the tables and fills them, in one piece, unless another process is quicker.
  func create(_ statements: [String], _ fill: () throws(Failure) -> Void) throws(Failure) { throw .internalError("no database") }
  /// - Throws: `.badData` where anything but what `create` makes is there.
  func check(_ statements: [String]) throws(Failure) { throw .internalError("no database") }
  /// Lets go of all traces of what was removed.
  func wipe() {}
}

extension Database {
  /// `body` between a beginning and its end; undone where it fails.
  func writing<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    try beginWriting()
    do throws(Failure) {
      let result = try body()
      try commit()
      return result
    } catch {
      rollBack()
      throw error
    }
  }

  func reading<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    try beginReading()
    do throws(Failure) {
      let result = try body()
      try commit()
      return result
    } catch {
      rollBack()
      throw error
    }
  }
}
