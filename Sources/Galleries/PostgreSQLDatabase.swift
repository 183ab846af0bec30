import CSystem
import Tensors

/// A PostgreSQL database: its server stores the rows, which any number of hosts share.
///
/// All work is done in transactions, each of which first checks its session: a pooler may have changed it.
final class PostgreSQLDatabase: Database {
  /// The lock under which tables are created: "FSga".
  private static let creationLock = 0x4653_6761

  let types = DatabaseTypes(integer: "BIGINT", real: "DOUBLE PRECISION", text: "TEXT", bytes: "BYTEA")
  var name: String { address.name }
  var preamble: [String] { [] }
  var rowsAtOnce: Int { 64 }
  private(set) var isReadOnly: Bool

  private let address: PostgreSQLAddress
  private let mayWrite: Bool
  private let pq: LibPQ
  /// If it is lost, the next transaction opens a new one.
  private var connection: PostgreSQLConnection
  /// The server's number of the gallery's table; 0 before the first transaction.
  private var table: Int64 = 0

  /// - Throws: `.io` if there is no such server or database, or no access; `.invalidArgument` for an invalid
  ///   address.
  init(_ address: PostgreSQLAddress, mayWrite: Bool) throws(Failure) {
    self.address = address
    self.mayWrite = mayWrite
    isReadOnly = !mayWrite
    pq = try LibPQ.loaded()
    connection = try PostgreSQLConnection(pq, address)
  }

  func run(_ sql: String, _ values: [DatabaseValue]) throws(Failure) { try connection.run(sql, values) }

  func run(
    _ sql: String, _ values: [DatabaseValue], _ row: (any DatabaseRow) throws(Failure) -> Void
  ) throws(Failure) {
    try connection.run(sql, values, row)
  }

  // MARK: Transactions

  func begin(_ purpose: DatabasePurpose) throws(Failure) {
    switch purpose {
    case .reading: try begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    // Every host that writes first locks the single row of this table.
    case .writing: try beginAlone("SELECT 1 FROM \(GalleryStore.root) FOR UPDATE")
    case .creating: try beginAlone("SELECT 1 FROM pg_advisory_xact_lock(\(PostgreSQLDatabase.creationLock))")
    }
  }

  private func beginAlone(_ lock: String) throws(Failure) {
    guard mayWrite else { throw refusal }
    try begin("BEGIN ISOLATION LEVEL READ COMMITTED")
    // A standby becomes writable when it is promoted, so this is checked each time.
    guard !isReadOnly else { throw refusal }
    try run(lock, []) { _ throws(Failure) in }
  }

  /// Opens a new connection if the old one is found to be lost: nothing is lost with it yet.
  private func begin(_ statement: String) throws(Failure) {
    func start() throws(Failure) {
      try run(statement, [])
      try connection.prepareTransaction()
      try checkSession()
    }
    do throws(Failure) {
      try start()
    } catch {
      guard connection.isLost else { throw error }
      connection = try PostgreSQLConnection(pq, address)
      try start()
    }
  }

  /// Checks that the session has the settings of the address and shows the same table as earlier ones, and
  /// whether it may write.
  private func checkSession() throws(Failure) {
    let root = GalleryStore.root
    var rows = 0
    try run(
      """
      SELECT coalesce(to_regclass('\(root)')::oid::bigint, 0),
        CASE WHEN pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'
          THEN 1 ELSE 0 END::bigint,
        \(PostgreSQLOptions.question)
      """, []
    ) { row throws(Failure) in
      rows += 1
      if let difference = connection.asked.difference([try row.text(2), try row.text(3)]) {
        throw .io("\(name): \(difference)")
      }
      let found = try row.integer(0)
      guard table == 0 || found == table else {
        throw .io("\(name): \(found == 0 ? "no gallery" : "another gallery") is there now, open it again")
      }
      table = found
      let refusesChanges = try row.integer(1) != 0
      isReadOnly = !mayWrite || refusesChanges
    }
    guard rows == 1 else { throw .badData("\(name): \(rows) rows that describe the session; expected 1") }
    try connection.checkTransaction()
  }

  func commit() throws(Failure) {
    try run("COMMIT", []) { _ throws(Failure) in }
  }

  func rollBack() { connection.rollBack() }

  // MARK: Contents

  func isEmpty() throws(Failure) -> Bool {
    // Queries the table itself, which is always current; `to_regclass` may cache its absence.
    var isThere = false
    try run("SELECT 1 FROM pg_class WHERE relname = '\(GalleryStore.root)' AND pg_table_is_visible(oid)", [])
    {
      _ throws(Failure) in isThere = true
    }
    return !isThere
  }

  /// The server's own description of the tables, written like the statements, must be equal. (Indexes are not
  /// compared: what relies on one fails without it.)
  func check(_ statements: [String]) throws(Failure) {
    var isFound = [Bool](repeating: false, count: statements.count)
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
    ) { row throws(Failure) in
      let table = try row.text(0)
      let known = statements.firstIndex { $0.utf8.elementsEqual(table.utf8) }
      if let known { isFound[known] = true }
    }
    for (table, isFound) in zip(statements, isFound) where table.hasPrefix("CREATE TABLE ") && !isFound {
      throw .badData("\(name): tables of something else, or of another version, no gallery")
    }
  }

  /// Vacuums deleted rows at once, not when the server finds time. (The only statement outside a transaction.
  /// It has no limits of its own, because they would stay in the session; the connection's silence limit
  /// applies.)
  func wipe() {
    do throws(Failure) {
      try run("VACUUM (INDEX_CLEANUP ON) facestyle_photos, facestyle_people", []) { _ throws(Failure) in }
    } catch {
      log(.warning, "\(name): what was removed stays in the tables' files until the server's next VACUUM")
    }
  }
}
