import Tensors

/// The ways to change the size of a picture.
package enum ResizeFilter: Int32, CaseIterable {
  case bilinear = 0  // triangle, widened when reducing: Pillow's BILINEAR
  case bicubic = 1  // cubic with a = -0.5, widened when reducing: Pillow's BICUBIC
  case area = 2  // mean of the pixels touched: PyTorch's interpolate(mode="area")
}

extension Image {
  /// The picture at another size; itself if the size is the same.
  /// - Throws: `.invalidArgument` for a size outside the limits.
  package func resized(width: Int, height: Int, filter: ResizeFilter) throws(Failure) -> Image {
    if let problem = Image.problem(width: width, height: height) { throw .invalidArgument(problem) }
    if width == self.width, height == self.height { return self }
    let resizing = Resizing(width: width, height: height, filter: filter)
    return alpha == nil ? try changed(by: resizing) : try resizedUnderAlpha(resizing)
  }
}

struct Resizing: RasterChange {
  let width, height: Int
  let filter: ResizeFilter

  func callAsFunction<Sample: Level>(_ raster: Raster<Sample>) throws(Failure) -> Raster<Sample> {
    precondition(raster.channels == 3)
    switch filter {
    case .bilinear: return try raster.resampled(width: width, height: height, .triangle)
    case .bicubic: return try raster.resampled(width: width, height: height, .cubic)
    case .area: return try raster.areaResized(width: width, height: height)
    }
  }
}

extension Raster {
  /// Along the rows, rounded to integer levels, then along the columns, rounded again: for 8 bits identical,
  /// bit for bit, to `Image.resize` of Pillow 3.4 to 12. (Pillow 13 starts with the columns if width grows
  /// and height shrinks.)
  ///
  /// Works in strips of columns, which limits the picture between the two passes to 3 MiB, or 16 columns.
  fileprivate func resampled(width: Int, height: Int, _ kernel: ResampleKernel) throws(Failure) -> Raster {
    let out = try Raster(width: width, height: height)
    let across = try ResampleWeights(from: self.width, to: width, kernel)
    if height == self.height {
      withPointers(samples, out.samples) { source, target in
        for y in 0..<height {
          across.applyAlong(source + y * stride, columns: 0..<width, into: target + y * out.stride)
        }
      }
      return out
    }
    let down = try ResampleWeights(from: self.height, to: height, kernel)
    let strip = min(width, max(16, (1 << 20) / self.height))
    let sums = try Storage<Sample.Weighted>(count: 3 * strip)
    let isReshaping = width != self.width
    let between = try Storage<Sample>(count: isReshaping ? 3 * strip * self.height : 0)
    withPointers(samples, out.samples, between) { old, new, between in
      sums.withPointer { sums in
        for left in Swift.stride(from: 0, to: width, by: strip) {
          let columns = left..<min(left + strip, width), values = 3 * columns.count
          var source = UnsafePointer(old + 3 * left), stride = self.stride
          if isReshaping {
            for y in 0..<self.height {
              across.applyAlong(old + y * self.stride, columns: columns, into: between + y * values)
            }
            (source, stride) = (UnsafePointer(between), values)
          }
          for y in 0..<height {
            down.applyAcross(
              source, stride: stride, row: y, sums: sums, into: new + y * out.stride + 3 * left, count: values
            )
          }
        }
      }
    }
    return out
  }
}
