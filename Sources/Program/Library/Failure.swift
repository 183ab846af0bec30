import CFaceStyle
import Glibc

/// Why a command failed, in one line.
struct Failure: Error {
  let message: String
  /// The library's status, if the library failed.
  let status: fs_status

  init(_ message: String, _ status: fs_status = FS_OK) {
    self.message = message
    self.status = status
  }
}

/// Throws the library's reason unless `status` is `FS_OK`; `subject`, often a file, precedes it.
func check(_ status: fs_status, _ subject: String = "") throws(Failure) {
  guard status != FS_OK else { return }
  let subject = shown(subject)
  let reason = String(cString: fs_last_error())
  // A reason that already names the file needs no prefix.
  throw Failure(subject.isEmpty || reason.contains(subject) ? reason : "\(subject): \(reason)", status)
}

/// One line on the error stream.
func warn(_ message: String) {
  writeError("facestyle: \(shown(message))\n")
}

/// Writes text to the error stream, unbuffered. (C's `stderr` is a variable that Swift 6 does not let threads
/// share.)
func writeError(_ text: String) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    guard count > 0 else { return }  // nowhere to report it
    rest = rest.dropFirst(count)
  }
}
