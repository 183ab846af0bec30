import CSystem
import Tensors

/// A database of PostgreSQL's: its server keeps the rows, and any number of hosts share them.
///
/// All is done in transactions, each of which asks its session first whether it is the right one: a pooler
/// may have changed it.
final class PostgreSQLDatabase: Database {
  /// Who makes the tables holds it: "FSga".
  private static let creationLock = 0x4653_6761

  let types = DatabaseTypes(integer: "BIGINT", real: "DOUBLE PRECISION", text: "TEXT", bytes: "BYTEA")
  var name: String { address.name }
  var preamble: [String] { [] }
  var rowsAtOnce: Int { 64 }
  private(set) var isReadOnly: Bool

  private let address: PostgreSQLAddress
  private let mayWrite: Bool
  private let pq: LibPQ
  /// Where it was lost, the next beginning makes a new one.
  private var connection: PostgreSQLConnection
  /// The number that the server has given the gallery's table; 0 before it was seen.
  private var table: Int64 = 0

  /// - Throws: `.io` where there is no server, no such database or no entry; `.invalidArgument` for what is
  ///   no address.
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
    // Every host that writes wants the one row of this table first.
    case .writing: try beginAlone("SELECT 1 FROM \(GalleryStore.root) FOR UPDATE")
    case .creating: try beginAlone("SELECT 1 FROM pg_advisory_xact_lock(\(PostgreSQLDatabase.creationLock))")
    }
  }

  private func beginAlone(_ lock: String) throws(Failure) {
    guard mayWrite else { throw refusal }
    try begin("BEGIN ISOLATION LEVEL READ COMMITTED")
    // A server that only repeats another may be written once it is promoted: it is asked each time.
    guard !isReadOnly else { throw refusal }
    try run(lock, []) { _ throws(Failure) in }
  }

  /// On a new connection where the old one turns out to be lost: so far there is nothing to lose with it.
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

  /// Whether the session has what the address asks for and shows the same table as those before, and whether
  /// it may write.
  private func checkSession() throws(Failure) {
    let root = GalleryStore.root
    try run(
      """
      SELECT coalesce(to_regclass('\(root)')::oid::bigint, 0),
        CASE WHEN pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'
          THEN 1 ELSE 0 END::bigint,
        \(PostgreSQLOptions.question)
      """, []
    ) { row throws(Failure) in
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
    try connection.checkTransaction()
  }

  func commit() throws(Failure) {
    try run("COMMIT", []) { _ throws(Failure) in }
  }

  func rollBack() { connection.rollBack() }

  // MARK: What is there

  func isEmpty() throws(Failure) -> Bool {
    // The table itself is asked, which is always the newest; `to_regclass` may remember that there was none.
    var isThere = false
    try run("SELECT 1 FROM pg_class WHERE relname = '\(GalleryStore.root)' AND pg_table_is_visible(oid)", [])
    {
      _ throws(Failure) in isThere = true
    }
    return !isThere
  }

  /// The server's own description of the tables, written as the statements are, must be the same. (Indexes
  /// are not compared: what relies on one fails without it.)
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

  /// Removed rows are taken out of tables and indexes at once, and not when the server finds time. (The one
  /// statement that stands in no transaction. No limits are set for it, as they would stay in the session;
  /// the connection's silence is one.)
  func wipe() {
    do throws(Failure) {
      try run("VACUUM (INDEX_CLEANUP ON) facestyle_photos, facestyle_people", []) { _ throws(Failure) in }
    } catch {
      log(.warning, "\(name): what was removed stays in the tables' files until the server's next VACUUM")
    }
  }
}
