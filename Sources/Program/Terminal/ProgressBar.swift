import Glibc

/// One line on the error stream, redrawn after each step; silent unless that is a terminal.
///
///     [##########------------------------]  60/200  J 6.39e+09  ETA 1:23
struct ProgressBar {
  private let visible = isatty(STDERR_FILENO) != 0
  private let barWidth: Int

  /// - Parameter width: of the bar, in characters; a long note requires a short bar.
  init(width: Int = 34) { barWidth = width }

  /// - Parameter note: a few words between the count and the time left.
  func show(step: Int, of steps: Int, _ note: String = "", seconds: Double) {
    guard visible, steps > 0, step > 0 else { return }
    let done = barWidth * min(step, steps) / steps
    let bar = String(repeating: "#", count: done) + String(repeating: "-", count: barWidth - done)
    let left = seconds / Double(step) * Double(steps - step)
    let count = padded(step, "\(steps)".count)
    // At most 80 columns, so that the line does not wrap; the blanks erase the rest of a longer line.
    let middle = note.isEmpty ? "" : "\(note)  "
    let line = leftAligned("[\(bar)] \(count)/\(steps)  \(middle)ETA \(clock(left))", 78)
    writeError("\r\(line.prefix(79))")
  }

  /// Leaves the bar on the screen and starts a new line.
  func end() {
    if visible { writeError("\n") }
  }
}
