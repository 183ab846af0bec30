import ArgumentParser
import CFaceStyle
import Glibc

// A command's output files: checked before the work, and kept elsewhere if they cannot be written after it.

/// Fails before the work if an output could not be written after it.
/// - Parameters:
///   - files: written as a whole by the library; nil if not requested.
///   - streams: written line by line; may be a pipe or a device.
func checkOutputs(_ files: String?..., streams: String?...) throws(Failure) {
  try checkOutputs(files, streams: streams)
}

func checkOutputs(_ files: [String?], streams: [String?] = []) throws(Failure) {
  var known: [String] = []
  for (file, isWhole) in files.map({ ($0, true) }) + streams.map({ ($0, false) }) {
    guard let file else { continue }
    try checkPlace(of: file, isWhole: isWhole)
    guard !known.contains(file) else { throw Failure("\(file): named twice; expected a file for each") }
    known.append(file)
  }
}

/// An output picture: an argument whose ending names a format.
struct PictureOutput {
  let path: String

  init(path: String) { self.path = path }

  init(argument: String) throws {
    guard isWrittenPicture(argument) else { throw ValidationError("expected a \(anyWrittenEnding) file.") }
    path = argument
  }

  /// The path of a numbered file next to it: "painted-0020.png" for "painted.png" and "0020".
  func path(with part: String) -> String {
    let (stem, ending) = nameAndExtension(path)
    return "\(stem)-\(part).\(ending)"
  }
}

/// Checks that a file could be written. Whole files are replaced by a new one next to them: the folder must
/// be writable.
private func checkPlace(of file: String, isWhole: Bool) throws(Failure) {
  guard !file.isEmpty else { throw Failure("a file without a name; expected one with") }
  var info = stat(), target = file
  if withPath(file, { stat($0, &info) }) == 0 {
    let kind = info.st_mode & S_IFMT
    guard kind != S_IFDIR else { throw Failure("\(file): a folder; expected a file") }
    if kind != S_IFREG, !isWhole { return }
    guard kind == S_IFREG else { throw Failure("\(file): a pipe or a device; expected a file") }
    if let resolved = withPath(file, { realpath($0, nil) }) {
      target = pathText(resolved)
      free(resolved)
    }
  } else if errno != ENOENT {
    throw Failure("\(file): \(String(cString: strerror(errno)))")
  }
  let folder = target.lastIndex(of: "/").map { target[...$0] } ?? "."
  guard access(String(folder), W_OK | X_OK) == 0 else {
    throw Failure("\(file): \(String(cString: strerror(errno)))")
  }
}

extension Picture {
  /// Writes the picture. If that fails, it goes to a new folder in TMPDIR, or /tmp.
  /// - Throws: if it is not at `path`; the reason says where it is.
  func keep(at path: String, elseIn checkpoint: String? = nil) throws(Failure) {
    try keeping("picture", at: path, elseIn: checkpoint) { place throws(Failure) in try write(to: place) }
  }
}

/// - Parameter checkpoint: a file from which `what` can be recreated, if it exists.
func keeping(
  _ what: String, at path: String, elseIn checkpoint: String?, _ write: (String) throws(Failure) -> Void
) throws(Failure) {
  do throws(Failure) {
    try write(path)
  } catch {
    guard error.status == FS_IO else { throw error }
    let rest: String
    if let other = rescued(path, write) {
      rest = "the \(what) is in \(other)"
    } else if let checkpoint {
      rest = "the same command makes the \(what) again from \(checkpoint)"
    } else {
      rest = "the \(what) is lost"
    }
    throw Failure("\(error.message); \(rest)", error.status)
  }
}

private func rescued(_ path: String, _ write: (String) throws(Failure) -> Void) -> String? {
  let named = getenv("TMPDIR").map { pathText($0) } ?? ""
  let template = "\(named.isEmpty ? "/tmp" : named)/facestyle-XXXXXX"
  guard let folder = withPath(template, { strdup($0) }) else { return nil }
  defer { free(folder) }
  guard mkdtemp(folder) != nil else { return nil }
  let place = pathText(folder) + "/" + fileName(path)
  do throws(Failure) {
    try write(place)
    return place
  } catch {
    rmdir(folder)
    return nil
  }
}

/// Failures besides the main work: reported at once, while the work continues, and shown in the exit status.
final class Troubles {
  /// Current failures, by the work that they concern.
  private var reasons: [String: String] = [:]
  private var reported: Set<String> = []

  /// Reports a reason unless it has been reported before.
  func add(_ failure: Failure, to work: String) {
    if reported.insert(failure.message).inserted { warn("\(work): \(failure.message)") }
    reasons[work] = failure.message
  }

  /// Records that it succeeded in the end.
  func clear(_ work: String) { reasons[work] = nil }

  func has(_ work: String) -> Bool { reasons[work] != nil }

  /// Sets the exit status; call at the end of a command.
  func end() throws { if !reasons.isEmpty { throw ExitCode.failure } }
}

/// How to resume after an early end.
func wayOn(_ checkpoint: String?) -> String {
  guard let checkpoint else { return "; without --checkpoint there is nothing to go on from" }
  // `CommandLine.arguments` would repair paths that are not UTF-8.
  let words = (0..<Int(CommandLine.argc)).compactMap {
    CommandLine.unsafeArgv[$0].map { quoted(pathText($0)) }
  }
  return "; the same command goes on from \(checkpoint): \(words.joined(separator: " "))"
}

/// Quoted for a shell.
private func quoted(_ argument: String) -> String {
  let plain = argument.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-_./:=,+@%".utf8.contains(byte)
    }
  }
  guard !plain || argument.isEmpty else { return argument }
  return "'" + argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    + "'"
}
