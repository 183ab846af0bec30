import CSystem

/// A number type without kernels: plain loops, in the order of the definition.
package protocol PlainScalar: Scalar where Accumulator == Self {}

extension PlainScalar {
  package static var panelWidth: Int? { nil }

  package static func pack(
    depth: Int, columns: Int, _ b: UnsafePointer<Self>, rowStride: Int, columnStride: Int
  ) throws(Failure) -> PackedMatrix<Self> {
    let storage = try Storage<Self>(count: depth * columns)
    for k in 0..<depth {
      for j in 0..<columns { storage.pointer[k * columns + j] = b[k * rowStride + j * columnStride] }
    }
    return PackedMatrix(depth: depth, columns: columns, storage: storage)
  }

  package static func multiply(
    rows: Int, _ a: UnsafePointer<Self>, rowStride: Int, columnStride: Int, _ b: PackedMatrix<Self>,
    _ c: UnsafeMutablePointer<Self>, accumulate: Bool, _ finish: Finish<Self>, _ workspace: Workspace
  ) throws(Failure) {
    multiplyPlainly(
      rows: rows, a, rowStride: rowStride, columnStride: columnStride, b, c, accumulate: accumulate, finish)
  }

  static func multiplyPlainly(
    rows: Int, _ a: UnsafePointer<Self>, rowStride: Int, columnStride: Int, _ b: PackedMatrix<Self>,
    _ c: UnsafeMutablePointer<Self>, accumulate: Bool, _ finish: Finish<Self>
  ) {
    let columns = b.columns, packed = b.storage.pointer
    for i in 0..<rows {
      let row = c + i * columns
      if !accumulate { row.update(repeating: 0, count: columns) }
      for k in 0..<b.depth {
        let factor = a[i * rowStride + k * columnStride]
        for j in 0..<columns { row[j] += factor * packed[k * columns + j] }
      }
      for j in 0..<columns { row[j] = finish.apply(row[j], column: j) }
    }
    withExtendedLifetime(b) {}
  }

  package static var takesNarrowWeights: Bool { false }

  package static func filter(_ shape: FilterShape, narrow: NarrowMatrix) throws(Failure) -> PackedFilter<Self>
  {
    throw .internalError("narrow weights for a filter of plain numbers")
  }

  package static func gram(
    _ x: UnsafePointer<Self>, rows: Int, columns: Int, _ gram: UnsafeMutablePointer<Self>,
    _ workspace: Workspace
  ) throws(Failure) {
    guard columns > 0 else { return }
    gram.update(repeating: 0, count: columns * columns)
    guard rows > 0 else { return }
    let packed = try pack(depth: rows, columns: columns, x, rowStride: columns, columnStride: 1)
    try multiply(
      rows: columns, x, rowStride: 1, columnStride: columns, packed, gram, accumulate: true, .nothing,
      workspace)
  }

  /// Convolves through the matrix of patches, group after group: one row per output pixel, holding the
  /// factors of its window.
  package static func convolve(
    _ window: Window, _ x: UnsafePointer<Self>, _ filter: PackedFilter<Self>, _ y: UnsafeMutablePointer<Self>,
    _ finish: Finish<Self>, _ workspace: Workspace
  ) throws(Failure) {
    let shape = filter.shape
    let length = shape.inputs, depth = window.taps * length, each = shape.outputs / shape.groups
    let patches = try Storage<Self>(count: window.outputPixels * depth)
    let part = try Storage<Self>(count: window.outputPixels * each)
    for group in 0..<shape.groups {
      patches.pointer.update(repeating: 0, count: patches.count)
      window.forEachPatch { pixel, tap, input in
        let patch: UnsafeMutablePointer<Self> = patches.pointer + pixel * depth
        let source: UnsafePointer<Self> = x + input + group * length
        (patch + tap * length).update(from: source, count: length)
      }
      try multiply(
        rows: window.outputPixels, patches.pointer, rowStride: depth, columnStride: 1,
        filter.matrix(ofGroup: group),
        part.pointer, accumulate: false, .nothing, workspace)
      for pixel in 0..<window.outputPixels {
        for j in 0..<each {
          let column = group * each + j
          y[pixel * shape.outputs + column] = finish.apply(part.pointer[pixel * each + j], column: column)
        }
      }
    }
    withExtendedLifetime(patches) {}
  }

