import CSystem
import Tensors

/// One connection to a PostgreSQL server, until it is lost.
///
/// Statements go down a pipeline: one without an answer is sent and not waited for, so that a change of many
/// rows does not pay the way to the server and back for each. Nothing waits without end: not for the server,
/// nor for a host that writes, nor the server for a host that has gone.
///
/// A pooler may hand out another session for each transaction, and ours to others: nothing is kept in one
/// beyond a transaction's end. Statements have no names, and settings are those of a transaction.
final class PostgreSQLConnection {
  /// In seconds. A server that can be reached answers with a reason of its own before it counts as silent.
  private static let connectLimit = 10, lockLimit = 10, statementLimit = 20, silenceLimit: Int32 = 30
  /// How many statements may wait for an answer: theirs are short, and fit in what the network holds.
  private static let pipelineLength = 256

  /// What the address and the environment ask of the session: "-csearch_path=north".
  let asked: PostgreSQLOptions
  var isLost: Bool { handle == nil }

  private let name: String
  private let pq: LibPQ
  private var handle: OpaquePointer?
  /// Statements whose answers have not been taken.
  private var sent = 0
  private let maker = ConnectionMaker()

  /// - Throws: `.io` where there is no server, no such database or no entry; `.invalidArgument` for an
  ///   address that libpq cannot read.
  init(_ pq: LibPQ, _ address: PostgreSQLAddress) throws(Failure) {
    self.pq = pq
    name = address.name
    // What comes before the address is for those that do not say it; what comes after is so.
    let options = [
      ("connect_timeout", "\(PostgreSQLConnection.connectLimit)"), ("fallback_application_name", "facestyle"),
      ("dbname", address.text), ("client_encoding", "UTF8")
    ]
    let made = withTexts(options.map { $0.0 }) { keys in
      withTexts(options.map { $0.1 }) { values in
        keys.withUnsafeBufferPointer { keys in
          values.withUnsafeBufferPointer { values in pq.connect(keys.baseAddress, values.baseAddress, 1) }
        }
      }
    }
    handle = made
    asked = PostgreSQLOptions(made.flatMap { pq.options($0) }.map { String(cString: $0) } ?? "")
    guard let handle else { throw .noMemory("\(name): a connection") }
    guard pq.status(handle) == LibPQ.Status.connected else {
      guard pq.databaseName(handle) == nil else { throw .io("\(name): \(reason(handle))") }
      // Of an address that libpq cannot read it repeats parts.
      throw .invalidArgument(
        "\(name): \(address.holdsPassword ? "no address that libpq reads" : reason(handle))")
    }
    _ = pq.listen(
      handle,
      { _, message in if let message { log(.warning, "PostgreSQL: " + oneLine(String(cString: message))) } },
      nil)
    guard pq.doNotBlock(handle, 1) == 0, pq.enterPipeline(handle) == 1 else { throw lost() }
  }

  deinit { end() }

  private func end() {
    guard maker.isHere, let handle else { return }
    pq.finish(handle)
    self.handle = nil
  }

  /// Limits and rules for the transaction that has begun, and for it alone.
  func prepareTransaction() throws(Failure) {
    let settings: [(String, String)] = [
      ("client_min_messages", "'warning'"),
      ("lock_timeout", "'\(PostgreSQLConnection.lockLimit)s'"),
      ("statement_timeout", "'\(PostgreSQLConnection.statementLimit)s'"),
      // A host that goes in the middle of a change keeps the others waiting for half a minute; one that
      // stands still, for ten.
      ("tcp_keepalives_idle", "'15'"), ("tcp_keepalives_interval", "'5'"), ("tcp_keepalives_count", "'3'"),
      ("idle_in_transaction_session_timeout", "'10min'"),
      // A row that a policy hides would be an error, not a person who is missing.
      ("row_security", "'off'"),
      // What is acknowledged is on the disk, at least on the server's own.
      ("synchronous_commit", "replace(current_setting('synchronous_commit'), 'off', 'on')")
    ]
    try run("SELECT " + settings.map { "set_config('\($0.0)', \($0.1), true)" }.joined(separator: ", "), [])
  }

  /// - Throws: `.io` where the session that answered last is in no transaction: a pooler gave each statement
  ///   another one.
  func checkTransaction() throws(Failure) {
    guard let handle, pq.transaction(handle) == LibPQ.Transaction.open else {
      throw .io("\(name): the transaction ended before its time: a pooler must keep transactions together")
    }
  }

  private func lost(_ reason: String? = nil) -> Failure {
    let reason = reason ?? handle.map { self.reason($0) } ?? "not connected"
    end()
    return .io("\(name): the connection is lost: \(reason)")
  }

  private func reason(_ handle: OpaquePointer) -> String {
    pq.reason(handle).map { oneLine(String(cString: $0)) } ?? "no reason given"
  }

  // MARK: Statements

  func run(_ sql: String, _ values: [DatabaseValue]) throws(Failure) {
    try send(sql, values)
    if sent >= PostgreSQLConnection.pipelineLength { try takeAnswers { _ throws(Failure) in } }
  }

  func run(
    _ sql: String, _ values: [DatabaseValue], _ row: (any DatabaseRow) throws(Failure) -> Void
  ) throws(Failure) {
    try send(sql, values)
    try takeAnswers(row)
  }

