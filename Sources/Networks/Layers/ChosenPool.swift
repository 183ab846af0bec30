import Tensors

/// 2x2 with stride 2, partial windows at the edges; average or maximum, chosen by the caller of a run.
package struct ChosenPool: BareLayer {
  static var kind: StaticString { "chosen-pool" }

  func output(for input: Extent) -> Extent { input.mapped { pooledSide($0, 2, 2, 0, 0, true) } }
  func window(_ axis: ReceptiveField.Axis) -> ReceptiveField.Window? { .init(size: 2, stride: 2, start: 0) }

  func apply<Element: Scalar>(
    _ x: Variable<Element>, _ pooling: Pooling, on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.pool(x, pooling, kernel: 2, stride: 2, roundsUp: true)
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    let x = node.inputs[0]
    return try planner.pool(x, planner.pooling, poolingWindow(x.shape(), 2, 2, .valid, true))
  }
}

extension Layer {
  /// 2x2 with stride 2; average or maximum, chosen by the caller of a run.
  package static var chosenPool: Layer { .single(.chosenPool(ChosenPool())) }
}
