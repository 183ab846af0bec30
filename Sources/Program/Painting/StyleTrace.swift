import CFaceStyle
import Glibc

/// A file with a line of JSON per evaluation. A painting resumed from a checkpoint keeps the lines up to
/// there.
final class StyleTrace {
  private let file: UnsafeMutablePointer<FILE>
  private let path: String
  private var hasBegun = false

  init(_ path: String) throws(Failure) {
    guard let file = fopen(path, "a") else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    (self.file, self.path) = (file, path)
  }

  /// Removes lines of another painting, or from after the checkpoint.
  private func begin(with evaluation: Int) throws(Failure) {
    hasBegun = true
    guard isRegular(path) else { return }
    let kept = lines(of: path).filter { (number("evaluation", of: $0) ?? .max) < evaluation }
    guard ftruncate(fileno(file), 0) == 0 else {
      throw Failure("\(path): \(String(cString: strerror(errno)))")
    }
    for line in kept { try write(line) }
  }

  deinit { fclose(file) }

  func write(_ progress: fs_style_progress) throws(Failure) {
    if !hasBegun { try begin(with: Int(progress.step)) }
    let line = JSON.object([
      "evaluation": .integer(Int(progress.step)), "seconds": .number(progress.seconds),
      "processor_seconds": .number(processorSeconds()),
      "width": .integer(Int(progress.width)), "height": .integer(Int(progress.height)),
      "content": .number(progress.content), "style": .number(progress.style),
      "variation": .number(progress.variation),
      "temporal": .number(progress.temporal),
      "total": .number(progress.total), "resident_mb": residentMegabytes().map { .number($0) } ?? .null
    ])
    try write(line.description)
  }

  private func write(_ line: String) throws(Failure) {
    guard fputs(line + "\n", file) >= 0, fflush(file) == 0 else {
      throw Failure("\(path): \(String(cString: strerror(errno)))")
    }
  }

  /// CPU time of all threads since the program began.
  private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Of this process; nil if /proc does not report it.
  private func residentMegabytes() -> Double? {
    guard let statm = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(statm) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, statm) != nil else { return nil }
    let words = line.prefix { $0 != 0 }.split(separator: 32)
    guard words.count > 1,
      let pages = Double(String(decoding: words[1].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    else { return nil }
    return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1e6
  }
}
