import Tensors

extension Tape {
  /// Pictures of one size side by side in their channels: [batch, height, width, sum of channels].
  package func concatenation(_ parts: [Variable<Element>]) throws(Failure) -> Variable<Element> {
    guard let first = parts.first, first.shape.rank == 4 else {
      throw .invalidArgument("concatenation of nothing")
    }
    var channels = 0
    for part in parts {
      guard part.shape.rank == 4, part.shape[0] == first.shape[0], part.shape[1] == first.shape[1],
        part.shape[2] == first.shape[2]
      else {
        throw .invalidArgument("concatenation of \(first.shape.description) and \(part.shape.description)")
      }
      channels += part.shape[3]
    }
    let total = channels
    let y = try Tensor<Element>([first.shape[0], first.shape[1], first.shape[2], total])
    var offset = 0
    for part in parts {
      copyColumns(
        part.tensor.pointer, part.shape[3], 0, y.pointer, total, offset, part.shape[3],
        y.count / max(total, 1))
      offset += part.shape[3]
    }
    // dx of each part: its columns of dy
    return record(y, from: parts) { tape, dy throws(Failure) in
      var offset = 0
      for part in parts {
        if part.isDifferentiable {
          let dx = try Tensor<Element>(part.shape)
          copyColumns(
            dy.pointer, total, offset, dx.pointer, part.shape[3], 0, part.shape[3], dy.count / max(total, 1))
          try tape.accumulate(dx, into: part)
        }
        offset += part.shape[3]
      }
    }
  }

  /// A picture in a larger one of zeros: its first pixel at (top, left), its channels first.
  package func embedding(
    _ x: Variable<Element>, top: Int, left: Int, height: Int, width: Int, channels: Int
  ) throws(Failure) -> Variable<Element> {
    guard x.shape.rank == 4, top >= 0, left >= 0, top + x.shape[1] <= height, left + x.shape[2] <= width,
      x.shape[3] <= channels
    else {
      throw .invalidArgument(
        "\(x.shape.description) does not fit \(height)x\(width)x\(channels) at (\(top), \(left))")
    }
    if x.shape[1] == height, x.shape[2] == width, x.shape[3] == channels { return x }
    let y = try Tensor<Element>([x.shape[0], height, width, channels], repeating: 0)
    func forEachRow(_ body: (_ inner: Int, _ outer: Int) -> Void) {
      for n in 0..<x.shape[0] {
        for i in 0..<x.shape[1] {
          body(
            (n * x.shape[1] + i) * x.shape[2] * x.shape[3], ((n * height + top + i) * width + left) * channels
          )
        }
      }
    }
    forEachRow { inner, outer in
      copyColumns(
        x.tensor.pointer + inner, x.shape[3], 0, y.pointer + outer, channels, 0, x.shape[3], x.shape[2])
    }
    // dx: the same part of dy
    return record(y, from: [x]) { tape, dy throws(Failure) in
      let dx = try Tensor<Element>(x.shape)
      for n in 0..<x.shape[0] {
        for i in 0..<x.shape[1] {
          let inner = (n * x.shape[1] + i) * x.shape[2] * x.shape[3]
          let outer = ((n * height + top + i) * width + left) * channels
          copyColumns(
            dy.pointer + outer, channels, 0, dx.pointer + inner, x.shape[3], 0, x.shape[3], x.shape[2])
        }
      }
      try tape.accumulate(dx, into: x)
    }
  }

  /// `y = a + b`, pictures of one batch; where one is smaller, zeros stand below, right and in the last
  /// channels.
  package func sum(_ a: Variable<Element>, _ b: Variable<Element>) throws(Failure) -> Variable<Element> {
    if a.shape == b.shape {
      let y = try a.tensor.adding(b.tensor)
      return record(y, from: [a, b]) { tape, dy throws(Failure) in
        try tape.accumulate(dy, into: a)
        try tape.accumulate(dy, into: b)
      }
    }
    guard a.shape.rank == 4, b.shape.rank == 4, a.shape[0] == b.shape[0] else {
      throw .invalidArgument("the sum of \(a.shape.description) and \(b.shape.description)")
    }
    let height = max(a.shape[1], b.shape[1]), width = max(a.shape[2], b.shape[2]),
      channels = max(a.shape[3], b.shape[3])
    return try sum(
      embedding(a, top: 0, left: 0, height: height, width: width, channels: channels),
      embedding(b, top: 0, left: 0, height: height, width: width, channels: channels))
  }

  /// The same numbers in another shape.
  package func reshaped(_ x: Variable<Element>, _ extents: [Int]) throws(Failure) -> Variable<Element> {
    record(try x.tensor.reshaped(extents), from: [x]) { tape, dy throws(Failure) in
      try tape.accumulate(dy, into: x)
    }
  }
}

/// Copies `count` columns of `rows` rows.
@_specialize(where Element == Float)
@_specialize(where Element == Double)
private func copyColumns<Element: Scalar>(
  _ source: UnsafePointer<Element>, _ sourceStride: Int, _ sourceColumn: Int,
  _ target: UnsafeMutablePointer<Element>, _ targetStride: Int, _ targetColumn: Int, _ count: Int, _ rows: Int
) {
  let rowsEach = max(1, (1 << 15) / max(count, 1))
  func copy(_ rows: Range<Int>) {
    for row in rows {
      (target + row * targetStride + targetColumn).update(
        from: source + row * sourceStride + sourceColumn, count: count)
    }
  }
  guard rows > rowsEach else { return copy(0..<rows) }
  ThreadPool.shared.run((rows + rowsEach - 1) / rowsEach) { task, _ in
    copy((task * rowsEach)..<min((task + 1) * rowsEach, rows))
  }
}