  private func send(_ sql: String, _ values: [DatabaseValue]) throws(Failure) {
    try maker.check(name)
    guard let handle else { throw lost() }
    // Numbers go as texts, bytes as they are; all that comes back is binary.
    var texts: [String] = [], kinds: [UInt32] = [], lengths: [Int32] = [], formats: [Int32] = []
    var stored: [Storage<UInt8>] = []
    for value in values {
      var text = "", kind = LibPQ.Kind.text, length = 0, format: Int32 = 0
      switch value {
      case .integer(let number): (text, kind) = ("\(number)", LibPQ.Kind.integer)
      case .real(let number): (text, kind) = ("\(number)", LibPQ.Kind.real)
      case .text(let given): text = given
      case .bytes(let bytes):
        (kind, length, format) = (LibPQ.Kind.bytes, bytes.count, 1)
        stored.append(bytes)
      }
      texts.append(text)
      kinds.append(kind)
      lengths.append(Int32(clamping: length))
      formats.append(format)
    }
    let isSent = withTexts(texts) { texts in
      withPointers(stored) { stored in
        var starts = texts, nextStored = 0
        for (i, value) in values.enumerated() {
          switch value {
          case .bytes:
            starts[i] = UnsafeRawPointer(stored[nextStored]).assumingMemoryBound(to: CChar.self)
            nextStored += 1
          case .integer, .real, .text: break
          }
        }
        return starts.withUnsafeBufferPointer { starts in
          pq.send(handle, sql, Int32(values.count), kinds, starts.baseAddress, lengths, formats, 1)
        }
      }
    }
    guard isSent == 1 else { throw lost() }
    sent += 1
  }

  /// Takes the answers to all that was sent. `row` is for those of the last statement; the others have none.
  private func takeAnswers(_ row: (any DatabaseRow) throws(Failure) -> Void) throws(Failure) {
    guard let handle, pq.synchronise(handle) == 1 else { throw lost() }
    var problem: Failure?
    while true {
      do throws(Failure) { try wait(handle) } catch { throw problem ?? error }
      guard let result = pq.result(handle) else {
        // The end of one statement's answers, or of all where the server is gone.
        guard pq.status(handle) == LibPQ.Status.connected else {
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
        if let problem { throw problem }
        return
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
  private func wait(_ handle: OpaquePointer) throws(Failure) {
    while true {
      let unsent = pq.flush(handle)
      guard unsent >= 0 else { throw lost() }
      if unsent == 0, pq.isBusy(handle) == 0 { return }
      var file = pollfd(
        fd: pq.socket(handle), events: Int16(unsent == 0 ? POLLIN : POLLIN | POLLOUT), revents: 0)
      guard poll(&file, 1, 1000 * PostgreSQLConnection.silenceLimit) != 0 else {
        throw lost("no word from the server for \(PostgreSQLConnection.silenceLimit) seconds")
      }
      guard pq.consume(handle) == 1 else { throw lost() }
    }
  }

  /// Ends a transaction, if there is one, as if it had not begun.
  func rollBack() {
    guard maker.isHere else { return }
    // What was sent is answered first: behind a statement that failed, the end would be skipped, too. Why it
    // failed does not matter any more: all of it is undone, and the caller has a reason already.
    if sent > 0 { do throws(Failure) { try takeAnswers { _ throws(Failure) in } } catch {} }
    guard let handle, pq.transaction(handle) != LibPQ.Transaction.none else { return }
    do throws(Failure) { try run("ROLLBACK", []) { _ throws(Failure) in } } catch { end() }
  }

  /// The server's reason, without what it says of the values at hand.
  private func failure(_ result: OpaquePointer) -> Failure {
    let code = pq.field(result, LibPQ.Field.code).map { String(cString: $0) } ?? ""
    let reason =
      name + ": "
      + (pq.field(result, LibPQ.Field.message).map { oneLine(String(cString: $0)) } ?? "no reason given")
    switch code {
    case "55P03":
      return .io("\(name): another host has been writing for \(PostgreSQLConnection.lockLimit) seconds")
    case "42501": return .io(reason)  // not allowed
    // A statement of this name is there, or is not: a pooler mixes sessions up.
    case "42P05", "26000": return .io(reason)
    case "25006": return .io("\(name): may be read only")
    case "XX001", "XX002": return .badData(reason)  // damaged on the disk
    default: break
    }
    // Values, constraints, names and types that do not fit; all else lies with the server and its state.
    return ["22", "23", "42"].contains { code.hasPrefix($0) } ? .badData(reason) : .io(reason)
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
      guard found == kind, pq.isNull(result, row, column) == 0, let start = pq.value(result, row, column)
      else {
        throw .badData(
          "\(name): a column of type \(found) or without a value; expected type \(kind): the gallery is damaged"
        )
      }
      return UnsafeRawBufferPointer(start: start, count: Int(pq.length(result, row, column)))
    }

    /// Eight bytes, the highest first.
    private func bits(_ column: Int, _ kind: UInt32) throws(Failure) -> UInt64 {
      try value(column, kind).reduce(0) { $0 << 8 | UInt64($1) }
    }

    func integer(_ column: Int) throws(Failure) -> Int64 {
      Int64(bitPattern: try bits(column, LibPQ.Kind.integer))
    }
    func real(_ column: Int) throws(Failure) -> Double {
      Double(bitPattern: try bits(column, LibPQ.Kind.real))
    }
    func bytes(_ column: Int, _ body: (RawSpan) throws(Failure) -> Void) throws(Failure) {
      try body(value(column, LibPQ.Kind.bytes).bytes)
    }

    func text(_ column: Int) throws(Failure) -> String {
      try columnText(value(column, LibPQ.Kind.text).assumingMemoryBound(to: UInt8.self).span, name)
    }
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
    body(
      starts.map { start in bytes.baseAddress.map { ($0 + start).assumingMemoryBound(to: CChar.self) } } + [
        nil
      ])
  }
}

/// A message of several lines as one.
private func oneLine(_ message: String) -> String {
  let lines = message.utf8.split { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
  return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
}
