import CSystem
import Tensors

/// A database of PostgreSQL's: its server keeps the rows, and any number of hosts share them.
///
/// Statements go down a pipeline: one without an answer is sent and not waited for, so that a change of many rows does not pay
/// the way to the server and back for each. Nothing waits without end: not for the server, nor for a host that writes, nor
/// the server for a host that has gone.
final class PostgreSQLDatabase: Database {
  /// In seconds. A server that can be reached answers with a reason of its own before it counts as silent.
  private static let connectLimit = 10, lockLimit = 10, statementLimit = 20, silenceLimit: Int32 = 30
  /// How many statements may wait for an answer: theirs are short, and fit in what the network holds.
  private static let pipelineLength = 256
  /// Who makes the tables holds it: "FSga".
  private static let creationLock = 0x4653_6761

  let types = DatabaseTypes(integer: "BIGINT", real: "DOUBLE PRECISION", text: "TEXT", bytes: "BYTEA")
  var name: String { address.name }
  private(set) var isReadOnly = false

  private let address: PostgreSQLAddress
  private let mayWrite: Bool
  private let pq: LibPQ
  /// nil where it was lost. The next beginning makes a new one.
  private var connection: OpaquePointer?
  /// Statements whose answers have not been taken.
  private var sent = 0
  /// The server's names of statements that it has read, for changes of many rows.
  private var prepared: [String: String] = [:]
  private var nextName = 0
  /// A connection is of no use in a process that was forked from the one that made it.
  private let process = getpid()

  /// - Throws: `.io` where there is no server, no such database or no entry; `.invalidArgument` for what is no address.
  init(_ address: PostgreSQLAddress, mayWrite: Bool) throws(Failure) {
    self.address = address
    self.mayWrite = mayWrite
    pq = try LibPQ.loaded()
    try connect()
  }

  deinit { disconnect() }

  // MARK: The connection

  private func connect() throws(Failure) {
    disconnect()
    // What comes before the address is for those that do not say it; what comes after is so.
    let options = [
      ("connect_timeout", "\(PostgreSQLDatabase.connectLimit)"), ("fallback_application_name", "facestyle"),
      ("dbname", address.text), ("client_encoding", "UTF8"),
    ]
    let made = withTexts(options.map { $0.0 }) { keys in
      withTexts(options.map { $0.1 }) { values in
        keys.withUnsafeBufferPointer { keys in
          values.withUnsafeBufferPointer { values in pq.connect(keys.baseAddress, values.baseAddress, 1) }
        }
      }
    }
    guard let made else { throw .noMemory("\(name): a connection") }
    connection = made
    guard pq.status(made) == LibPQ.Status.connected else {
      // Of an address that libpq cannot read it repeats parts.
      let isUnread = pq.databaseName(made) == nil
      let reason = isUnread && address.holdsPassword ? "no address that libpq reads" : reason(made)
      disconnect()
      throw isUnread ? .invalidArgument("\(name): \(reason)") : .io("\(name): \(reason)")
    }
    _ = pq.listen(
      made, { _, message in if let message { Tensors.log(.warning, "PostgreSQL: " + oneLine(String(cString: message))) } }, nil)
    guard pq.doNotBlock(made, 1) == 0, pq.enterPipeline(made) == 1 else { throw lost() }
    do throws(Failure) {
      try prepareSession()
    } catch {
      disconnect()
      throw error
    }
  }

  private func prepareSession() throws(Failure) {
    let settings: [(String, String)] = [
      ("client_min_messages", "'warning'"),
      ("lock_timeout", "'\(PostgreSQLDatabase.lockLimit)s'"),
      ("statement_timeout", "'\(PostgreSQLDatabase.statementLimit)s'"),
      // A host that has gone while it wrote keeps the others waiting for half a minute, one that was stopped for ten.
      ("tcp_keepalives_idle", "'15'"), ("tcp_keepalives_interval", "'5'"), ("tcp_keepalives_count", "'3'"),
      ("idle_in_transaction_session_timeout", "'10min'"),
      // A row that a policy hides would be an error, not a person who is missing.
      ("row_security", "'off'"),
      // What is acknowledged is on the disk, at least on the server's own.
      ("synchronous_commit", "replace(current_setting('synchronous_commit'), 'off', 'on')"),
      ("default_transaction_read_only", mayWrite ? "current_setting('default_transaction_read_only')" : "'on'"),
    ]
    let calls = settings.map { "set_config('\($0.0)', \($0.1), false)" }
    try run("SELECT " + calls.joined(separator: ", "), []) { _ throws(Failure) in }
    // A server that only repeats another may be read, too.
    try run("SELECT current_setting('transaction_read_only')", []) { row throws(Failure) in isReadOnly = try row.text(0) == "on" }
  }

