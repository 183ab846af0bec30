import CSQLite
import CSystem
import Tensors

/// An SQLite file with a write-ahead log: many processes read while one writes, and committed changes survive
/// a killed process and a power failure (`synchronous` is FULL: a commit waits until the log is on the disk).
final class SQLiteDatabase: Database {
  /// In the file's header, for programs that identify files by it: "FSga".
  private static let identity = 0x4653_6761
  /// How long to wait for another writing process, in milliseconds.
  private static let patience: Int32 = 10_000

  let types = DatabaseTypes(integer: "INTEGER", real: "REAL", text: "TEXT", bytes: "BLOB")
  var name: String { path }
  var preamble: [String] { ["PRAGMA application_id = \(SQLiteDatabase.identity)"] }
  var rowsAtOnce: Int { 1 }

  private let path: String
  /// The absolute path: it stays valid when the working directory changes, and SQLite does not treat it as a
  /// special name (":memory:", "file:...", "").
  private let place: String
  private var connection: OpaquePointer?
  private var statements: [String: OpaquePointer] = [:]
  private let maker = ConnectionMaker()
  /// The file's status when reading began, if it is read as unchanging.
  private var frozen: stat?
  /// The files that make up the gallery: the database, its log and the log's index. A different file in their
  /// place is not the gallery.
  private var file: FileIdentity?, log: FileIdentity?, index: FileIdentity?
  private var isLogged = false

  /// - Throws: `.io` for a file that cannot be opened; `.badData` for one that is not a database, or is
  ///   damaged; `.invalidArgument` for a name that SQLite uses for files beside another gallery.
  init(path: String, _ access: SharedGallery.Access) throws(Failure) {
    self.path = path
    place = try absolute(path)
    for ending in ["-wal", "-shm", "-journal"]
    where path.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8) {
      throw .invalidArgument(
        "\(path): a name that ends in \(ending) is that of a file beside a gallery; expected another one")
    }
    var info = stat()
    let isThere = withPath(place) { stat($0, &info) } == 0
    guard isThere || access == .create else { throw .io("\(path): \(lastReason())") }
    if isThere {
      guard systemIsDirectory(info.st_mode) == 0 else {
        throw .io("\(path): a folder; expected a gallery's file")
      }
      guard systemIsRegular(info.st_mode) != 0 else {
        throw .io("\(path): a pipe or a device; expected a gallery's file")
      }
    }
    switch access {
    case .create: try connect(place, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
    case .write: try connect(place, SQLITE_OPEN_READWRITE)
    case .read: try connect(place, SQLITE_OPEN_READONLY)
    }
    do throws(Failure) {
      try probe()
    } catch {
      // The log needs an index, which cannot be created in a read-only folder. Without a log nobody writes,
      // so the file can be read as unchanging.
      let code = sqlite3_errcode(connection) & 0xFF
      guard isThere, code == SQLITE_CANTOPEN || code == SQLITE_READONLY, logLength(of: place) == 0 else {
        throw error
      }
      try freeze()
      try probe()
    }
  }

  deinit { disconnect() }

  private func disconnect() {
    guard maker.isHere else { return }
    for (_, statement) in statements { sqlite3_finalize(statement) }
    statements = [:]
    sqlite3_close_v2(connection)
    connection = nil
  }

