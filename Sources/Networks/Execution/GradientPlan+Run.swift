import CSystem
import Tensors

extension GradientPlan {
  /// The values of one tap.
  package struct Features {
    package let values: UnsafePointer<Float>
    package let height, width, channels: Int
    package var count: Int { height * width * channels }
  }

  /// The plan's memory, while `withNumbers` runs.
  private struct Numbers {
    let start: UnsafeMutablePointer<Float>
    let layout: PassLayout

    func at(_ place: PassLayout.Place) -> UnsafeMutablePointer<Float> { start + layout.offset(place.buffer) }

    func codes(_ buffer: Int) -> UnsafeMutablePointer<UInt8> {
      UnsafeMutableRawPointer(start + layout.offset(buffer)).assumingMemoryBound(to: UInt8.self)
    }

    func features(_ place: PassLayout.Place) -> Features {
      Features(
        values: UnsafePointer(at(place)), height: place.height, width: place.width, channels: place.channels)
    }
  }

  private func withNumbers(_ body: (Numbers) throws(Failure) -> Void) throws(Failure) {
    guard let memory else { throw .internalError("a plan without memory; expected one that is no forecast") }
    try memory.withPointer { start throws(Failure) in try body(Numbers(start: start, layout: layout)) }
  }

  /// The picture [height, width, 3], to be written before `forward`, which preserves it.
  package func withPicture(
    _ body: (UnsafeMutablePointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    try withNumbers { numbers throws(Failure) in try body(numbers.at(layout.picture)) }
  }

  /// d cost / d picture after `backward`.
  package func withGradient(
    _ body: (UnsafeMutablePointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    guard let gradient = layout.gradient else {
      throw .internalError("a plan without a way back; expected one that has it")
    }
    try withNumbers { numbers throws(Failure) in try body(numbers.at(gradient)) }
  }

  // MARK: Forward

  /// Runs the network forward.
  /// - Parameter body: called with each tap's index and values as soon as they are known.
  package func forward(_ body: (Int, Features) throws(Failure) -> Void = { _, _ in }) throws(Failure) {
    try withNumbers { numbers throws(Failure) in
      for operation in layout.forward {
        if case .tap(let tap, let values) = operation {
          try body(tap, numbers.features(values))
        } else {
          try run(operation, numbers)
        }
      }
    }
  }

  private func run(_ operation: PassLayout.Forward, _ numbers: Numbers) throws(Failure) {
    switch operation {
    case .repeatedEdges(let border, let x, let y):
      repeatEdges(numbers.at(x), x.height, x.width, border: border, into: numbers.at(y))
    case .convolution(let filter, let window, let finish, let x, let y):
      try Float.convolve(
        window, Source(numbers.at(x)), filter.forward(), Target(numbers.at(y), stride: y.channels), finish,
        workspace)
    case .pooledConvolution(let filter, let window, let x, let y, let codes):
      let target = Target(
        values: numbers.at(y), stride: y.channels, accumulate: 0, pooling: poolingKind,
        codes: numbers.codes(codes))
      try Float.convolve(
        window, Source(numbers.at(x)), filter.forward(), target, filter.finish, workspace)
    case .rectifier(let x, let y): rectify(numbers.at(x), numbers.at(y), x.count)
    case .pool(let x, let y, let codes):
      Float.poolRectified(
        Window(pooling: x), isMaximum: isMaximum, numbers.at(x), numbers.at(y), numbers.codes(codes))
    case .euclideanPool(let x, let y):
      let target = numbers.at(y)
      Float.euclideanPool(Window(pooling: x), numbers.at(x), target)
      scale(target, into: target, y.count, by: Pooling.euclideanScale)
    case .tap: break
    }
  }

  private var isMaximum: Bool { layout.pooling == .maximum }
  private var poolingKind: Int { Int(isMaximum ? poolingMaximum : poolingAverage) }

  // MARK: Backward

  /// Runs the network backward, after `forward`.
  /// - Parameter body: called with each tap's index, its values and the gradient so far, to which it adds the
  ///   gradient of the tap's costs; if `isFirst`, the gradient is uninitialised and must be set.
  package func backward(
    _ body: (_ tap: Int, Features, _ gradient: UnsafeMutablePointer<Float>, _ isFirst: Bool) throws(Failure)
      -> Void
  ) throws(Failure) {
    try withNumbers { numbers throws(Failure) in
      for operation in layout.backward {
        if case .tap(let tap, let values, let gradient, let isFirst) = operation {
          try body(tap, numbers.features(values), numbers.at(gradient), isFirst)
        } else {
          try run(operation, numbers)
        }
      }
    }
  }

  private func run(_ operation: PassLayout.Backward, _ numbers: Numbers) throws(Failure) {
    switch operation {
    case .rectifier(let place, let gate):
      let gradient = numbers.at(place)
      Float.gate(gradient, by: numbers.at(gate), gradient, place.count)
    case .pool(let dy, let codes, let dx):
      Float.unpool(
        Window(pooling: dx), isMaximum: isMaximum, numbers.at(dy), numbers.codes(codes), numbers.at(dx))
    case .euclideanPool(let x, let y, let from, let dx):
      let dy = numbers.at(from)
      // y = s sqrt(sum of x^2): dx = dy s^2 x / y, which is 0 where the rectifier is inactive.
      scale(dy, into: dy, from.count, by: Pooling.euclideanScale * Pooling.euclideanScale)
      Float.poolGradient(
        Window(pooling: x), .euclidean, numbers.at(x), numbers.at(y), dy, numbers.at(dx))
    case .convolution(let filter, let window, let dy, let reading, let dx):
      try Float.convolve(
        window, source(dy, reading, numbers), filter.backward(), Target(numbers.at(dx), stride: dx.channels),
        .nothing, workspace)
    case .foldedEdges(let border, let wide, let gradient):
      foldEdges(
        numbers.at(wide), gradient.height, gradient.width, border: border, into: numbers.at(gradient))
    case .tap: break
    }
  }

  private func source(
    _ gradient: PassLayout.Place, _ reading: PassLayout.Reading, _ numbers: Numbers
  ) -> Source {
    let values = numbers.at(gradient)
    switch reading {
    case .plain: return Source(values)
    case .rectified(let gate):
      return Source(values: values, gate: numbers.at(gate), codes: nil, pooling: Int(poolingNone))
    case .pooled(let codes):
      return Source(values: values, gate: nil, codes: numbers.codes(codes), pooling: poolingKind)
    }
  }
}

/// `y = max(x, 0)`
private func rectify(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
  forEachSlice(of: count) { for i in $0 { y[i] = x[i] > 0 ? x[i] : 0 } }
}

/// Writes the picture [height, width, 3] to `wide`, with its edges repeated `border` times.
private func repeatEdges(
  _ picture: UnsafePointer<Float>, _ height: Int, _ width: Int, border: Int,
  into wide: UnsafeMutablePointer<Float>
) {
  let stride = 3 * (width + 2 * border)
  for y in 0..<(height + 2 * border) {
    let row = picture + min(max(y - border, 0), height - 1) * 3 * width, target = wide + y * stride
    target.advanced(by: 3 * border).update(from: row, count: 3 * width)
    for i in 0..<(3 * border) {
      target[i] = row[i % 3]
      target[3 * (border + width) + i] = row[3 * (width - 1) + i % 3]
    }
  }
}

/// The gradient of the picture from that of `repeatEdges`: each pixel receives the sum over its copies.
private func foldEdges(
  _ wide: UnsafePointer<Float>, _ height: Int, _ width: Int, border: Int,
  into gradient: UnsafeMutablePointer<Float>
) {
  gradient.update(repeating: 0, count: 3 * height * width)
  let stride = 3 * (width + 2 * border)
  for y in 0..<(height + 2 * border) {
    let row = wide + y * stride, target = gradient + min(max(y - border, 0), height - 1) * 3 * width
    for i in 0..<(3 * width) { target[i] += row[3 * border + i] }
    for i in 0..<(3 * border) {
      target[i % 3] += row[i]
      target[3 * (width - 1) + i % 3] += row[3 * (border + width) + i]
    }
  }
}

extension Window {
  /// 2x2 over a picture.
  fileprivate init(pooling x: PassLayout.Place) {
    self.init(
      batch: 1, height: x.height, width: x.width, channels: x.channels, kernelHeight: 2, kernelWidth: 2,
      strideY: 2, strideX: 2, padTop: 0, padLeft: 0, outHeight: (x.height + 1) / 2,
      outWidth: (x.width + 1) / 2)
  }
}
