import CFaceStyle
import Glibc

/// Why a command did not do what it was asked to, in one line.
struct Failure: Error {
  let message: String
  /// The library's number, where the reason is the library's.
  let status: fs_status

  init(_ message: String, _ status: fs_status = FS_OK) {
    self.message = message
    self.status = status
  }
}

/// Throws the library's reason unless `status` is `FS_OK`; `subject`, often a file, comes before it.
func check(_ status: fs_status, _ subject: String = "") throws(Failure) {
  guard status != FS_OK else { return }
  let subject = shown(subject)
  let reason = String(cString: fs_last_error())
  // A reason that names the file already does not need it twice.
  throw Failure(subject.isEmpty || reason.contains(subject) ? reason : "\(subject): \(reason)", status)
}

/// One line on the error stream.
func warn(_ message: String) {
  writeError("facestyle: \(shown(message))\n")
}

/// Text on the error stream, at once. (C's `stderr` is a variable that Swift 6 does not let threads share.)
func writeError(_ text: String) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    guard count > 0 else { return }  // nobody to tell
    rest = rest.dropFirst(count)
  }
}