  private func disconnect() {
    guard getpid() == process, let connection else { return }  // the server talks to the parent
    pq.finish(connection)
    self.connection = nil
    sent = 0
    prepared = [:]
  }

  private func checkProcess() throws(Failure) {
    guard getpid() == process else {
      throw .invalidArgument("\(name): the gallery was opened before the process was forked, open it again")
    }
  }

  private func lost(_ reason: String? = nil) -> Failure {
    let reason = reason ?? connection.map { self.reason($0) } ?? "not connected"
    disconnect()
    return .io("\(name): the connection is lost: \(reason)")
  }

  private func reason(_ connection: OpaquePointer) -> String {
    pq.reason(connection).map { oneLine(String(cString: $0)) } ?? "no reason given"
  }

  // MARK: Statements

  func run(_ sql: String, _ values: [DatabaseValue]) throws(Failure) {
    try send(sql, values, isPrepared: !values.isEmpty)
    if sent >= PostgreSQLDatabase.pipelineLength { try takeAnswers { _ throws(Failure) in } }
  }

  func run(
    _ sql: String, _ values: [DatabaseValue], _ row: (any DatabaseRow) throws(Failure) -> Void
  ) throws(Failure) {
    try send(sql, values, isPrepared: false)
    try takeAnswers(row)
  }

  private func send(_ sql: String, _ values: [DatabaseValue], isPrepared: Bool) throws(Failure) {
    try checkProcess()
    guard let connection else { throw lost() }
    // Numbers go as texts, bytes as they are; all that comes back is binary.
    var texts: [String] = [], kinds: [UInt32] = [], lengths: [Int32] = [], formats: [Int32] = []
    for value in values {
      var text = "", kind = LibPQ.Kind.text, length = 0, format: Int32 = 0
      switch value {
      case .integer(let number): (text, kind) = ("\(number)", LibPQ.Kind.integer)
      case .real(let number): (text, kind) = ("\(number)", LibPQ.Kind.real)
      case .text(let given): text = given
      case .bytes(let bytes): (kind, length, format) = (LibPQ.Kind.bytes, bytes.count, 1)
      }
      texts.append(text)
      kinds.append(kind)
      lengths.append(Int32(clamping: length))
      formats.append(format)
    }
    let prepared = try isPrepared ? prepare(connection, sql, kinds) : nil
    let isSent = withTexts(texts) { texts in
      var starts = texts
      for (i, value) in values.enumerated() {
        guard case .bytes(let bytes) = value, let start = bytes.baseAddress else { continue }
        starts[i] = start.assumingMemoryBound(to: CChar.self)
      }
      return starts.withUnsafeBufferPointer { starts in
        guard let prepared else {
          return pq.send(connection, sql, Int32(values.count), kinds, starts.baseAddress, lengths, formats, 1)
        }
        return pq.sendPrepared(connection, prepared, Int32(values.count), starts.baseAddress, lengths, formats, 1)
      }
    }
    guard isSent == 1 else { throw lost() }
    sent += 1
  }

  /// A statement's name, under which the server reads it once.
  private func prepare(_ connection: OpaquePointer, _ sql: String, _ kinds: [UInt32]) throws(Failure) -> String {
    if let name = prepared[sql] { return name }
    let name = "facestyle_\(nextName)"
    guard pq.prepare(connection, name, sql, Int32(kinds.count), kinds) == 1 else { throw lost() }
    sent += 1
    nextName += 1
    prepared[sql] = name
    return name
  }

  /// Takes the answers to all that was sent. `row` is for those of the last statement; the others have none.
  private func takeAnswers(_ row: (any DatabaseRow) throws(Failure) -> Void) throws(Failure) {
    guard let connection, pq.synchronise(connection) == 1 else { throw lost() }
    var problem: Failure?
    while true {
      do throws(Failure) { try wait(connection) } catch { throw problem ?? error }
      guard let result = pq.result(connection) else {
        // The end of one statement's answers, or of all where the server is gone.
        guard pq.status(connection) == LibPQ.Status.connected else {
          let end = lost()
          throw problem ?? end
        }
        sent -= 1
        continue
      }
      defer { pq.clear(result) }
      switch pq.kind(result) {
      case LibPQ.Result.synchronised:
        sent = 0
        guard let problem else { return }
        prepared = [:]  // which of them the server has read is not known
        throw problem
      case LibPQ.Result.rows where sent == 1 && problem == nil:
        let answer = Answer(pq, result, name)
        do throws(Failure) {
          for i in 0..<pq.rowCount(result) {
            answer.row = i
            try row(answer)
          }
        } catch { problem = error }
      case LibPQ.Result.done, LibPQ.Result.rows, LibPQ.Result.skipped: break
      default: problem = problem ?? failure(result)
      }
    }
  }

