import CSystem
import Tensors

/// One row of the table: how long a piece of work takes.
struct Row {
  let work, shape: String
  let threads: Int
  let milliseconds: [Double]
  /// Floating point operations of one run; 0 where the number says nothing.
  let operations: Double
  /// Of what a loop reaches that only reads; for work that goes through memory once.
  var percentOfBandwidth: Double?

  var median: Double { milliseconds[milliseconds.count / 2] }
  /// From the fastest to the slowest run, in percent of the median.
  var spread: Double { 100 * (milliseconds[milliseconds.count - 1] - milliseconds[0]) / median }
  var gigaflops: Double { operations / median / 1e6 }
}

/// Runs `body` warm, for about half a second and at least five times.
func measure(
  _ work: String, _ shape: String, threads: Int, operations: Double = 0, _ body: () throws(Failure) -> Void
) throws(Failure) -> Row {
  ThreadPool.shared.threads = threads
  try body()
  var times: [Double] = []
  let started = now()
  while times.count < 5 || (now() - started < 0.5 && times.count < 200) {
    let before = now()
    try body()
    times.append((now() - before) * 1e3)
  }
  times.sort()
  return Row(work: work, shape: shape, threads: threads, milliseconds: times, operations: operations)
}

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

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
