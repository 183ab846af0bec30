import Tensors

/// `y = a - b`, two pictures of one size. The operation is one of Arithmetic.swift.
package struct Difference: BareLayer {
  static var kind: StaticString { "difference" }
  static var inputCounts: ClosedRange<Int> { 2...2 }

  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.difference(inputs[0], inputs[1])
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let (a, b, y) = try planner.pair(node, "difference")
    planner.record(from: a, b, to: y) { memory in
      let (a, b, target) = (memory.pointer(a), memory.pointer(b), memory.pointer(y))
      forEachSlice(of: y.count) { for i in $0 { target[i] = a[i] - b[i] } }
    }
    return y
  }
}
