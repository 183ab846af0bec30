import CFaceStyle
import CSystem
import Networks
import Tensors

/// An expression with its variables' names as C strings, which callers borrow.
final class ExpressionHandle: HandleKind {
  static var kind: StaticString { "fs_expression" }

  let expression: Expression
  let names: [UnsafeMutablePointer<CChar>?]

  init(_ expression: Expression) {
    self.expression = expression
    names = expression.variables.map { $0.withCString { strdup($0) } }
  }

  deinit {
    for name in names { free(name) }
  }
}

private func expression(_ handle: OpaquePointer?) throws(Failure) -> Expression {
  try Handle.object(handle, ExpressionHandle.self, "expression").expression
}

@c @implementation
public func fs_expression_parse(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ text: UnsafePointer<CChar>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let written = try CInterface.text(text, "text", limit: Expression.maxBytes)
    out.pointee = Handle.make(ExpressionHandle(try Expression(written)))
  }
}

@c @implementation
public func fs_expression_derivative(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ variable: UnsafePointer<CChar>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out"), expression = try expression(handle)
    let index = try expression.variable(text(variable, "variable"))
    out.pointee = Handle.make(ExpressionHandle(try expression.derivative(index)))
  }
}

@c @implementation
public func fs_expression_simplify(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(ExpressionHandle(try expression(handle).simplified()))
  }
}

@c @implementation
public func fs_expression_destroy(_ expression: OpaquePointer?) {
  Handle.destroy(expression, ExpressionHandle.self)
}

@c @implementation
public func fs_expression_text(
  _ handle: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int,
  _ length: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let expression = try expression(handle)
    guard capacity >= 0, capacity == 0 || text != nil else {
      throw .invalidArgument("text is NULL with a capacity of \(UInt(bitPattern: capacity))")
    }
    let written = Array(try expression.text().utf8)
    length?.pointee = written.count
    guard let text, capacity > 0 else { return }
    guard capacity > written.count else {
      throw .invalidArgument("text has room for \(capacity) bytes; expected \(written.count + 1)")
    }
    for (i, byte) in written.enumerated() { text[i] = CChar(bitPattern: byte) }
    text[written.count] = 0
  }
}

@c @implementation
public func fs_expression_variable_count(_ expression: OpaquePointer?) -> Int {
  Handle.find(expression, ExpressionHandle.self)?.names.count ?? 0
}

@c @implementation
public func fs_expression_variable(_ expression: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
  guard let names = Handle.find(expression, ExpressionHandle.self)?.names, names.indices.contains(index)
  else {
    return nil
  }
  return names[index].map { UnsafePointer($0) }
}

@c @implementation
public func fs_expression_evaluate(
  _ handle: OpaquePointer?, _ points: UnsafePointer<Double>?, _ count: Int,
  _ values: UnsafeMutablePointer<Double>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let expression = try expression(handle)
    try checkPoints(points, count, expression)
    let target = try output(values, capacity: capacity, needed: count, "values")
    // Aside, as the values may be written over the points, and not before the call succeeds.
    let found = try Storage<Double>(count: count)
    try found.withPointer { found throws(Failure) in
      try expression.evaluate(points ?? UnsafePointer(found), count, values: found)
      target.update(from: found, count: count)
    }
  }
}

@c @implementation
public func fs_expression_gradient(
  _ handle: OpaquePointer?, _ way: fs_differentiation, _ points: UnsafePointer<Double>?, _ count: Int,
  _ gradients: UnsafeMutablePointer<Double>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let expression = try expression(handle), way = try DerivativeWay(way)
    let needed = try checkPoints(points, count, expression)
    let target = try output(gradients, capacity: capacity, needed: needed, "gradients")
    let found = try Storage<Double>(count: needed)
    try found.withPointer { found throws(Failure) in
      try expression.differentiate(way, points ?? UnsafePointer(found), count, gradients: found)
      target.update(from: found, count: needed)
    }
  }
}

/// `count` points of as many numbers as the expression has variables; NULL where that is none.
/// - Returns: how many numbers that is.
@discardableResult
private func checkPoints(
  _ points: UnsafePointer<Double>?, _ count: Int, _ expression: Expression
) throws(Failure) -> Int {
  let width = expression.variables.count
  let (needed, overflow) = count.multipliedReportingOverflow(by: max(width, 1))
  guard count >= 0, !overflow else {
    throw .invalidArgument(
      "\(UInt(bitPattern: count)) points of \(width) numbers, more than memory can hold")
  }
  _ = try buffer(points, width == 0 ? 0 : needed, "points")
  return width == 0 ? 0 : needed
}

@c @implementation
public func fs_expression_measure(
  _ handle: OpaquePointer?, _ measured: UnsafeMutablePointer<fs_expression_size>?
) -> fs_status {
  boundary { () throws(Failure) in
    let expression = try expression(handle)
    try checkRoom(required(measured, "measured"), "measured")
    let size = expression.size, reverse = try expression.reverseOperations()
    try fill(
      measured,
      with: fs_expression_size(
        size: MemoryLayout<fs_expression_size>.size, nodes: size.nodes,
        shared_nodes: UInt64(clamping: size.sharedNodes), operations: UInt64(clamping: size.operations),
        depth: UInt64(clamping: size.depth), reverse_operations: UInt64(clamping: reverse)), "measured")
  }
}

extension fs_expression_size: SizedStruct {}
