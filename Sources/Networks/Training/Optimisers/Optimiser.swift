import CSystem
import Tensors

/// How an optimiser updates numbers; each rule's formula is in the file of its name.
package enum UpdateRule: Equatable, Sendable {
  case sgd(SGD)
  case adam(Adam)
  case rmsProp(RMSProp)

  /// Its name in checkpoints: rules of one name keep the same state.
  package var name: String {
    switch self {
    case .sgd: return "sgd"
    case .adam: return "adam"
    case .rmsProp: return "rmsprop"
    }
  }

  /// The state that an optimiser keeps for a parameter with `count` numbers.
  package func buffers(_ parameter: String, _ count: Int) -> Buffers {
    var buffers = Buffers()
    for slot in slots { buffers.add("\(slot).\(parameter)", count) }
    return buffers
  }

  /// The running means that it keeps, each as large as the parameters.
  var slots: [String] {
    switch self {
    case .sgd: return ["velocity"]
    case .adam: return ["mean", "square"]
    case .rmsProp: return ["square", "velocity"]
    }
  }
}

extension UpdateRule: Settings {
  package var settings: [Setting] {
    Setting("optimiser", name)
    switch self {
    case .sgd(let rule): rule.settings
    case .adam(let rule): rule.settings
    case .rmsProp(let rule): rule.settings
    }
  }
}

/// An optimiser's state between steps, all of which a checkpoint must store. The optimiser works directly in
/// these tensors: filling them resumes it.
package final class OptimiserState<Element: Scalar> {
  package let name: String
  package let tensors: [Parameter<Element>]
  package var counters: [UInt64] { didSet { revision &+= 1 } }
  /// How often the counters were set: a checkpoint that is restored sets them, after the tensors.
  private(set) var revision = 0

  init(_ name: String, _ tensors: [Parameter<Element>], counters: Int) {
    self.name = name
    self.tensors = tensors
    self.counters = [UInt64](repeating: 0, count: counters)
  }
}

