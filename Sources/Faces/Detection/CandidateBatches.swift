import Images
import Networks
import Tensors

/// A possible face in a picture, and the network's confidence.
protocol Scored {
  var box: Box { get }
  /// 0 to 1; higher is more certain.
  var score: Float { get }
}

extension Face: Scored {}

extension Array where Element: Scored {
  /// The maximum number of windows per level of a pyramid: far more than a crowd has, few enough to bound the
  /// time.
  private static var maxOfLevel: Int { 4096 }

  /// The highest-scoring ones of one level.
  func surestOfLevel() -> [Element] {
    guard count > Self.maxOfLevel else { return self }
    return Array(sorted { $0.score > $1.score }.prefix(Self.maxOfLevel))
  }

  /// Keeps the highest-scoring of overlapping ones; sorted by score.
  func suppressed(_ threshold: Float, by overlap: Overlap = .union, extra: Float = 0) -> [Element] {
    suppress(map { $0.box }, map { $0.score }, threshold: threshold, by: overlap, extra: extra)
      .map { self[$0] }
  }
}

/// A detector whose later networks see windows cropped from the picture.
protocol WindowFinder: FaceFinder {
  /// The input format of its networks for a window.
  static var input: WindowInput { get }
  /// The pixels from edge to edge of a window, in the convention of its boxes; not clamped to the picture.
  static func pixels(_ first: Float, _ last: Float) -> (lower: Int, upper: Int)
}

extension WindowFinder {
  /// The number of windows per batch: memory does not grow with their total number.
  private static var batchSize: Int { 64 }

  /// Crops the candidates from the picture and runs a network on them.
  /// - Parameter body: receives a candidate's index in the list, the results of its batch, and its index in
  ///   them. Candidates outside the picture are left out.
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

  /// The pixels from edge to edge inside the picture; nil if there are none.
  private static func pixels(_ first: Float, _ last: Float, of side: Int) -> Range<Int>? {
    guard first.isFinite, last.isFinite, first.magnitude < 1e9, last.magnitude < 1e9 else { return nil }
    let edges = pixels(first, last), lower = max(edges.lower, 0), upper = min(edges.upper, side)
    return lower < upper ? lower..<upper : nil
  }
}
