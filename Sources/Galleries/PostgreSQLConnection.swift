import CSystem
import Tensors

/// A connection to a PostgreSQL server, until it is lost.
///
/// Statements are pipelined: those without result are sent without waiting, so that a change of many rows
/// does not pay the round trip for each. No wait is unlimited: not for the server, not for a host that
/// writes, and not the server's for a host that has gone.
///
/// A pooler may assign another session to each transaction, and ours to others: nothing in a session outlives
/// a transaction. Statements are unnamed, and settings are local to a transaction.
final class PostgreSQLConnection {
  /// In seconds. A reachable server reports its own reason before the connection counts as silent.
  private static let connectLimit = 10, lockLimit = 10, statementLimit = 20, silenceLimit: Int32 = 30
  /// For all answers to what was sent: a server that goes on for ever with a byte now and then is not silent.
  private static let answerLimit = 600.0
  /// The maximum number of statements awaiting results: their results are short, and fit the network's
  /// buffers.
  private static let pipelineLength = 256

  /// The options that the address and the environment request for the session: "-csearch_path=north".
  let asked: PostgreSQLOptions
  var isLost: Bool { handle == nil }

  private let name: String
  private let pq: LibPQ
  private var handle: OpaquePointer?
  /// Statements whose results have not been read.
  private var sent = 0
  private let maker = ConnectionMaker()

