import Tensors

/// Rotates and mirrors the rows of a picture.
struct Turning: RasterChange {
  let orientation: Orientation

  func callAsFunction<Sample: Level>(_ raster: Raster<Sample>) throws(Failure) -> Raster<Sample> {
    let (width, height) =
      orientation.exchangesSides ? (raster.height, raster.width) : (raster.width, raster.height)
    let out = try Raster<Sample>(width: width, height: height, channels: raster.channels)
    withPointers(raster.samples, out.samples) { source, target in
      if raster.channels == 3 {
        orientation.turn(source, width: raster.width, height: raster.height, into: target, stride: out.stride)
      } else {
        orientation.turnPlane(source, width: raster.width, height: raster.height, into: target)
      }
    }
    return out
  }
}

extension Orientation {
  /// Writes a packed picture of R, G, B samples upright, to rows that are `stride` samples apart.
  func turn<Sample>(
    _ source: UnsafePointer<Sample>, width: Int, height: Int, into target: UnsafeMutablePointer<Sample>,
    stride: Int
  ) {
    let walk = walk(width: width, height: height)
    let (outWidth, outHeight) = exchangesSides ? (height, width) : (width, height)
    // Works in squares, so that walking down the source's columns hits lines that are still in the cache.
    let side = 64
    for top in Swift.stride(from: 0, to: outHeight, by: side) {
      for left in Swift.stride(from: 0, to: outWidth, by: side) {
        for y in top..<min(top + side, outHeight) {
          var from = source + 3 * (walk.start + y * walk.down + left * walk.right)
          var to = target + y * stride + 3 * left
          for _ in left..<min(left + side, outWidth) {
            to[0] = from[0]
            to[1] = from[1]
            to[2] = from[2]
            to += 3
            from += 3 * walk.right
          }
        }
      }
    }
  }

  /// The same for one sample per pixel.
  func turnPlane<Sample>(
    _ source: UnsafePointer<Sample>, width: Int, height: Int, into target: UnsafeMutablePointer<Sample>
  ) {
    let walk = walk(width: width, height: height)
    let (outWidth, outHeight) = exchangesSides ? (height, width) : (width, height)
    for y in 0..<outHeight {
      let row = walk.start + y * walk.down
      for x in 0..<outWidth { target[y * outWidth + x] = source[row + x * walk.right] }
    }
  }
}
