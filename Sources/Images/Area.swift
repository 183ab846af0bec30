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
        index, sums, rows, columns in
        let count = rows &* columns
        let twice = 2 &* UInt32(truncatingIfNeeded: count), half = UInt32(truncatingIfNeeded: count)
        for i in 0..<3 {
          target[index + i] = Sample(truncatingIfNeeded: (2 &* sums[i] &+ half) / twice)
        }
      } long: { index, sums, rows, columns in
        let count = rows * columns
        for i in 0..<3 {
          target[index + i] = Sample(truncatingIfNeeded: (2 * sums[i] + count) / (2 * count))
        }
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
    // Areas of a row have at most three widths: their shares are computed once.
    let narrowest = columns.count / width
    var down = 0, shares = SIMD4<Float>.zero
    func put(_ index: Int, _ sums: SIMD4<Float>, _ rows: Int, _ columns: Int) {
      if rows != down {
        down = rows
        for i in 0..<3 { shares[i] = 1 / Float(rows &* (narrowest &+ i)) }
      }
      let means = (sums * shares[(columns &- narrowest) & 3] - mean) * scale
      UnsafeMutableRawPointer(target + index).storeBytes(of: means.lowHalf, as: SIMD2<Float>.self)
      target[index &+ 2] = means[2]
    }
    try raster.sumAreas(rows: rows, columns: columns, height: height, width: width) {
      put($0, SIMD4<Float>(SIMD4<Int32>(truncatingIfNeeded: $1)), $2, $3)
    } long: {
      put($0, SIMD4(Float($1[0]), Float($1[1]), Float($1[2]), 0), $2, $3)
    }
  }
}

extension Raster {
  /// Calls a function for each new pixel, row by row, with 3 * its index, the three sums and the numbers of
  /// rows and columns summed: `use` if twice a sum and more fits 32 bits, else `long`.
  @inline(__always)
  fileprivate func sumAreas(
    rows: Range<Int>, columns: Range<Int>, height: Int, width: Int,
    _ use: (Int, SIMD4<UInt32>, Int, Int) -> Void, long: (Int, SIMD4<Int>, Int, Int) -> Void
  ) throws(Failure) {
    let down = rows.count / height + 2, across = columns.count / width + 2
    if down <= 257, down * across <= Int(Int32.max) / (2 * Int(Sample.max) + 1) {
      // One more, as pixels are read as four samples.
      let sums = try Storage<Sample.Sum>(count: 3 * columns.count + 1)
      try sumAreas(rows, columns, height, width, sums) { index, pixels, range, down in
        let first = UnsafeRawPointer(pixels + 3 &* range.lowerBound)
        func pixel(_ i: Int) -> SIMD4<UInt32> {
          SIMD4(
            truncatingIfNeeded: (first + 3 &* i &* MemoryLayout<Sample.Sum>.stride).loadUnaligned(
              as: SIMD4<Sample.Sum>.self))
        }
        switch range.count {
        case 1: use(index, pixel(0), down, 1)
        case 2: use(index, pixel(0) &+ pixel(1), down, 2)
        case 3: use(index, pixel(0) &+ pixel(1) &+ pixel(2), down, 3)
        default:
          var sum = SIMD4<UInt32>.zero
          for i in 0..<range.count { sum &+= pixel(i) }
          use(index, sum, down, range.count)
        }
      }
    } else {
      let sums = try Storage<Sample.LongSum>(count: 3 * columns.count)
      try sumAreas(rows, columns, height, width, sums) { index, pixels, range, down in
        var sum = SIMD4<Int>.zero
        for x in range {
          for i in 0..<3 { sum[i] &+= Int(truncatingIfNeeded: pixels[3 * x + i]) }
        }
        long(index, sum, down, range.count)
      }
    }
  }

  /// Ranges are separable: sums rows first, then columns of the sum.
  @inline(__always)
  private func sumAreas<Sum: FixedWidthInteger & UnsignedInteger>(
    _ rows: Range<Int>, _ columns: Range<Int>, _ height: Int, _ width: Int, _ scratch: Storage<Sum>,
    _ use: (Int, UnsafePointer<Sum>, Range<Int>, Int) -> Void
  ) throws(Failure) {
    let ends = try Storage<Int32>(count: 2 * width)
    for x in 0..<width {
      let (left, right) = areaRange(x, old: columns.count, new: width)
      (ends[2 * x], ends[2 * x + 1]) = (Int32(left), Int32(right))
    }
    let start = rows.lowerBound * stride + 3 * columns.lowerBound, values = 3 * columns.count
    withPointers(samples, scratch, ends) { samples, sums, ends in
      // The samples behind the last pixel's are read, and not used.
      for place in values..<scratch.count { sums[place] = 0 }
      sumAreas(
        samples + start, rows.count, values: values, height, width, sums: sums, ends: ends, use)
    }
  }

  /// - Parameters:
  ///   - start: the part's first sample; values: samples per row of it.
  ///   - sums: room for a row of the part; ends: the start and end of each new column's old ones.
  ///   - use: gets 3 * a new pixel's index, the sums of its rows, its columns, and the number of rows.
  @inline(__always)
  private func sumAreas<Sum: FixedWidthInteger & UnsignedInteger>(
    _ start: UnsafePointer<Sample>, _ rows: Int, values: Int, _ height: Int, _ width: Int,
    sums: UnsafeMutablePointer<Sum>, ends: UnsafePointer<Int32>,
    _ use: (Int, UnsafePointer<Sum>, Range<Int>, Int) -> Void
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
        use(index, sums, Int(ends[2 * x])..<Int(ends[2 * x + 1]), bottom - top)
        index += 3
      }
    }
  }
}

/// Both at most 65500 long, so that the products fit.
private func areaRange(_ index: Int, old: Int, new: Int) -> (Int, Int) {
  (index &* old / new, ((index &+ 1) &* old &+ new &- 1) / new)
}