  private func connect(_ name: String, _ flags: Int32) throws(Failure) {
    disconnect()
    let code = withPath(name) {
      sqlite3_open_v2($0, &connection, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    }
    guard code == SQLITE_OK else { throw failure(code) }
    sqliteHarden(connection)
    sqlite3_busy_timeout(connection, SQLiteDatabase.patience)
  }

  /// Tests whether the file can be read.
  private func probe() throws(Failure) {
    try run("PRAGMA synchronous = FULL")
    try run("PRAGMA secure_delete = ON")
    try run("PRAGMA cell_size_check = ON")
    try run("SELECT count(*) FROM sqlite_master")
  }

  /// Opens the file as unchanging.
  private func freeze() throws(Failure) {
    var info = stat()
    guard withPath(place, { stat($0, &info) }) == 0 else { throw .io("\(path): \(lastReason())") }
    guard logLength(of: place) == 0 else {
      throw .io("\(path): another process writes, and the folder may not be written by this one")
    }
    try connect("file://" + escaped(place) + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
    frozen = info
  }

  var isReadOnly: Bool { sqlite3_db_readonly(connection, "main") == 1 }

  // MARK: Statements

  func run(
    _ sql: String, _ values: [DatabaseValue], _ row: (any DatabaseRow) throws(Failure) -> Void
  ) throws(Failure) {
    try maker.check(path)
    let statement = try prepared(sql)
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (i, value) in values.enumerated() { try bind(value, Int32(i + 1), of: statement) }
    let answer = Answer(statement, path)
    while true {
      let code = sqlite3_step(statement)
      if code == SQLITE_DONE { return }
      guard code == SQLITE_ROW else { throw failure(code) }
      try row(answer)
    }
  }

  private func bind(
    _ value: DatabaseValue, _ place: Int32, of statement: OpaquePointer?
  ) throws(Failure) {
    let code =
      switch value {
      case .integer(let number): sqlite3_bind_int64(statement, place, number)
      case .real(let number): sqlite3_bind_double(statement, place, number)
      case .text(let text):
        text.withCString { sqliteBindText(statement, place, $0, Int32(truncatingIfNeeded: strlen($0))) }
      case .bytes(let bytes):
        bytes.withPointer { sqliteBindBytes(statement, place, $0, Int32(truncatingIfNeeded: bytes.count)) }
      }
    guard code == SQLITE_OK else { throw failure(code) }
  }

  func run(_ sql: String, _ values: [DatabaseValue] = []) throws(Failure) {
    try run(sql, values) { _ throws(Failure) in }
  }

  private func prepared(_ sql: String) throws(Failure) -> OpaquePointer? {
    if let statement = statements[sql] { return statement }
    var statement: OpaquePointer?
    let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement else { throw failure(code) }
    statements[sql] = statement
    return statement
  }

  private final class Answer: DatabaseRow {
    private let statement: OpaquePointer?
    private let path: String

    init(_ statement: OpaquePointer?, _ path: String) {
      self.statement = statement
      self.path = path
    }

    private func expect(_ kind: Int32, _ column: Int) throws(Failure) {
      let found = sqlite3_column_type(statement, Int32(column))
      guard found == kind else {
        throw .badData("\(path): a column of kind \(found); expected \(kind): the gallery is damaged")
      }
    }

    func integer(_ column: Int) throws(Failure) -> Int64 {
      try expect(SQLITE_INTEGER, column)
      return sqlite3_column_int64(statement, Int32(column))
    }

    func real(_ column: Int) throws(Failure) -> Double {
      try expect(SQLITE_FLOAT, column)
      return sqlite3_column_double(statement, Int32(column))
    }

    func text(_ column: Int) throws(Failure) -> String {
      try expect(SQLITE_TEXT, column)
      guard let start = sqlite3_column_text(statement, Int32(column)) else {
        throw .noMemory("\(path): a text")
      }
      let bytes = UnsafeBufferPointer(
        start: start, count: Int(sqlite3_column_bytes(statement, Int32(column))))
      return try columnText(bytes.span, path)
    }

    func bytes(_ column: Int, _ body: (RawSpan) throws(Failure) -> Void) throws(Failure) {
      try expect(SQLITE_BLOB, column)
      let start = sqlite3_column_blob(statement, Int32(column))
      let bytes = UnsafeRawBufferPointer(
        start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(statement, Int32(column))))
      try body(bytes.bytes)
    }
  }

  // MARK: Transactions

  func begin(_ purpose: DatabasePurpose) throws(Failure) {
    switch purpose {
    case .reading: try beginReading()
    case .writing, .creating: try beginWriting()
    }
    try checkFiles()
  }

  private func beginReading() throws(Failure) {
    if frozen != nil { try freeze() }
    try run("BEGIN")
  }

  private func beginWriting() throws(Failure) {
    guard !isReadOnly else { throw refusal }
    // A copy made by `VACUUM INTO`, or restored from a dump, has no log yet.
    if !isLogged { try run("PRAGMA journal_mode = WAL") }
    isLogged = true
    try run("BEGIN IMMEDIATE")
  }

  /// Changes would be lost in a file that has been moved or deleted, or in a log that the next process does
  /// not read.
  private func checkFiles() throws(Failure) {
    guard frozen == nil else { return }  // opened anew each time
    var hasMoved: Int32 = 0
    _ = sqlite3_file_control(connection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
    // (SQLite reports the file to which a link leads.)
    let main = sqlite3_db_filename(connection, "main").map { pathText($0) } ?? place
    guard hasMoved == 0, FileIdentity.check(&file, place), FileIdentity.check(&log, main + "-wal"),
      FileIdentity.check(&index, main + "-shm")
    else {
      throw .io(
        "\(path): the file, or one beside it (-wal, -shm), was removed or replaced while the gallery was open; open it again"
      )
    }
  }

  func commit() throws(Failure) {
    try run("COMMIT")
    guard let frozen else { return }
    var info = stat()
    guard withPath(place, { stat($0, &info) }) == 0, info.st_size == frozen.st_size,
      info.st_mtim.tv_sec == frozen.st_mtim.tv_sec,
      info.st_mtim.tv_nsec == frozen.st_mtim.tv_nsec, info.st_ino == frozen.st_ino, logLength(of: place) == 0
    else { throw .io("\(path): changed while it was read, in a folder that this process may not write") }
  }

  func rollBack() {
    guard maker.isHere, sqlite3_get_autocommit(connection) == 0 else { return }
    sqlite3_exec(connection, "ROLLBACK", nil, nil, nil)
  }

  // MARK: Contents

  func isEmpty() throws(Failure) -> Bool {
    var count: Int64 = 0
    try run("SELECT count(*) FROM sqlite_master", []) { row throws(Failure) in count = try row.integer(0) }
    return count == 0
  }

  /// A file from elsewhere may contain views and triggers with our names: only our tables are accepted. Their
  /// order does not matter, because VACUUM changes it; additional indexes are accepted unless they constrain
  /// data.
  func check(_ statements: [String]) throws(Failure) {
    var isFound = [Bool](repeating: false, count: statements.count)
    let others = "\(path): a database of something else, or of another version, no gallery"
    try run(
      "SELECT coalesce(sql, ''), type FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'", []
    ) {
      row throws(Failure) in
      let sql = try row.text(0), type = try row.text(1)
      if let known = statements.firstIndex(where: { $0.utf8.elementsEqual(sql.utf8) }) {
        isFound[known] = true
      } else if type != "index" || !sql.utf8.starts(with: "CREATE INDEX ".utf8) {
        throw .badData(others)
      }
    }
    guard isFound.allSatisfy({ $0 }) else { throw .badData(others) }
  }

  /// Deleted content is overwritten with zeros (`secure_delete`); here the log, which may contain older
  /// pages, is truncated.
  func wipe() {
    let code = sqlite3_wal_checkpoint_v2(connection, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    if code != SQLITE_OK {
      Tensors.log(
        .warning,
        "\(path): what was removed stays in the log until other processes have read it and one writes again")
    }
  }

  private func failure(_ code: Int32) -> Failure {
    var reason = "\(path): " + (sqlite3_errmsg(connection).map { String(cString: $0) } ?? "error \(code)")
    switch code & 0xFF {
    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_TOOBIG,
      SQLITE_MISMATCH, SQLITE_SCHEMA:
      return .badData(reason)
    case SQLITE_NOMEM:
      return .noMemory(reason)
    case SQLITE_BUSY, SQLITE_LOCKED:
      return .io("\(path): another process has been writing for \(SQLiteDatabase.patience / 1000) seconds")
    case SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH,
      SQLITE_PROTOCOL:
      let number = sqlite3_system_errno(connection)
      if number != 0 { reason += " (\(systemReason(number)))" }
      return .io(reason)
    default:
      return .internalError(reason)
    }
  }
}

/// The identity of the file behind a name, while it is open.
private struct FileIdentity: Equatable {
  private let device: dev_t, number: ino_t

  init?(_ path: String) {
    var info = stat()
    guard withPath(path, { stat($0, &info) }) == 0 else { return nil }
    (device, number) = (info.st_dev, info.st_ino)
  }

  /// Whether a file is still the one first seen.
  static func check(_ known: inout FileIdentity?, _ path: String) -> Bool {
    let found = FileIdentity(path)
    if known == nil { known = found }
    return found == known
  }
}

/// The absolute path; links are not resolved.
private func absolute(_ path: String) throws(Failure) -> String {
  if path.utf8.first == UInt8(ascii: "/") { return path }
  guard let currentFolder else { throw .io("\(path): \(lastReason())") }
  return currentFolder + "/" + path
}

/// Size of a file's write-ahead log; 0 if there is none.
private func logLength(of path: String) -> Int {
  var info = stat()
  return withPath(path + "-wal") { stat($0, &info) } == 0 ? Int(info.st_size) : 0
}

/// Escapes a path for a URI.
private func escaped(_ path: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var bytes: [UInt8] = []
  for byte in pathBytes(path) {
    switch byte {
    case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), 0x30...0x39, 0x41...0x5A,
      0x61...0x7A:
      bytes.append(byte)
    default:
      bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
