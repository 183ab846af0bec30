/// Places the buffers of a computation in one block of memory: buffers that live at different times share it.
struct Layout {
  private struct Span {
    let count: Int
    var first, last: Int
    var offset = 0
  }

  private var spans: [Span] = []
  /// Size of the block in numbers.
  private(set) var count = 0

  /// Adds a buffer that is first written at time `first`; `use` extends its lifetime.
  mutating func add(count: Int, at first: Int) -> Int {
    // Whole cache lines, each buffer followed by a vector's width of readable slack.
    spans.append(Span(count: (count + 31) / 16 * 16, first: first, last: first))
    return spans.count - 1
  }

  mutating func use(_ buffer: Int, at time: Int) { spans[buffer].last = max(spans[buffer].last, time) }

  func offset(_ buffer: Int) -> Int { spans[buffer].offset }

  /// Assigns offsets: the largest buffer first, each as low as the buffers that live at the same time allow.
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
