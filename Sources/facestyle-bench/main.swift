import CSystem
import Tensors

// facestyle-bench [--json] [--models DIR] [--photos DIR]    the whole table
// facestyle-bench --search                                  its rows of galleries alone
// facestyle-bench gemm SIDE THREADS                         one product, as a line of JSON

func complain(_ message: String) { (message + "\n").withCString { _ = write(2, $0, strlen($0)) } }

func fixed(_ x: Double, _ digits: Int, _ width: Int) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let whole = Int((x * scale).rounded())
  var text = "\(whole / Int(scale))"
  if digits > 0 {
    let rest = "\(whole % Int(scale))"
    text += "." + String(repeating: "0", count: digits - rest.count) + rest
  }
  return String(repeating: " ", count: max(0, width - text.count)) + text
}

func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

func json(_ row: Row, peak: Double) -> String {
  "{\"work\":\"\(row.work)\",\"shape\":\"\(row.shape)\",\"threads\":\(row.threads),\"ms\":\(row.median),"
    + "\"spread_percent\":\(row.spread),\"gflops\":\(row.gigaflops),"
    + "\"percent_of_peak\":\(100 * row.gigaflops / (peak * Double(row.threads)))"
    + (row.percentOfBandwidth.map { ",\"percent_of_bandwidth\":\($0)" } ?? "") + "}"
}

func table(_ arguments: [String]) throws(Failure) {
  func option(_ name: String, _ standard: String) -> String {
    guard let place = arguments.firstIndex(of: name), place + 1 < arguments.count else { return standard }
    return arguments[place + 1]
  }
  let asJSON = arguments.contains("--json")
  let threads = ThreadPool.processors > 1 ? [1, ThreadPool.processors] : [1]
  let mark = try peak()
  let best = mark.gigaflops
  if !asJSON {
    print("kernels: \(String(cString: instructionSetName)); peak of one core: \(fixed(best, 0, 0)) GFLOP/s\n")
    print(left("work", 15) + left("shape", 20) + "threads" + "        ms  spread  GFLOP/s   peak   memory")
  }
  func show(_ row: Row) {
    if asJSON { return print(json(row, peak: best)) }
    var line = left(row.work, 15) + left(row.shape, 20) + fixed(Double(row.threads), 0, 7)
    line += fixed(row.median, 2, 10) + fixed(row.spread, 0, 7) + "%"
    if row.operations > 0 {
      line += fixed(row.gigaflops, 0, 9) + fixed(100 * row.gigaflops / (best * Double(row.threads)), 0, 6) + "%"
    }
    if let percent = row.percentOfBandwidth { line += fixed(percent, 0, 24) + "%" }
    print(line)
  }
  for row in try searchRows(threads: threads) { show(row) }
  if arguments.contains("--search") { return }
  for threads in threads { for side in [512, 1024, 2048] { show(try product(side, threads: threads)) } }
  for (height, width, channels, filters) in [
    (300, 400, 3, 64), (300, 400, 64, 64), (150, 200, 64, 128), (150, 200, 128, 128), (75, 100, 128, 256),
    (75, 100, 256, 256), (38, 50, 256, 512), (38, 50, 512, 512), (19, 25, 512, 512),
  ] {
    for threads in threads { for row in try convolution(height, width, channels, filters, threads: threads) { show(row) } }
  }
  let rows = networkRows(
    models: option("--models", "build/models"), photos: option("--photos", "build/photos"), threads: threads)
  for row in rows { show(row) }
}

let arguments = Array(CommandLine.arguments.dropFirst())
do throws(Failure) {
  if arguments.first == "gemm", arguments.count == 3, let side = Int(arguments[1]), let threads = Int(arguments[2]),
    side >= 1, side <= 16384, threads >= 1, threads <= ThreadPool.maximum
  {
    let row = try product(side, threads: threads)
    print("{\"ms\":\(row.median),\"gflops\":\(row.gigaflops)}")
  } else if arguments.first == "conv", arguments.count == 6 {
    let n = arguments.dropFirst().compactMap { Int($0) }
    for row in try convolution(n[0], n[1], n[2], n[3], threads: n[4]) {
      print(row.work, row.shape, row.threads, fixed(row.milliseconds[0], 3, 9), fixed(row.median, 3, 9), fixed(row.operations / row.milliseconds[0] / 1e6, 0, 6))
    }
  } else if let first = arguments.first, !first.hasPrefix("--") {
    complain("usage: facestyle-bench [--json] [--search] [--models DIR] [--photos DIR] | gemm SIDE THREADS")
    exit(64)
  } else {
    try table(arguments)
  }
} catch {
  complain("facestyle-bench: \(text(error))")
  exit(1)
}
