import Tensors

extension Image {
  /// The part of the picture in a rectangle.
  /// - Throws: `.invalidArgument` unless the rectangle is at least 1x1 and lies inside.
  package func cropped(x: Int, y: Int, width: Int, height: Int) throws(Failure) -> Image {
    try cropped(Region(x: x, y: y, width: width, height: height))
  }

  package func cropped(_ region: Region) throws(Failure) -> Image {
    try region.check(inside: width, height)
    return try changed(by: Cropping(region: region))
  }
}

private struct Cropping: RasterChange {
  let region: Region

  func callAsFunction<Sample: Level>(_ raster: Raster<Sample>) throws(Failure) -> Raster<Sample> {
    let part = try Raster<Sample>(width: region.width, height: region.height, channels: raster.channels)
    withPointers(raster.samples, part.samples) { source, target in
      let first = source + region.y * raster.stride + raster.channels * region.x
      for y in 0..<part.height {
        (target + y * part.stride).update(from: first + y * raster.stride, count: part.stride)
      }
    }
    return part
  }
}