/// Updates parameters against their gradients, step by step, by one of the rules.
///
/// Every number is updated independently, so the result has the same bits for any number of threads.
package final class Optimiser<Element: Scalar> {
  package let rule: UpdateRule
  /// The trained parameters: a step requires a gradient for each, in this order.
  package let parameters: [Parameter<Element>]
  package let state: OptimiserState<Element>
  private let pieces: [Piece]
  private let slotCount: Int

  /// A run of one parameter's numbers, the work of one task.
  private struct Piece {
    let parameter, first, count: Int
  }

  /// - Parameter parameters: those that are not trained are ignored.
  package convenience init(_ rule: UpdateRule, _ parameters: [Parameter<Element>]) throws(Failure) {
    var trained: [Parameter<Element>] = []
    for parameter in parameters where parameter.isTrained { trained.append(parameter) }
    var shapes: [(name: String, shape: Shape)] = []
    for parameter in trained { shapes.append((parameter.name, parameter.value.shape)) }
    try self.init(rule, trained, shapes)
  }

  /// For numbers stored elsewhere, passed in at every step: the pixels of a picture.
  package convenience init(_ rule: UpdateRule, _ name: String, _ shape: Shape) throws(Failure) {
    try self.init(rule, [], [(name, shape)])
  }

  private init(
    _ rule: UpdateRule, _ parameters: [Parameter<Element>], _ shapes: [(name: String, shape: Shape)]
  ) throws(Failure) {
    try rule.check()
    self.rule = rule
    self.parameters = parameters
    var tensors: [Parameter<Element>] = []
    var pieces: [Piece] = []
    let longest = 1 << 15
    for (index, (name, shape)) in shapes.enumerated() {
      for buffer in rule.buffers(name, shape.count).list {
        tensors.append(Parameter(buffer.name, try Tensor(shape.extents, repeating: 0)))
      }
      for first in stride(from: 0, to: shape.count, by: longest) {
        pieces.append(Piece(parameter: index, first: first, count: min(longest, shape.count - first)))
      }
    }
    slotCount = rule.slots.count
    state = OptimiserState(rule.name, tensors, counters: 1)
    self.pieces = pieces
  }

  /// Steps taken so far.
  package var steps: Int { Int(clamping: state.counters[0]) }

  /// Takes one step; changes nothing if it throws.
  ///
  /// - Parameters:
  ///   - gradients: of `parameters`, in the same order.
  ///   - momentum: replaces the rule's momentum (of SGD and RMSProp) or beta 1 (of Adam) in this step.
  /// - Throws: `.invalidArgument` if a gradient is missing, has another shape, or is not finite.
  package func step(
    _ gradients: [Tensor<Element>], rate: Element, momentum: Element? = nil
  ) throws(Failure) {
    guard gradients.count == parameters.count else {
      throw .invalidArgument("\(gradients.count) gradients for \(parameters.count) parameters")
    }
    guard rate.isFinite, rate >= 0 else {
      throw .invalidArgument("a learning rate of \(Double(rate)); expected 0 or more")
    }
    if let momentum {
      guard momentum >= 0, momentum < 1 else {
        throw .invalidArgument("a momentum of \(Double(momentum)); expected 0..<1")
      }
    }
    for (parameter, gradient) in zip(parameters, gradients) {
      guard parameter.value.shape == gradient.shape else {
        throw .invalidArgument(
          "the gradient of \(parameter.name) is \(gradient.shape.description); expected \(parameter.value.shape.description)"
        )
      }
      guard gradientNorm([gradient]).isFinite else {
        throw .invalidArgument("the gradient of \(parameter.name) is not finite, or its square is not")
      }
    }
    withPointers(gradients) { gradients in
      withPointers(parameters.map { $0.value }) { values in
        move(values, gradients.map { UnsafePointer($0) }, rate, momentum)
      }
    }
  }

  /// The same for numbers stored elsewhere: as many as the optimiser was created for.
  package func step(_ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>, rate: Element) {
    move([x], [gradient], rate, nil)
  }

  /// The same for a part of the numbers, starting at `first`. A step begins with number 0.
  package func step(
    _ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>, first: Int, count: Int,
    rate: Element
  ) {
    if first == 0 { state.counters[0] &+= 1 }
    let steps = steps, rule = rule
    withPointers(state.tensors.map { $0.value }) { slots in
      forEachSlice(of: count) { slice in
        let start = slice.lowerBound, place = first + start
        Optimiser.move(
          rule, x + start, gradient + start, slots.map { $0 + place }, slice.count, steps, rate, nil)
      }
    }
  }

  private func move(
    _ values: [UnsafeMutablePointer<Element>], _ gradients: [UnsafePointer<Element>], _ rate: Element,
    _ momentum: Element?
  ) {
    state.counters[0] &+= 1
    let steps = steps, slotCount = slotCount, rule = rule, pieces = pieces
    withPointers(state.tensors.map { $0.value }) { slots in
      ThreadPool.shared.run(pieces.count) { task, _ in
        let piece = pieces[task]
        let x = values[piece.parameter] + piece.first, gradient = gradients[piece.parameter] + piece.first
        let own = slots[(piece.parameter * slotCount)..<((piece.parameter + 1) * slotCount)]
        Optimiser.move(rule, x, gradient, own.map { $0 + piece.first }, piece.count, steps, rate, momentum)
      }
    }
  }

  private static func move(
    _ rule: UpdateRule, _ x: UnsafeMutablePointer<Element>, _ gradient: UnsafePointer<Element>,
    _ slots: [UnsafeMutablePointer<Element>], _ count: Int, _ steps: Int, _ rate: Element,
    _ momentum: Element?
  ) {
    switch rule {
    case .sgd(let sgd): sgd.move(x, gradient, velocity: slots[0], count, rate, momentum)
    case .adam(let adam):
      adam.move(x, gradient, mean: slots[0], square: slots[1], count, step: steps, rate, momentum)
    case .rmsProp(let rmsProp):
      rmsProp.move(x, gradient, square: slots[0], velocity: slots[1], count, rate, momentum)
    }
  }
}

/// The square root, in a form that lets loops over Float vectorise.
@inline(__always)
func root<Element: Scalar>(_ x: Element) -> Element {
  // Of all number types only Float has four bytes; the compiler evaluates the condition.
  guard MemoryLayout<Element>.size == MemoryLayout<Float>.size else { return x.squareRoot() }
  return unsafeBitCast(systemSquareRoot(unsafeBitCast(x, to: Float.self)), to: Element.self)
}
