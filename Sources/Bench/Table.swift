import CSystem
import Tensors

/// Shows rows as they arrive: on the screen, in 80 columns, and in a file, as lines of JSON.
struct Table {
  let marks: Marks
  /// nil: only the screen.
  let file: UnsafeMutablePointer<FILE>?

  func showHead() {
    print(
      "kernels: \(String(cString: instructionSetName)); peak of one thread: \(fixed(marks.peak, 0, 0)) GFLOP/s"
    )
    for (threads, rate) in marks.bandwidth.sorted(by: { $0.key < $1.key }) {
      print("memory, read by \(threads) thread\(threads == 1 ? "" : "s"): \(fixed(rate, 1, 0)) GB/s")
    }
    print("\n" + left("work", 16) + left("shape", 16) + "threads       ms spread          rate  peak   MB")
  }

  func showFoot() {
    print(
      """

      spread: from the fastest to the slowest run but a tenth at either end
      peak: in percent of that of as many threads, or of the memory's speed; more than
      100 where a method needs fewer operations, or numbers come from a cache
      """)
  }

  func show(_ rows: [Row]) { for row in rows { show(row) } }

  private func show(_ row: Row) {
    var line = left(row.work, 16) + left(row.shape, 16) + fixed(Double(row.threads), 0, 7)
    line += fixed(row.median, row.median < 100 ? 2 : 1, 9) + fixed(row.spread, 0, 6) + "%"
    var rate = "", percent = ""
    switch row.amount {
    case .operations(let count): rate = fixed(count / row.median / 1e6, 1, 0) + " GFLOP/s"
    case .bytes(let count): rate = fixed(count / row.median / 1e6, 1, 0) + " GB/s"
    case .nothing: break
    }
    if let part = marks.percent(row) { percent = fixed(part, 0, 0) + "%" }
    if !rate.isEmpty || row.megabytes != nil { line += right(rate, 14) + right(percent, 6) }
    if let megabytes = row.megabytes { line += fixed(megabytes, 0, 5) }
    print(line)
    fflush(nil)
    if let file { fputs(json(row) + "\n", file) }
  }

  private func json(_ row: Row) -> String {
    var text =
      "{\"work\":\"\(row.work)\",\"shape\":\"\(row.shape)\",\"threads\":\(row.threads),\"ms\":\(row.median)"
    text +=
      ",\"fastest_ms\":\(row.milliseconds[0]),\"spread_percent\":\(row.spread),\"runs\":\(row.milliseconds.count)"
    switch row.amount {
    case .operations(let count): text += ",\"gflops\":\(count / row.median / 1e6)"
    case .bytes(let count): text += ",\"gbytes\":\(count / row.median / 1e6)"
    case .nothing: break
    }
    if let part = marks.percent(row) {
      if case .bytes = row.amount {
        text += ",\"percent_of_bandwidth\":\(part)"
      } else {
        text += ",\"percent_of_peak\":\(part)"
      }
    }
    if let megabytes = row.megabytes { text += ",\"mb\":\(megabytes)" }
    return text + "}"
  }
}

func fixed(_ x: Double, _ digits: Int, _ width: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let whole = Int((x * scale).rounded())
  var text = "\(whole / Int(scale))"
  if digits > 0 {
    let rest = "\(whole % Int(scale))"
    text += "." + String(repeating: "0", count: digits - rest.count) + rest
  }
  return right(text, width)
}

func left(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
func right(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
