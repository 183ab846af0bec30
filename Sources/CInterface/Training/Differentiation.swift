import CFaceStyle
import CSystem
import Networks
import Tensors

@c @implementation
public func fs_differentiate(
  _ function: fs_function, _ way: fs_differentiation, _ x: UnsafePointer<Double>?, _ count: Int,
  _ values: UnsafeMutablePointer<Double>?, _ derivatives: UnsafeMutablePointer<Double>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let function = try ElementwiseFunction(function), way = try DerivativeWay(way)
    let x = try buffer(required(x, "x"), count, "x")
    for (target, name) in [(values, "values" as StaticString), (derivatives, "derivatives")]
    where target != nil {
      _ = try output(target, capacity: capacity, needed: count, name)
    }
    let input = try Tensor<Double>([count])
    input.withPointer { for i in 0..<count { $0[i] = x[i] } }
    let (value, derivative) = try differentiate(function, at: input, way)
    withPointers(value, derivative) { value, derivative in
      values?.update(from: value, count: count)
      derivatives?.update(from: derivative, count: count)
    }
  }
}

@c @implementation
public func fs_gradient_options_init(
  _ options: UnsafeMutablePointer<fs_gradient_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

@c @implementation
public func fs_gradient_numeric(
  _ function: fs_function_callback?, _ user: UnsafeMutableRawPointer?, _ x: UnsafePointer<Double>?,
  _ count: Int,
  _ options: UnsafePointer<fs_gradient_options>?, _ gradient: UnsafeMutablePointer<Double>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try output(gradient, capacity: capacity, needed: count, "gradient")
    let options = try fs_gradient_options(reading: options)
    let host = try HostFunction(function, user, count), point = try host.point(x)
    let result = try Storage<Double>(count: count)
    for i in 0..<count {
      result[i] = try centralDifference(of: host.value, at: point, i, step: options.step)
    }
    result.withPointer { target.update(from: $0, count: count) }
  }
}

@c @implementation
public func fs_gradient_check(
  _ function: fs_function_callback?, _ gradient: fs_gradient_callback?, _ user: UnsafeMutableRawPointer?,
  _ x: UnsafePointer<Double>?, _ count: Int, _ options: UnsafePointer<fs_gradient_options>?,
  _ report: UnsafeMutablePointer<fs_gradient_report>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(report, "report")
    try checkRoom(target, "report")
    let options = try fs_gradient_options(reading: options)
    let host = try HostFunction(function, user, count), point = try host.point(x)
    let analytic = try host.gradient(gradient, at: point)
    var worst = GradientComparison()
    for i in 0..<count {
      let numeric = try centralDifference(of: host.value, at: point, i, step: options.step)
      let other: Double
      if let analytic {
        other = analytic[i]
      } else {
        other = try centralDifference(of: host.value, at: point, i, step: 2 * options.step)
      }
      worst.compare(i, other, numeric, absolute: options.absolute, relative: options.relative)
    }
    let found = fs_gradient_report(
      size: MemoryLayout<fs_gradient_report>.size, index: worst.index, analytic: worst.analytic,
      numeric: worst.numeric, ratio: worst.ratio, passed: worst.ratio <= 1 ? 1 : 0)
    try fill(target, with: found, "report")
  }
}

extension fs_gradient_report: SizedStruct {
  static var standard: fs_gradient_report { fs_gradient_report() }
}

@c @implementation
public func fs_convolve(
  _ axes: Int, _ x: UnsafePointer<Float>?, _ xShape: UnsafePointer<Int>?, _ weights: UnsafePointer<Float>?,
  _ weightsShape: UnsafePointer<Int>?, _ bias: UnsafePointer<Float>?, _ stride: Int, _ padding: Int,
  _ y: UnsafeMutablePointer<Float>?, _ capacity: Int, _ yShape: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    guard axes >= 1, axes <= 3 else {
      throw .invalidArgument("\(UInt(bitPattern: axes)) axes; expected 1 to 3")
    }
    let target = try required(yShape, "y_shape")
    let input = try extents(xShape, axes + 2, "x_shape"),
      filter = try extents(weightsShape, axes + 2, "weights_shape")
    let shape = try spatialConvolutionShape(input, weights: filter, stride: stride, padding: padding)
    if y != nil || capacity != 0 {
      let values = try output(y, capacity: capacity, needed: shape.count, "y")
      let tape = Tape<Float>()
      let result = try tape.spatialConvolution(
        tape.constant(tensor(x, input, "x")), weights: tape.constant(tensor(weights, filter, "weights")),
        bias: bias == nil ? nil : tape.constant(tensor(bias, Shape([filter[0]]), "bias")), stride: stride,
        padding: padding)
      result.tensor.withPointer { values.update(from: $0, count: shape.count) }
    }
    for axis in 0..<shape.rank { target[axis] = shape[axis] }
  }
}

