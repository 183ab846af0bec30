import Tensors

/// Area means: pixel i of the new line is the mean of the old pixels `floor(i * old / new) ..< ceil((i + 1) *
/// old / new)`, along both axes. Adjacent ranges may share a pixel; enlarging repeats pixels and mixes two at
/// the seams.
/// Source: PyTorch's `interpolate(mode="area")`, which is its adaptive average pooling.
extension Raster {
  /// Rounded to the nearest level, halves up.
  func areaResized(width: Int, height: Int) throws(Failure) -> Raster {
    let out = try Raster(width: width, height: height)
    try out.samples.withPointer { target throws(Failure) in
      try sumAreas(rows: 0..<self.height, columns: 0..<self.width, height: height, width: width) {
        index, red, green, blue, count in
        target[index] = Sample(truncatingIfNeeded: (2 * red + count) / (2 * count))
        target[index + 1] = Sample(truncatingIfNeeded: (2 * green + count) / (2 * count))
        target[index + 2] = Sample(truncatingIfNeeded: (2 * blue + count) / (2 * count))
      }
    }
    return out
  }
}

extension Image {
  /// A part of the picture as a network's input: `(mean of area - mean) * scale`, not rounded to levels.
  ///
  /// - Parameters:
  ///   - rows, columns: the part, not empty, inside the picture.
  ///   - into: receives `[height, width, 3]` numbers in R, G, B order.
  /// - Throws: `.internalError` for a part outside the picture or an empty one, `.noMemory`.
  package func areaResampled(
    rows: Range<Int>, columns: Range<Int>, to height: Int, width: Int,
    into target: UnsafeMutablePointer<Float>,
    scale: Float, mean: Float
  ) throws(Failure) {
    guard height >= 1, width >= 1, height <= Image.maxSide, width <= Image.maxSide, !rows.isEmpty,
      !columns.isEmpty,
      rows.lowerBound >= 0, rows.upperBound <= self.height, columns.lowerBound >= 0,
      columns.upperBound <= self.width
    else {
      throw .internalError(
        "area of \(columns.count)x\(rows.count) at (\(columns.lowerBound), \(rows.lowerBound)) to \(width)x\(height)"
          + " from a picture of \(self.width)x\(self.height)")
    }
    let raster = Raster(pixels, width: self.width, height: self.height)
    try raster.sumAreas(rows: rows, columns: columns, height: height, width: width) {
      index, red, green, blue, count in
      let share = 1 / Float(count)
      target[index] = (Float(red) * share - mean) * scale
      target[index + 1] = (Float(green) * share - mean) * scale
      target[index + 2] = (Float(blue) * share - mean) * scale
    }
  }
}

extension Raster {
  /// Calls `use` for each new pixel, row by row, with 3 * its index, the three sums and the number of pixels
  /// summed.
  @inline(__always)
  fileprivate func sumAreas(
    rows: Range<Int>, columns: Range<Int>, height: Int, width: Int, _ use: (Int, Int, Int, Int, Int) -> Void
  ) throws(Failure) {
    if rows.count / height + 2 <= 257 {
      try sumAreas(rows, columns, height, width, Storage<Sample.Sum>(count: 3 * columns.count), use)
    } else {
      try sumAreas(rows, columns, height, width, Storage<Sample.LongSum>(count: 3 * columns.count), use)
    }
  }

  /// Ranges are separable: sums rows first, then columns of the sum.
  @inline(__always)
  private func sumAreas<Sum: FixedWidthInteger & UnsignedInteger>(
    _ rows: Range<Int>, _ columns: Range<Int>, _ height: Int, _ width: Int, _ scratch: Storage<Sum>,
    _ use: (Int, Int, Int, Int, Int) -> Void
  ) throws(Failure) {
    let ends = try Storage<Int32>(count: 2 * width)
    for x in 0..<width {
      let (left, right) = areaRange(x, old: columns.count, new: width)
      (ends[2 * x], ends[2 * x + 1]) = (Int32(left), Int32(right))
    }
    let start = rows.lowerBound * stride + 3 * columns.lowerBound, values = 3 * columns.count
    withPointers(samples, scratch, ends) { samples, sums, ends in
      sumAreas(
        samples + start, rows.count, values: values, height, width, sums: sums, ends: ends, use)
    }
  }

  /// - Parameters:
  ///   - start: the part's first sample; values: samples per row of it.
  ///   - sums: room for a row of the part; ends: the start and end of each new column's old ones.
  @inline(__always)
  private func sumAreas<Sum: FixedWidthInteger & UnsignedInteger>(
    _ start: UnsafePointer<Sample>, _ rows: Int, values: Int, _ height: Int, _ width: Int,
    sums: UnsafeMutablePointer<Sum>, ends: UnsafePointer<Int32>, _ use: (Int, Int, Int, Int, Int) -> Void
  ) {
    var index = 0
    for y in 0..<height {
      let (top, bottom) = areaRange(y, old: rows, new: height)
      // Two rows at a time, which halves the accesses to the sums.
      var line = start + top * stride
      if (bottom - top) % 2 == 1 {
        for value in 0..<values { sums[value] = Sum(truncatingIfNeeded: line[value]) }
        line += stride
      } else {
        let next = line + stride
        for value in 0..<values {
          sums[value] = Sum(truncatingIfNeeded: line[value]) &+ Sum(truncatingIfNeeded: next[value])
        }
        line += 2 * stride
      }
      for _ in 0..<((bottom - top - 1) / 2) {
        let next = line + stride
        for value in 0..<values {
          sums[value] &+= Sum(truncatingIfNeeded: line[value]) &+ Sum(truncatingIfNeeded: next[value])
        }
        line += 2 * stride
      }
      for x in 0..<width {
        let left = Int(ends[2 * x]), right = Int(ends[2 * x + 1])
        var (red, green, blue) = (0, 0, 0)
        var place = 3 * left
        for _ in left..<right {
          red &+= Int(truncatingIfNeeded: sums[place])
          green &+= Int(truncatingIfNeeded: sums[place + 1])
          blue &+= Int(truncatingIfNeeded: sums[place + 2])
          place += 3
        }
        use(index, red, green, blue, (bottom - top) * (right - left))
        index += 3
      }
    }
  }
}

/// Both at most 65500 long, so that the products fit.
private func areaRange(_ index: Int, old: Int, new: Int) -> (Int, Int) {
  (index &* old / new, ((index &+ 1) &* old &+ new &- 1) / new)
}
