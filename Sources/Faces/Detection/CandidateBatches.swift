import Images
import Networks
import Tensors

/// A place in a picture where a face may be, and how sure a network is of it.
protocol Scored {
  var box: Box { get }
  /// 0 to 1, higher is surer.
  var score: Float { get }
}

extension Face: Scored {}

extension Array where Element: Scored {
  /// Windows of one level of a pyramid that go on: far more than a crowd has, few enough that no picture
  /// keeps a host waiting.
  private static var maxOfLevel: Int { 4096 }

  /// The surest of one level.
  func surestOfLevel() -> [Element] {
    guard count > Self.maxOfLevel else { return self }
    return Array(sorted { $0.score > $1.score }.prefix(Self.maxOfLevel))
  }

  /// Of those that overlap, the surest; surest first.
  func suppressed(_ threshold: Float, by overlap: Overlap = .union, extra: Float = 0) -> [Element] {
    suppress(map { $0.box }, map { $0.score }, threshold: threshold, by: overlap, extra: extra)
      .map { self[$0] }
  }
}

/// A detector whose later networks look at windows cut out of the picture.
protocol WindowFinder: FaceFinder {
  /// What its networks see of a window.
  static var input: WindowInput { get }
  /// The pixels from edge to edge of a window, as its boxes count them; not held within the picture.
  static func pixels(_ first: Float, _ last: Float) -> (lower: Int, upper: Int)
}

extension WindowFinder {
  /// Windows that a network looks at together: memory stays small for any number of them.
  private static var batchSize: Int { 64 }

  /// Cuts the candidates out of the picture and runs a network over them.
  /// - Parameter body: gets a candidate's place in the list, the answers of its batch and its place among
  ///   these. A candidate that lies beyond the picture is left out.
  func forEachAnswer(
    _ network: Executor, _ candidates: [some Scored], in image: Image, side: Int,
    _ body: (_ candidate: Int, _ answers: Executor.Answers, _ row: Int) -> Void
  ) throws(Failure) {
    var parts: [(candidate: Int, rows: Range<Int>, columns: Range<Int>)] = []
    for (i, candidate) in candidates.enumerated() {
      guard let columns = Self.pixels(candidate.box.left, candidate.box.right, of: image.width),
        let rows = Self.pixels(candidate.box.top, candidate.box.bottom, of: image.height)
      else { continue }
      parts.append((i, rows, columns))
    }
    for first in stride(from: 0, to: parts.count, by: Self.batchSize) {
      let batch = parts[first..<min(first + Self.batchSize, parts.count)]
      try network.run(batch: batch.count, height: side, width: side) { input throws(Failure) in
        for (i, part) in batch.enumerated() {
          try Self.input.write(
            image, rows: part.rows, columns: part.columns, to: side, width: side,
            into: input + i * side * side * Self.input.channels)
        }
      } _: { answers in
        for (i, part) in batch.enumerated() { body(part.candidate, answers, i) }
      }
    }
  }

  /// The pixels from edge to edge that lie in the picture; nil if there are none.
  private static func pixels(_ first: Float, _ last: Float, of side: Int) -> Range<Int>? {
    guard first.isFinite, last.isFinite, first.magnitude < 1e9, last.magnitude < 1e9 else { return nil }
    let edges = pixels(first, last), lower = max(edges.lower, 0), upper = min(edges.upper, side)
    return lower < upper ? lower..<upper : nil
  }
}
