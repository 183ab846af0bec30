import CSystem
import Tensors

/// A database of PostgreSQL's: its server keeps the rows, and any number of hosts share them.
final class PostgreSQLDatabase: Database {
  /// Who makes the tables holds it: "FSga".
  private static let creationLock = 0x4653_6761

  let types = DatabaseTypes(integer: "BIGINT", real: "DOUBLE PRECISION", text: "TEXT", bytes: "BYTEA")
  var name: String { address.name }
  var isReadOnly: Bool { connection.isReadOnly }

  private let address: PostgreSQLAddress
  private let mayWrite: Bool
  private let pq: LibPQ
  /// Where it was lost, the next beginning makes a new one.
  private var connection: PostgreSQLConnection

  /// - Throws: `.io` where there is no server, no such database or no entry; `.invalidArgument` for what is no address.
  init(_ address: PostgreSQLAddress, mayWrite: Bool) throws(Failure) {
    self.address = address
    self.mayWrite = mayWrite
    pq = try LibPQ.loaded()
    connection = try PostgreSQLConnection(pq, address, mayWrite: mayWrite)
  }

  func run(_ sql: String, _ values: [DatabaseValue]) throws(Failure) { try connection.run(sql, values) }

  func run(
    _ sql: String, _ values: [DatabaseValue], _ row: (any DatabaseRow) throws(Failure) -> Void
  ) throws(Failure) {
    try connection.run(sql, values, row)
  }

  // MARK: Transactions

  func beginReading() throws(Failure) { try begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "SELECT 1") }

  func beginWriting() throws(Failure) {
    guard !isReadOnly else { throw .io("\(name): may be read only") }
    // Every host that writes wants the one row of this table first.
    try beginAlone("SELECT 1 FROM \(GalleryStore.root) FOR UPDATE")
  }

  private func beginAlone(_ lock: String) throws(Failure) { try begin("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", lock) }

  /// On a new connection where the old one turns out to be lost: so far there is nothing to lose with it.
  private func begin(_ statement: String, _ first: String) throws(Failure) {
    func start() throws(Failure) {
      try run(statement, [])
      try run(first, []) { _ throws(Failure) in }
    }
    do throws(Failure) {
      try start()
    } catch {
      guard connection.isLost else { throw error }
      connection = try PostgreSQLConnection(pq, address, mayWrite: mayWrite)
      try start()
    }
  }

  func commit() throws(Failure) { try run("COMMIT", []) { _ throws(Failure) in } }

  func rollBack() { connection.rollBack() }

  // MARK: What is there

  func isEmpty() throws(Failure) -> Bool {
    // The table itself is asked, which is always the newest; `to_regclass` may remember that there was none.
    var isThere = false
    try run("SELECT 1 FROM pg_class WHERE relname = '\(GalleryStore.root)' AND pg_table_is_visible(oid)", []) {
      _ throws(Failure) in isThere = true
    }
    return !isThere
  }

  func create(_ statements: [String], _ fill: () throws(Failure) -> Void) throws(Failure) {
    try transaction(of: self, { () throws(Failure) in
      try beginAlone("SELECT 1 FROM pg_advisory_xact_lock(\(PostgreSQLDatabase.creationLock))")
    }) { () throws(Failure) in
      guard try isEmpty() else { return }  // another host came first
      for statement in statements { try run(statement, []) }
      try fill()
    }
  }

  /// The server's own description of the tables, written as `create` wrote them, must be the same. (Indexes are not compared:
  /// what relies on one fails without it.)
  func check(_ statements: [String]) throws(Failure) {
    var found: [String] = []
    try run(
      """
      SELECT 'CREATE TABLE ' || t.relname || ' (' || string_agg(
        c.attname || ' ' || upper(format_type(c.atttypid, c.atttypmod) COLLATE "C") || CASE
          WHEN c.attnum = ANY (k.indkey) THEN ' PRIMARY KEY' WHEN c.attnotnull THEN ' NOT NULL' ELSE '' END,
        ', ' ORDER BY c.attnum) || ')'
      FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
        LEFT JOIN pg_index k ON k.indrelid = t.oid AND k.indisprimary
      WHERE t.relkind = 'r' AND t.relname LIKE 'facestyle!_%' ESCAPE '!' AND pg_table_is_visible(t.oid)
      GROUP BY t.oid, t.relname
      """, []
    ) { row throws(Failure) in found.append(try row.text(0)) }
    for table in statements where table.hasPrefix("CREATE TABLE ") {
      guard found.contains(where: { $0.utf8.elementsEqual(table.utf8) }) else {
        throw .badData("\(name): tables of something else, or of another version, no gallery")
      }
    }
  }

  /// Removed rows are taken out of tables and indexes at once, and not when the server finds time.
  func wipe() {
    do throws(Failure) {
      try run("VACUUM (INDEX_CLEANUP ON) facestyle_photos, facestyle_people", []) { _ throws(Failure) in }
    } catch {
      log(.warning, "\(name): what was removed stays in the tables' files until the server's next VACUUM")
    }
  }
}
