import CSystem
import Tensors

// facestyle-bench [--only PART,...] [--json FILE] [--models DIR] [--photos DIR] [--first-use PROGRAM]
// facestyle-bench gemm M K N THREADS            one product, as a line of JSON

let usage = """
  usage: facestyle-bench [--only PART,...] [--json FILE] [--models DIR] [--photos DIR]
                         [--first-use PROGRAM]
         facestyle-bench gemm M K N THREADS
  parts: products, grams, convolutions, elements, detectors, faces, frames, style, fast, training, first,
         search
  """

func complain(_ message: String) { (message + "\n").withCString { _ = write(2, $0, strlen($0)) } }

/// Runs the whole table, or some parts of it. Reports and skips a part whose files are absent.
func table(_ options: [String: String]) throws(Failure) {
  let threads = ThreadPool.processors > 1 ? [1, ThreadPool.processors] : [1]
  let files = Files(
    models: options["--models"] ?? "build/models", photos: options["--photos"] ?? "build/photos",
    firstUse: options["--first-use"] ?? "build/first-use")
  let parts: [(name: String, rows: () throws(Failure) -> [Row])] = [
    ("products", { () throws(Failure) in try productRows(threads: threads) }),
    ("grams", { () throws(Failure) in try gramRows(threads: threads) }),
    ("convolutions", { () throws(Failure) in try convolutionRows(threads: threads) }),
    ("elements", { () throws(Failure) in try elementRows(threads: threads) }),
    ("detectors", { () throws(Failure) in try detectorRows(threads: threads) }),
    ("faces", { () throws(Failure) in try faceRows(files, threads: threads) }),
    ("frames", { () throws(Failure) in try frameRows(files, threads: threads) }),
    ("style", { () throws(Failure) in try styleRows(files, threads: threads) }),
    ("fast", { () throws(Failure) in try fastStyleRows(threads: threads) }),
    ("first", { () throws(Failure) in try firstUseRows(files) }),
    ("training", { () throws(Failure) in try trainingRows(threads: threads) }),
    ("search", { () throws(Failure) in try searchRows(threads: threads) })
  ]
  let selected = options["--only"].map { $0.split(separator: ",").map { String($0) } }
  for name in selected ?? [] where !parts.contains(where: { $0.name == name }) {
    throw .invalidArgument("no part is called \(name)\n\(usage)")
  }
  let file = options["--json"].flatMap { fopen($0, "w") }
  if let path = options["--json"], file == nil { throw .io("\(path): \(lastReason())") }
  let table = Table(marks: try Marks(threads: threads), file: file)
  table.showHead()
  for part in parts where selected?.contains(part.name) ?? true {
    do throws(Failure) { table.show(try part.rows()) } catch {
      complain("\(part.name) left out: \(error.reason)")
    }
  }
  table.showFoot()
  if let file { fclose(file) }
}

let arguments = Array(CommandLine.arguments.dropFirst())
do throws(Failure) {
  let sides = arguments.dropFirst().compactMap { Int($0) }
  if arguments.first == "gemm", arguments.count == 5, sides.count == 4,
    sides.allSatisfy({ (1...1_000_000).contains($0) })
  {
    var samples: [String] = []
    let row = try product(sides[0], sides[1], sides[2], threads: sides[3]) { samples.append("\($0)") }
    print("{\"ms\":\(row.median),\"samples\":[\(samples.joined(separator: ","))]}")
  } else {
    var options: [String: String] = [:]
    for i in stride(from: 0, to: arguments.count, by: 2) {
      guard ["--only", "--json", "--models", "--photos", "--first-use"].contains(arguments[i]),
        i + 1 < arguments.count
      else { throw .invalidArgument(usage) }
      options[arguments[i]] = arguments[i + 1]
    }
    try table(options)
  }
} catch {
  complain(error.reason)
  exit(1)
}