  package static func weightGradient(
    _ window: Window, _ x: UnsafePointer<Self>, _ dy: UnsafePointer<Self>, outputs: Int, groups: Int,
    _ dw: UnsafeMutablePointer<Self>, _ workspace: Workspace
  ) throws(Failure) {
    let channels = window.channels / groups, columns = outputs / groups
    dw.update(repeating: 0, count: groups * window.taps * channels * columns)
    window.forEachPatch { pixel, tap, input in
      for group in 0..<groups {
        for c in 0..<channels {
          let value = x[input + group * channels + c]
          let target = dw + ((group * window.taps + tap) * channels + c) * columns
          for k in 0..<columns { target[k] += value * dy[pixel * outputs + group * columns + k] }
        }
      }
    }
  }

  package static func pool(
    _ window: Window, isMaximum: Bool, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>
  ) {
    y.update(repeating: isMaximum ? -.infinity : 0, count: window.outputPixels * window.channels)
    window.forEachTap { output, input, covered in
      for c in 0..<window.channels {
        let value = x[input + c]
        if !isMaximum {
          y[output + c] += value / Self(covered)
        } else if !(value <= y[output + c]) && y[output + c] == y[output + c] {
          y[output + c] = value  // a NaN stays
        }
      }
    }
  }

  package static func euclideanPool(
    _ window: Window, _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>
  ) {
    y.update(repeating: 0, count: window.outputPixels * window.channels)
    window.forEachTap { output, input, _ in
      for c in 0..<window.channels { y[output + c] += x[input + c] * x[input + c] }
    }
    for i in 0..<(window.outputPixels * window.channels) { y[i] = y[i] > 0 ? y[i].squareRoot() : y[i] }
  }

  package static func poolGradient(
    _ window: Window, _ kind: WindowPooling, _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>,
    _ dy: UnsafePointer<Self>,
    _ dx: UnsafeMutablePointer<Self>
  ) throws(Failure) {
    dx.update(repeating: 0, count: window.batch * window.height * window.width * window.channels)
    // One winner per window: `given` records which maxima have received their gradient.
    let given = try Storage<Bool>(
      repeating: false, count: kind == .maximum ? window.outputPixels * window.channels : 0)
    window.forEachTap { output, input, covered in
      for c in 0..<window.channels {
        switch kind {
        case .average: dx[input + c] += dy[output + c] / Self(covered)
        case .euclidean:
          if y[output + c] > 0 { dx[input + c] += dy[output + c] * x[input + c] / y[output + c] }
        case .maximum:
          guard x[input + c] == y[output + c], !given.pointer[output + c] else { continue }
          given.pointer[output + c] = true
          dx[input + c] += dy[output + c]
        }
      }
    }
  }

  package static func gate(
    _ dy: UnsafePointer<Self>, by y: UnsafePointer<Self>, _ dx: UnsafeMutablePointer<Self>, _ count: Int
  ) {
    for i in 0..<count { dx[i] = y[i] > 0 ? dy[i] : 0 }
  }

  package static func normaliseResponse(
    _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Self>, rows: Int, channels: Int, scale: Self,
    half: Int
  ) {
    for row in 0..<rows {
      let x = x + row * channels, y = y + row * channels
      for c in 0..<channels {
        var sum: Self = 0
        for k in max(0, c - half)...min(channels - 1, c + half) { sum += x[k] * x[k] }
        y[c] = x[c] / power(1 + scale * sum, 0.75)
      }
    }
  }

  package static func normaliseResponseGradient(
    _ x: UnsafePointer<Self>, _ dy: UnsafePointer<Self>, _ dx: UnsafeMutablePointer<Self>, rows: Int,
    channels: Int,
    scale: Self, half: Int
  ) {
    for row in 0..<rows {
      let x = x + row * channels, dy = dy + row * channels
      func base(_ c: Int) -> Self {
        var sum: Self = 0
        for k in max(0, c - half)...min(channels - 1, c + half) { sum += x[k] * x[k] }
        return 1 + scale * sum
      }
      for c in 0..<channels {
        var sum: Self = 0
        for k in max(0, c - half)...min(channels - 1, c + half) {
          sum += dy[k] * x[k] * power(base(k), -1.75)
        }
        dx[row * channels + c] = dy[c] * power(base(c), -0.75) - 1.5 * scale * x[c] * sum
      }
    }
  }
}