  /// - Throws: `.io` if there is no such server or database, or no access; `.invalidArgument` for an address
  ///   that libpq cannot parse.
  init(_ pq: LibPQ, _ address: PostgreSQLAddress) throws(Failure) {
    self.pq = pq
    name = address.name
    // Keywords before the address are defaults; those after it take precedence.
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
      // libpq repeats parts of an address that it cannot parse.
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

  /// Sets limits and rules for the current transaction only.
  func prepareTransaction() throws(Failure) {
    let settings: [(String, String)] = [
      ("client_min_messages", "'warning'"),
      ("lock_timeout", "'\(PostgreSQLConnection.lockLimit)s'"),
      ("statement_timeout", "'\(PostgreSQLConnection.statementLimit)s'"),
      // A host that disappears in the middle of a change blocks the others for half a minute; one that
      // stalls, for ten minutes.
      ("tcp_keepalives_idle", "'15'"), ("tcp_keepalives_interval", "'5'"), ("tcp_keepalives_count", "'3'"),
      ("idle_in_transaction_session_timeout", "'10min'"),
      // A row hidden by a policy must be an error, not a missing person.
      ("row_security", "'off'"),
      // Acknowledged changes are on the disk, at least on the primary.
      ("synchronous_commit", "replace(current_setting('synchronous_commit'), 'off', 'on')")
    ]
    try run("SELECT " + settings.map { "set_config('\($0.0)', \($0.1), true)" }.joined(separator: ", "), [])
  }

  /// - Throws: `.io` if the session that answered last is not in a transaction: a pooler assigned a session
  ///   per statement.
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
    // Numbers are sent as text, bytes as they are; all results are binary.
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

  /// Reads all pending results. `row` receives those of the last statement; the others have none.
  ///
  /// The server may be broken or hostile: what is no answer to what was sent ends the connection.
  private func takeAnswers(_ row: (any DatabaseRow) throws(Failure) -> Void) throws(Failure) {
    guard let handle, pq.synchronise(handle) == 1 else { throw lost() }
    let end = monotonicSeconds() + PostgreSQLConnection.answerLimit
    var problem: Failure?
    while true {
      // Rows come one by one: a result of all of them would grow in libpq without limit. (No for what is no
      // statement's.)
      _ = pq.takeRowByRow(handle)
      do throws(Failure) { try wait(handle, until: end) } catch { throw problem ?? error }
      guard let result = pq.result(handle) else {
        // The end of one statement's results, or of all if the server has gone.
        guard pq.status(handle) == LibPQ.Status.connected, sent > 0 else {
          let end = lost(sent > 0 ? nil : "an answer to nothing that was asked")
          throw problem ?? end
        }
        sent -= 1
        continue
      }
      defer { pq.clear(result) }
      switch pq.kind(result) {
      case LibPQ.Result.synchronised:
        guard sent == 0 else {
          let end = lost("\(sent) statements without an answer")
          throw problem ?? end
        }
        if let problem { throw problem }
        return
      case LibPQ.Result.row where sent == 1 && problem == nil:
        do throws(Failure) { try row(Answer(pq, result, name)) } catch { problem = error }
      case LibPQ.Result.done, LibPQ.Result.row, LibPQ.Result.rows, LibPQ.Result.skipped: break
      case LibPQ.Result.failed: problem = problem ?? failure(result, handle)
      // Copies, which libpq would announce for ever.
      case let other:
        let end = lost("an answer of kind \(other), for which nothing asked")
        throw problem ?? end
      }
    }
  }

  /// Sends pending data until a requested result has arrived.
  private func wait(_ handle: OpaquePointer, until end: Double) throws(Failure) {
    while true {
      let unsent = pq.flush(handle)
      guard unsent >= 0 else { throw lost() }
      if unsent == 0, pq.isBusy(handle) == 0 { return }
      guard monotonicSeconds() < end else {
        throw lost("the answer has no end after \(Int(PostgreSQLConnection.answerLimit)) seconds")
      }
      var file = pollfd(
        fd: pq.socket(handle), events: Int16(unsent == 0 ? POLLIN : POLLIN | POLLOUT), revents: 0)
      guard poll(&file, 1, 1000 * PostgreSQLConnection.silenceLimit) != 0 else {
        throw lost("no word from the server for \(PostgreSQLConnection.silenceLimit) seconds")
      }
      guard pq.consume(handle) == 1 else { throw lost() }
    }
  }

  /// Rolls back the transaction, if there is one.
  func rollBack() {
    guard maker.isHere else { return }
    // Pending statements first: after a failed one the rollback would be skipped, too. Their failures no
    // longer matter: everything is undone, and the caller already has a reason.
    if sent > 0 { do throws(Failure) { try takeAnswers { _ throws(Failure) in } } catch {} }
    guard let handle, pq.transaction(handle) != LibPQ.Transaction.none else { return }
    do throws(Failure) { try run("ROLLBACK", []) { _ throws(Failure) in } } catch { end() }
  }

  /// The server's reason, without its details about values.
  private func failure(_ result: OpaquePointer, _ handle: OpaquePointer) -> Failure {
    let code = pq.field(result, LibPQ.Field.code).map { String(cString: $0) } ?? ""
    let reason =
      name + ": "
      + (pq.field(result, LibPQ.Field.message).map { oneLine(String(cString: $0)) } ?? self.reason(handle))
    switch code {
    case "55P03":
      return .io("\(name): another host has been writing for \(PostgreSQLConnection.lockLimit) seconds")
    case "42501": return .io(reason)  // not allowed
    // A statement of this name exists, or does not: a pooler mixed up sessions.
    case "42P05", "26000": return .io(reason)
    case "25006": return .io("\(name): may be read only")
    case "XX001", "XX002": return .badData(reason)  // damaged on the disk
    default: break
    }
    // Values, constraints, names and types that do not match; all other errors concern the server and its
    // state.
    return ["22", "23", "42"].contains { code.hasPrefix($0) } ? .badData(reason) : .io(reason)
  }

  /// A result of one row.
  private final class Answer: DatabaseRow {
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
      guard found == kind, pq.isNull(result, 0, column) == 0, let start = pq.value(result, 0, column)
      else {
        throw .badData(
          "\(name): a column of type \(found) or without a value; expected type \(kind): the gallery is damaged"
        )
      }
      return UnsafeRawBufferPointer(start: start, count: Int(pq.length(result, 0, column)))
    }

    /// Eight bytes, big-endian.
    private func bits(_ column: Int, _ kind: UInt32) throws(Failure) -> UInt64 {
      let bytes = try value(column, kind)
      guard bytes.count == 8 else {
        throw .badData("\(name): a number of \(bytes.count) bytes; expected 8: the gallery is damaged")
      }
      return bytes.reduce(0) { $0 << 8 | UInt64($1) }
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

/// The texts as a NULL-terminated array of C strings.
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

/// Joins a message of several lines into one.
private func oneLine(_ message: String) -> String {
  let lines = message.utf8.split { $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
  return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
}
