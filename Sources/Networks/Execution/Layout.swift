/// Where the buffers of a computation lie in one piece of memory: those that live at different times share
/// it.
struct Layout {
  private struct Span {
    let count: Int
    var first, last: Int
    var offset = 0
  }

  private var spans: [Span] = []
  /// Numbers of the whole piece.
  private(set) var count = 0

  /// A buffer that is first written at time `first`; `use` tells until when it is needed.
  mutating func add(count: Int, at first: Int) -> Int {
    // Whole cache lines, with a vector's width of readable slack behind each.
    spans.append(Span(count: (count + 31) / 16 * 16, first: first, last: first))
    return spans.count - 1
  }

  mutating func use(_ buffer: Int, at time: Int) { spans[buffer].last = max(spans[buffer].last, time) }

  func offset(_ buffer: Int) -> Int { spans[buffer].offset }

  /// Gives every buffer its place: the largest first, each as low as those that live at the same time allow.
  mutating func place() {
    var placed: [Int] = []
    for i in spans.indices.sorted(by: {
      spans[$0].count != spans[$1].count ? spans[$0].count > spans[$1].count : $0 < $1
    }) {
      var taken: [(first: Int, end: Int)] = []
      for j in placed where spans[j].first <= spans[i].last && spans[i].first <= spans[j].last {
        taken.append((spans[j].offset, spans[j].offset + spans[j].count))
      }
      taken.sort { $0.first < $1.first }
      var offset = 0
      for range in taken where range.first < offset + spans[i].count { offset = max(offset, range.end) }
      spans[i].offset = offset
      count = max(count, offset + spans[i].count)
      placed.append(i)
    }
  }
}
