import Tensors

/// The ways to change the size of a picture.
package enum ResizeFilter: Int32, CaseIterable {
  case bilinear = 0  // triangle, widened when reducing: Pillow's BILINEAR
  case bicubic = 1  // cubic with a = -0.5, widened when reducing: Pillow's BICUBIC
  case area = 2  // mean of the pixels touched: PyTorch's interpolate(mode="area")
}

extension Image {
  /// The picture at another size; the picture itself if the size is its own.
  /// - Throws: `.invalidArgument` for a size outside the limits.
  package func resized(width: Int, height: Int, filter: ResizeFilter) throws(Failure) -> Image {
    if let problem = Image.problem(width: width, height: height) { throw .invalidArgument(problem) }
    if width == self.width, height == self.height { return self }
    switch filter {
    case .bilinear: return try resampled(width: width, height: height, .triangle)
    case .bicubic: return try resampled(width: width, height: height, .cubic)
    case .area: return try areaResized(width: width, height: height)
    }
  }

  /// Along the rows, rounded to 8 bits, then along the columns, rounded to 8 bits: bit for bit what
  /// `Image.resize` of Pillow 3.4 to 12 does. (Pillow 13 takes the columns first when width grows and height shrinks.)
  ///
  /// The work goes by strips of columns, which bounds the picture between the two passes: 3 MiB, or 16 columns.
  private func resampled(width: Int, height: Int, _ kernel: ResampleKernel) throws(Failure) -> Image {
    let out = try Image(width: width, height: height)
    let across = try ResampleWeights(from: self.width, to: width, kernel)
    if height == self.height {
      for y in 0..<height {
        across.applyAlong(row(y), columns: 0..<width, into: out.mutableRow(y))
      }
      return out
    }
    let down = try ResampleWeights(from: self.height, to: height, kernel)
    let strip = min(width, max(16, (1 << 20) / self.height))
    let sums = try Storage<Int32>(count: 3 * strip)
    let isReshaping = width != self.width
    let between = try Storage<UInt8>(count: isReshaping ? 3 * strip * self.height : 0)
    for left in Swift.stride(from: 0, to: width, by: strip) {
      let columns = left..<min(left + strip, width)
      let bytes = 3 * columns.count
      var source = UnsafePointer(pixels.pointer + 3 * left)
      var stride = self.stride
      if isReshaping {
        for y in 0..<self.height {
          let target = UnsafeMutableBufferPointer(start: between.pointer + y * bytes, count: bytes)
          across.applyAlong(row(y), columns: columns, into: target)
        }
        source = UnsafePointer(between.pointer)
        stride = bytes
      }
      for y in 0..<height {
        let target = UnsafeMutableBufferPointer(rebasing: out.mutableRow(y)[(3 * left)..<(3 * left + bytes)])
        down.applyAcross(source, stride: stride, row: y, sums: sums.pointer, into: target)
      }
    }
    withExtendedLifetime((self, sums, between)) {}
    return out
  }
}
