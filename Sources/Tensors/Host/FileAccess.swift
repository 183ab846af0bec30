import CSystem

/// Reads and writes whole files, reporting the operating system's reason if it refuses.

/// The bytes of a regular file.
/// - Throws: the errors of `OpenFile`; `.badData` if it holds more than `limit`.
package func readFile(_ path: String, limit: Int) throws(Failure) -> Storage<UInt8> {
  let file = try OpenFile(path, limit: limit)
  return try file.next(file.size)
}

/// A regular file, read piece by piece from its start, or in ranges.
package final class OpenFile {
  private let file: Int32
  private let path: String
  /// When it was opened.
  package let size: Int
  private var done = 0

  /// - Throws: `.io` if it cannot be read or is a folder, a pipe or a device; `.badData` if it holds more
  ///   than `limit`.
  package init(_ path: String, limit: Int = .max) throws(Failure) {
    let (file, size) = try openRegular(path)
    guard size <= limit else {
      close(file)
      throw .badData("\(path): \(size) bytes; expected at most \(limit)")
    }
    (self.file, self.path, self.size) = (file, path, size)
  }

  deinit { close(file) }

  /// The next `count` bytes.
  /// - Throws: `.io` if there are fewer.
  package func next(_ count: Int) throws(Failure) -> Storage<UInt8> {
    let bytes = try self.bytes(done..<(done + count))
    done += count
    return bytes
  }

  /// A range of its bytes. Several threads may call this at once.
  /// - Throws: `.io` if it ends before them.
  package func bytes(_ range: Range<Int>) throws(Failure) -> Storage<UInt8> {
    let bytes = try Storage<UInt8>(count: range.count)
    var filled = 0
    while filled < range.count {
      let got = pread(file, bytes.pointer + filled, range.count - filled, range.lowerBound + filled)
      if got < 0 {
        if systemError() == EINTR { continue }
        throw .io("\(path): \(lastReason())")
      }
      guard got > 0 else {
        let found = range.lowerBound + filled, expected = max(size, range.upperBound)
        throw .io("\(path): shrank to \(found) bytes while being read; expected \(expected)")
      }
      filled += got
    }
    return bytes
  }
}

private func openRegular(_ path: String) throws(Failure) -> (file: Int32, size: Int) {
  // Checked before opening: opening a pipe would wait for its writer.
  var info = stat()
  guard withPath(path, { stat($0, &info) }) == 0 else { throw .io("\(path): \(lastReason())") }
  try refuseUnlessRegular(info, path)
  let file = withPath(path) { systemOpenForReading($0) }
  guard file >= 0 else { throw .io("\(path): \(lastReason())") }
  do throws(Failure) {
    guard fstat(file, &info) == 0 else { throw .io("\(path): \(lastReason())") }
    try refuseUnlessRegular(info, path)
  } catch {
    close(file)
    throw error
  }
  return (file, Int(info.st_size))
}

/// Writes a file atomically: the bytes go to a hidden file in the same folder, which is renamed once they are
/// on the disk. An existing file keeps its permissions; a link keeps pointing to its file.
/// - Throws: `.io`. Nothing is left behind, unless the new file is complete and only its folder could not be
///   synced.
package func writeFile(_ path: String, _ bytes: UnsafeRawBufferPointer) throws(Failure) {
  var target = path
  var permissions: mode_t?
  var info = stat()
  if withPath(path, { stat($0, &info) }) == 0 {
    try refuseUnlessRegular(info, path)
    permissions = info.st_mode & 0o777
    target = resolved(path) ?? path
  }

  let (temporary, file) = try createBeside(target, for: path)
  do throws(Failure) {
    defer { close(file) }
    // A file system without permissions refuses, but the file can still be written.
    if let permissions { _ = fchmod(file, permissions) }
    try writeAll(bytes, to: file, for: path)
    guard synced(file) else { throw .io("\(path): \(lastReason())") }
  } catch {
    _ = withPath(temporary) { unlink($0) }
    throw error
  }
  guard withPath(temporary, { temporary in withPath(target) { rename(temporary, $0) } }) == 0 else {
    let reason = lastReason()
    _ = withPath(temporary) { unlink($0) }
    throw .io("\(path): \(reason)")
  }
  try keepName(target, for: path)
}

/// Waits until the folder's list of names is on the disk: without that a power failure can undo a rename.
private func keepName(_ target: String, for path: String) throws(Failure) {
  let folder = withPath(directory(of: target)) { systemOpenForReading($0) }
  guard folder >= 0 else {
    // It may be writable but not readable.
    if systemError() == EACCES { return }
    throw .io("\(path): \(lastReason())")
  }
  defer { close(folder) }
  // Some file systems have nothing to sync and report an invalid argument.
  guard synced(folder) || systemError() == EINVAL else { throw .io("\(path): \(lastReason())") }
}

private func synced(_ file: Int32) -> Bool {
  var status = fsync(file)
  while status != 0, systemError() == EINTR { status = fsync(file) }
  return status == 0
}

/// "." or the path up to and including its last slash.
func directory(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return String(path[...slash])
}

/// The length of a UTF-8 byte-order mark, which some editors and spreadsheets write: 3 or 0.
package func markLength(_ text: Span<UInt8>) -> Int {
  text.count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF ? 3 : 0
}

/// The operating system's reason for its last refusal, such as "No such file or directory".
package func lastReason() -> String { systemReason(systemError()) }

package func systemReason(_ number: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
    guard let start = buffer.baseAddress else { return "error \(number)" }
    buffer.initialize(repeating: 0)
    systemDescribe(number, start, buffer.count)
    return start[0] == 0 ? "error \(number)" : String(cString: start)
  }
}

private func refuseUnlessRegular(_ info: stat, _ path: String) throws(Failure) {
  guard systemIsDirectory(info.st_mode) == 0 else { throw .io("\(path): a folder; expected a file") }
  guard systemIsRegular(info.st_mode) != 0 else { throw .io("\(path): a pipe or a device; expected a file") }
}

/// Creates an empty, hidden file in the folder of `target`.
private func createBeside(_ target: String, for path: String) throws(Failure) -> (name: String, file: Int32) {
  let folder = target.utf8.contains(UInt8(ascii: "/")) ? directory(of: target) : ""
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  for attempt in 0..<100 {
    let name = folder + ".facestyle-\(getpid())-\(now.tv_sec)-\(now.tv_nsec)-\(attempt)"
    let file = withPath(name) { systemCreate($0) }
    if file >= 0 { return (name, file) }
    // Taken by another thread in the same nanosecond.
    guard systemError() == EEXIST else { break }
  }
  throw .io("\(path): \(lastReason())")
}

private func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32, for path: String) throws(Failure) {
  guard let start = bytes.baseAddress else { return }
  var done = 0
  while done < bytes.count {
    let written = write(file, start + done, bytes.count - done)
    if written < 0 {
      if systemError() == EINTR { continue }
      throw .io("\(path): \(lastReason())")
    }
    guard written > 0 else { throw .io("\(path): \(done) of \(bytes.count) bytes written, then no more") }
    done += written
  }
}
