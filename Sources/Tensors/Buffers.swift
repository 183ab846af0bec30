/// What something holds: buffers by name, each with its count of numbers. What takes the memory and what
/// forecasts it read one list, so that no buffer is taken that a forecast does not know.
package struct Buffers {
  package struct Buffer: Equatable {
    package let name: String
    package let count: Int
  }

  package private(set) var list: [Buffer] = []

  package init() {}

  package mutating func add(_ name: String, _ count: Int) { list.append(Buffer(name: name, count: count)) }

  package static func += (buffers: inout Buffers, others: Buffers) { buffers.list += others.list }

  package static func + (buffers: Buffers, others: Buffers) -> Buffers {
    var all = buffers
    all += others
    return all
  }

  /// Of all of them.
  package var count: Int {
    var sum = 0
    for buffer in list { sum += buffer.count }
    return sum
  }

  package func has(_ name: String) -> Bool { list.contains { $0.name == name } }

  /// Memory for one of them.
  /// - Throws: `.internalError` for one that is not in the list, or has another count there.
  package func tensor<Element>(_ name: String, _ extents: [Int]) throws(Failure) -> Tensor<Element> {
    let tensor = try Tensor<Element>(extents)
    guard list.contains(where: { $0.name == name && $0.count == tensor.count }) else {
      throw .internalError("a buffer \"\(name)\" of \(tensor.count) numbers; expected one that is forecast")
    }
    return tensor
  }
}
