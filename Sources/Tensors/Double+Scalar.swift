import COpenBLAS
import CSystem

extension Double: Scalar {
  package static var panelWidth: Int? { nil }

  package static func power(_ x: Double, _ y: Double) -> Double { pow(x, y) }
  package static func exponential(_ x: Double) -> Double { exp(x) }
  package static func logarithm(_ x: Double) -> Double { log(x) }

  package static func pack(
    depth: Int, columns: Int, _ b: UnsafePointer<Double>, rowStride: Int, columnStride: Int
  ) throws(Failure) -> PackedMatrix<Double> {
    let storage = try Storage<Double>(count: depth * columns)
    for k in 0..<depth {
      for j in 0..<columns { storage.pointer[k * columns + j] = b[k * rowStride + j * columnStride] }
    }
    return PackedMatrix(depth: depth, columns: columns, storage: storage)
  }

  package static func multiply(
    rows: Int, _ a: UnsafePointer<Double>, rowStride: Int, columnStride: Int, _ b: PackedMatrix<Double>,
    _ c: UnsafeMutablePointer<Double>, accumulate: Bool, _ finish: Finish<Double>, _ workspace: Workspace
  ) throws(Failure) {
    guard rows > 0, b.columns > 0 else { return }
    guard let m = Int32(exactly: rows), let n = Int32(exactly: b.columns), let k = Int32(exactly: b.depth) else {
      throw .invalidArgument("a product of \(rows) x \(b.depth) x \(b.columns), OpenBLAS takes sides below 2^31")
    }
    // The stride of a single row, or of a single column, says nothing: OpenBLAS wants at least the row's length.
    let isPlain = columnStride == 1
    let stride = isPlain ? max(rowStride, b.depth) : max(columnStride, rows)
    cblas_dgemm(
      CblasRowMajor, isPlain ? CblasNoTrans : CblasTrans, CblasNoTrans, m, n, k, 1, a, Int32(clamping: stride),
      b.storage.pointer, n, accumulate ? 1 : 0, c, n)
    for i in 0..<rows {
      for j in 0..<b.columns { c[i * b.columns + j] = finish.apply(c[i * b.columns + j], column: j) }
    }
  }

  package static var takesNarrowWeights: Bool { false }

  package static func filter(_ shape: FilterShape, narrow: NarrowMatrix) throws(Failure) -> PackedFilter<Double> {
    throw .internalError("narrow weights for a filter in Double")
  }

  package static func gram(
    _ x: UnsafePointer<Double>, rows: Int, columns: Int, _ gram: UnsafeMutablePointer<Double>, _ workspace: Workspace
  ) throws(Failure) {
    guard columns > 0 else { return }
    gram.update(repeating: 0, count: columns * columns)
    guard rows > 0 else { return }
    let packed = try pack(depth: rows, columns: columns, x, rowStride: columns, columnStride: 1)
    try multiply(
      rows: columns, x, rowStride: 1, columnStride: columns, packed, gram, accumulate: true, .nothing, workspace)
  }

  /// By way of the matrix of patches: a row for each output pixel, holding the window's factors; group after group.
  package static func convolve(
    _ window: Window, _ x: UnsafePointer<Double>, _ filter: PackedFilter<Double>, _ y: UnsafeMutablePointer<Double>,
    _ finish: Finish<Double>, _ workspace: Workspace
  ) throws(Failure) {
    let shape = filter.shape
    let length = shape.inputs, depth = window.taps * length, each = shape.outputs / shape.groups
    let patches = try Storage<Double>(count: window.outputPixels * depth)
    let part = try Storage<Double>(count: window.outputPixels * each)
    for group in 0..<shape.groups {
      patches.pointer.update(repeating: 0, count: patches.count)
      window.forEachPatch { pixel, tap, input in
        (patches.pointer + pixel * depth + tap * length).update(from: x + input + group * length, count: length)
      }
      try multiply(
        rows: window.outputPixels, patches.pointer, rowStride: depth, columnStride: 1, filter.matrix(ofGroup: group),
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

  package static func pool(
    _ window: Window, isMaximum: Bool, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    y.update(repeating: isMaximum ? -.infinity : 0, count: window.outputPixels * window.channels)
    window.forEachTap { output, input, covered in
      for c in 0..<window.channels {
        let value = x[input + c]
        if !isMaximum {
          y[output + c] += value / Double(covered)
        } else if !(value <= y[output + c]) && y[output + c] == y[output + c] {
          y[output + c] = value  // a NaN stays
        }
      }
    }
  }

  package static func gate(
    _ dy: UnsafePointer<Double>, by y: UnsafePointer<Double>, _ dx: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    for i in 0..<count { dx[i] = y[i] > 0 ? dy[i] : 0 }
  }

  package static func normaliseResponse(
    _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>, rows: Int, channels: Int, scale: Double, half: Int
  ) {
    for row in 0..<rows {
      let x = x + row * channels, y = y + row * channels
      for c in 0..<channels {
        var sum = 0.0
        for k in max(0, c - half)...min(channels - 1, c + half) { sum += x[k] * x[k] }
        y[c] = x[c] / pow(1 + scale * sum, 0.75)
      }
    }
  }
}