  /// Sends what waits to be sent, until something that was asked for has come.
  private func wait(_ connection: OpaquePointer) throws(Failure) {
    while true {
      let unsent = pq.flush(connection)
      guard unsent >= 0 else { throw lost() }
      if unsent == 0, pq.isBusy(connection) == 0 { return }
      var file = pollfd(fd: pq.socket(connection), events: Int16(unsent == 0 ? POLLIN : POLLIN | POLLOUT), revents: 0)
      guard poll(&file, 1, 1000 * PostgreSQLDatabase.silenceLimit) != 0 else {
        throw lost("no word from the server for \(PostgreSQLDatabase.silenceLimit) seconds")
      }
      guard pq.consume(connection) == 1 else { throw lost() }
    }
  }

  private final class Answer: DatabaseRow {
    var row: Int32 = 0
    private let pq: LibPQ
    private let result: OpaquePointer
    private let name: String

    init(_ pq: LibPQ, _ result: OpaquePointer, _ name: String) {
      self.pq = pq
      self.result = result
      self.name = name
    }

    private func value(_ column: Int, _ kind: UInt32) throws(Failure) -> UnsafeRawBufferPointer {
      let column = Int32(column), found = pq.columnKind(result, column)
      guard found == kind, pq.isNull(result, row, column) == 0, let start = pq.value(result, row, column) else {
        throw .badData("\(name): a column of type \(found) or without a value, wanted type \(kind): the gallery is damaged")
      }
      return UnsafeRawBufferPointer(start: start, count: Int(pq.length(result, row, column)))
    }

    /// Eight bytes, the highest first.
    private func bits(_ column: Int, _ kind: UInt32) throws(Failure) -> UInt64 {
      try value(column, kind).reduce(0) { $0 << 8 | UInt64($1) }
    }

    func integer(_ column: Int) throws(Failure) -> Int64 { Int64(bitPattern: try bits(column, LibPQ.Kind.integer)) }
    func real(_ column: Int) throws(Failure) -> Double { Double(bitPattern: try bits(column, LibPQ.Kind.real)) }
    func bytes(_ column: Int) throws(Failure) -> UnsafeRawBufferPointer { try value(column, LibPQ.Kind.bytes) }

    func text(_ column: Int) throws(Failure) -> String {
      let bytes = try value(column, LibPQ.Kind.text)
      guard let start = bytes.baseAddress, let text = String(validatingCString: start.assumingMemoryBound(to: CChar.self)),
        text.utf8.count == bytes.count
      else { throw .badData("\(name): a text that is no UTF-8: the gallery is damaged") }
      return text
    }
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
    try checkProcess()
    if connection != nil {
      do throws(Failure) {
        return try start()
      } catch {
        guard connection == nil else { throw error }
      }
    }
    try connect()
    try start()
  }

  func commit() throws(Failure) { try run("COMMIT", []) { _ throws(Failure) in } }

  func rollBack() {
    guard getpid() == process else { return }
    // What was sent is answered first: behind a statement that failed, the end would be skipped, too.
    if sent > 0 { do throws(Failure) { try takeAnswers { _ throws(Failure) in } } catch {} }
    guard let connection, pq.transaction(connection) != LibPQ.Transaction.none else { return }
    do throws(Failure) { try run("ROLLBACK", []) { _ throws(Failure) in } } catch { disconnect() }
  }

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
    try transaction({ () throws(Failure) in
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
      Tensors.log(.warning, "\(name): what was removed stays in the tables' files until the server's next VACUUM")
    }
  }

  /// The server's reason, without what it says of the values at hand.
  private func failure(_ result: OpaquePointer) -> Failure {
    let code = pq.field(result, LibPQ.Field.code).map { String(cString: $0) } ?? ""
    let reason = name + ": " + (pq.field(result, LibPQ.Field.message).map { oneLine(String(cString: $0)) } ?? "no reason given")
    switch code {
    case "55P03": return .io("\(name): another host has been writing for \(PostgreSQLDatabase.lockLimit) seconds")
    case "42501": return .io(reason)  // not allowed
    case "XX001", "XX002": return .badData(reason)  // damaged on the disk
    default: break
    }
    // Values, constraints, names and types that do not fit; all else lies with the server and its state.
    return ["22", "23", "42"].contains { code.hasPrefix($0) } ? .badData(reason) : .io(reason)
  }
}

/// C's view of some texts, ended by NULL.
private func withTexts<Result>(_ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
  var bytes: [UInt8] = [], starts: [Int] = []
  for text in texts {
    starts.append(bytes.count)
    bytes += text.utf8
    bytes.append(0)
  }
  return bytes.withUnsafeBytes { bytes in
    body(starts.map { start in bytes.baseAddress.map { ($0 + start).assumingMemoryBound(to: CChar.self) } } + [nil])
  }
}

/// A message of several lines as one.
private func oneLine(_ message: String) -> String {
  let lines = message.utf8.split { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
  return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
}
