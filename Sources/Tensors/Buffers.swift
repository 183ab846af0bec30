/// Named buffers, each with its element count. Allocation and memory forecasts read the same list, so every
/// buffer that is allocated is also forecast.
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

  /// The total element count.
  package var count: Int {
    var sum = 0
    for buffer in list { sum += buffer.count }
    return sum
  }

  package func has(_ name: String) -> Bool { list.contains { $0.name == name } }

  /// Allocates one of them.
  /// - Throws: `.internalError` if the list has no buffer of this name and count.
  package func tensor<Element>(_ name: String, _ extents: [Int]) throws(Failure) -> Tensor<Element> {
    let tensor = try Tensor<Element>(extents)
    guard list.contains(where: { $0.name == name && $0.count == tensor.count }) else {
      throw .internalError("a buffer \"\(name)\" of \(tensor.count) numbers; expected one that is forecast")
    }
    return tensor
  }
}
