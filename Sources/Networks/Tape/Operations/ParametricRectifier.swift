import Tensors

extension Tape {
  /// Parametric rectifier (He et al. 2015): `y = max(x, 0) + slope[c] * min(x, 0)`, one slope per channel.
  package func parametricRectifier(
    _ x: Variable<Element>, _ slopes: Finish<Element>
  ) throws(Failure) -> Variable<Element> {
    // The bias is already added: apply only the activation.
    let channels = x.shape.extents.last ?? 1
    let y = try Tensor<Element>(x.shape)
    for i in 0..<y.count {
      y.pointer[i] = x.tensor[i] < 0 ? x.tensor[i] * slopes.slope(i % channels) : x.tensor[i]
    }
    // dx = dy where x > 0, slope * dy where x < 0
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      for i in 0..<dx.count { dx.pointer[i] = x.tensor[i] < 0 ? dy[i] * slopes.slope(i % channels) : dy[i] }
      try tape.accumulate(dx, into: x)
    }
  }

  /// Parametric rectifier with learned slopes: `y = max(x, 0) + slope[c] * min(x, 0)`.
  ///
  /// - Parameters:
  ///   - x: channels last.
  ///   - slopes: [channels].
  /// Source: He et al., "Delving deep into rectifiers", 2015, equation 1.
  package func parametricRectifier(
    _ x: Variable<Element>, slopes: Variable<Element>
  ) throws(Failure) -> Variable<Element> {
    guard let channels = x.shape.extents.last, channels > 0, slopes.shape.extents == [channels] else {
      throw .invalidArgument(
        "slopes \(slopes.shape.description) for \(x.shape.description); expected one a channel")
    }
    let rows = x.tensor.count / channels, y = try Tensor<Element>(x.shape)
    let (source, slope, target) = (x.tensor.pointer, slopes.tensor.pointer, y.pointer)
    let rowsEach = max(1, (1 << 16) / channels), tasks = (rows + rowsEach - 1) / rowsEach
    func first(_ task: Int) -> Int { task * rowsEach * channels }
    func count(_ task: Int) -> Int { min(rowsEach, rows - task * rowsEach) }
    ThreadPool.shared.run(tasks) { task, _ in
      slopedLoop(
        source + first(task), gate: source + first(task), slope, target + first(task), count(task), channels)
    }
    // dx = dy where x >= 0, slope[c] dy where x < 0;  d slope[c] = sum over x < 0 of x dy
    return record(y, from: [x, slopes]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      // One sum per task, added up in order: the same bits for any number of threads.
      let sums = try Storage<Element.Accumulator>(repeating: 0, count: tasks * channels)
      let (x0, slope0, dy0, dx0) = (x.tensor.pointer, slopes.tensor.pointer, dy.pointer, dx.pointer)
      let gradient = try Tensor<Element>(slopes.shape)
      sums.withPointer { sums in
        ThreadPool.shared.run(tasks) { task, _ in
          let i = task * rowsEach * channels, count = min(rowsEach, rows - task * rowsEach)
          slopedLoop(dy0 + i, gate: x0 + i, slope0, dx0 + i, count, channels)
          slopeGradientLoop(x0 + i, dy0 + i, sums + task * channels, count, channels)
        }
        for c in 0..<channels {
          var sum: Element.Accumulator = 0
          for task in 0..<tasks { sum += sums[task * channels + c] }
          gradient.pointer[c] = Element(sum)
        }
      }
      try tape.accumulate(dx, into: x)
      try tape.accumulate(gradient, into: slopes)
    }
  }
}

/// `y = x` where `gate >= 0` or NaN, else `slope[c] x`.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func slopedLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, gate: UnsafePointer<Element>, _ slope: UnsafePointer<Element>,
  _ y: UnsafeMutablePointer<Element>, _ rows: Int, _ channels: Int
) {
  for row in 0..<rows {
    for c in 0..<channels {
      // A choice, not a branch: signs are hard to predict.
      let i = row * channels + c, value = x[i], sloped = value * slope[c]
      y[i] = gate[i] < 0 ? sloped : value
    }
  }
}

@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func slopeGradientLoop<Element: Scalar>(
  _ x: UnsafePointer<Element>, _ dy: UnsafePointer<Element>,
  _ sums: UnsafeMutablePointer<Element.Accumulator>, _ rows: Int,
  _ channels: Int
) {
  for row in 0..<rows {
    for c in 0..<channels {
      let i = row * channels + c
      // A choice, not a branch: signs are hard to predict.
      let product = x[i].accumulated * dy[i].accumulated
      sums[c] += x[i] < 0 ? product : 0
    }
  }
}
