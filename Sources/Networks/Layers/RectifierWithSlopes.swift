import Tensors

/// Parametric rectifier behind something other than a sum: `y = max(x, 0) + slope[c] min(x, 0)`, the slopes
/// under this name. The operation is one of Tape/Operations.
package struct ParametricRectifier: LayerKind {
  package let name: String

  static var kind: StaticString { "parametric-rectifier" }
  var tensorName: String? { name }

  func tensors(for input: Extent) throws(Failure) -> [TensorSpecification] {
    [TensorSpecification(name: name + ".weight", extents: [input.channels], kind: .slope)]
  }

  func load<Element: Scalar>(
    _ tensors: TensorLoader<Element>, for input: Extent
  ) throws(Failure) -> LoadedTensors<Element> {
    LoadedTensors(vectors: [try tensors.vector(name + ".weight", input.channels)])
  }

  /// As a scaling by 1.
  private func scaling<Element: Scalar>(
    _ loaded: LoadedTensors<Element>
  ) throws(Failure) -> Scaling<Element> {
    guard let slopes = loaded.vectors.first else {
      throw .internalError("the slopes of \(name) were not read")
    }
    return Scaling(
      scales: [Element](repeating: 1, count: slopes.count),
      biases: [Element](repeating: 0, count: slopes.count), finish: try Finish(bias: nil, slopes: slopes))
  }

  func run<Element: Scalar>(
    _ inputs: [Variable<Element>], _ loaded: LoadedTensors<Element>, _ pooling: Pooling,
    on tape: Tape<Element>
  ) throws(Failure) -> Variable<Element> {
    try tape.scaled(inputs[0], scaling(loaded))
  }

  func train<Element: Scalar>(
    _ inputs: [Variable<Element>], _ pass: TrainingPass<Element>
  ) throws(Failure) -> Variable<Element> {
    try pass.tape.parametricRectifier(inputs[0], slopes: pass.variable(name + ".weight"))
  }

  func plan(_ node: PlannedNode, in planner: Planner) throws(Failure) -> Place {
    try planner.rescale(node, scaling(node.loaded))
  }

  init(name: String) { self.name = name }
  init(from text: inout LayerText) throws(Failure) { name = text.takeTensorName() }
  func write(to text: inout LayerText) { text.set(tensorName: name) }
}
