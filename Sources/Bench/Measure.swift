import CSystem
import Tensors

/// One row of the table: the time of a piece of work.
struct Row {
  /// The amount of work of one run, if a rate is meaningful.
  enum Amount {
    case operations(Double)
    /// Read and written, counting each number once.
    case bytes(Double)
    case nothing
  }

  let work, shape: String
  let threads: Int
  /// Of each run, ascending.
  let milliseconds: [Double]
  var amount = Amount.nothing
  /// The peak memory that the work adds to the process.
  var megabytes: Double?

  var median: Double { milliseconds[milliseconds.count / 2] }
  /// The range from the fastest to the slowest run without a tenth at either end, in percent of the median.
  var spread: Double {
    let tenth = milliseconds.count / 10
    return 100 * (milliseconds[milliseconds.count - 1 - tenth] - milliseconds[tenth]) / median
  }
}

/// Runs `body` warm, for about a quarter of a second and at least five times.
func measure(
  _ work: String, _ shape: String, threads: Int, _ amount: Row.Amount = .nothing, seconds: Double = 0.25,
  _ body: () throws(Failure) -> Void
) throws(Failure) -> Row {
  ThreadPool.shared.threads = threads
  try body()
  var times: [Double] = []
  let started = now()
  while times.count < 5 || (now() - started < seconds && times.count < 1000) {
    let before = now()
    try body()
    times.append((now() - before) * 1e3)
  }
  times.sort()
  return Row(work: work, shape: shape, threads: threads, milliseconds: times, amount: amount)
}

func now() -> Double { monotonicSeconds() }

/// Numbers in -1..<1 that are the same on every machine.
func numbers(_ extents: [Int]) throws(Failure) -> Tensor<Float> {
  let tensor = try Tensor<Float>(extents)
  var state: UInt32 = 1
  for i in 0..<tensor.count {
    state = state &* 1_664_525 &+ 1_013_904_223
    tensor.pointer[i] = Float(state >> 8) * 0x1p-23 - 1
  }
  return tensor
}