/// A caller's shape of `rank` extents.
private func extents(
  _ extents: UnsafePointer<Int>?, _ rank: Int, _ name: StaticString
) throws(Failure) -> Shape {
  let extents = try required(extents, name)
  var copy: [Int] = []
  for axis in 0..<rank { copy.append(extents[axis]) }
  return try Shape(copy)
}

/// A caller's numbers in a shape.
private func tensor(
  _ values: UnsafePointer<Float>?, _ shape: Shape, _ name: StaticString
) throws(Failure) -> Tensor<Float> {
  let values = try buffer(required(values, name), shape.count, name)
  let tensor = try Tensor<Float>(shape)
  tensor.withPointer { for i in 0..<shape.count { $0[i] = values[i] } }
  return tensor
}

/// A function that the host evaluates.
private struct HostFunction {
  private let function: fs_function_callback
  private let user: UnsafeMutableRawPointer?
  private let count: Int

  init(_ function: fs_function_callback?, _ user: UnsafeMutableRawPointer?, _ count: Int) throws(Failure) {
    guard let function else { throw .invalidArgument("function is NULL") }
    guard count >= 1 else {
      throw .invalidArgument("a function of \(UInt(bitPattern: count)) numbers; expected 1 or more")
    }
    (self.function, self.user, self.count) = (function, user, count)
  }

  /// The library's copy of the point, which changes.
  func point(_ x: UnsafePointer<Double>?) throws(Failure) -> Storage<Double> {
    let x = try buffer(required(x, "x"), count, "x")
    let point = try Storage<Double>(count: count)
    try point.withPointer { point throws(Failure) in
      for i in 0..<count {
        guard x[i].isFinite else { throw .invalidArgument("x holds \(x[i]); expected finite numbers") }
        point[i] = x[i]
      }
    }
    return point
  }

  /// NaN if the host writes nothing.
  func value(_ x: Storage<Double>) throws(Failure) -> Double {
    var value = Double.nan
    try check(x.withPointer { x in withHostFloats { function(x, count, &value, user) } }, "function")
    return value
  }

  /// nil without a callback.
  func gradient(
    _ callback: fs_gradient_callback?, at point: Storage<Double>
  ) throws(Failure) -> Storage<Double>? {
    guard let callback else { return nil }
    let gradient = try Storage<Double>(repeating: .nan, count: count)
    let status = point.withPointer { point in
      gradient.withPointer { gradient in withHostFloats { callback(point, count, gradient, user) } }
    }
    try check(status, "gradient")
    return gradient
  }

  private func check(_ status: fs_status, _ name: StaticString) throws(Failure) {
    guard status != FS_OK else { return }
    throw Failure(status, of: name)
  }
}

extension fs_gradient_options: SizedStruct {
  static var standard: fs_gradient_options {
    fs_gradient_options(
      size: MemoryLayout<fs_gradient_options>.size, step: 1e-6, absolute: 1e-5, relative: 1e-3)
  }

  init(reading options: UnsafePointer<fs_gradient_options>?) throws(Failure) {
    self = try known(options)
    try check()
  }
}

extension fs_gradient_options: Settings {
  package var settings: [Setting] {
    Setting("step", step, .from(1e-12, to: 1))
    Setting("absolute tolerance", absolute, .atLeast(0))
    Setting("relative tolerance", relative, .atLeast(0))
      .requiring(absolute + relative > 0, "more than 0 of this or of the absolute one")
  }
}
