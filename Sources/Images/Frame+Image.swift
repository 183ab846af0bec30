import Tensors

extension Frame {
  /// The upright picture, or a part of it; reads only that part of the frame.
  /// - Throws: `.invalidArgument` unless the part lies inside the upright picture, `.noMemory`.
  package func image(_ region: Region? = nil) throws(Failure) -> Image {
    let region = region ?? whole
    try region.check(inside: uprightWidth, uprightHeight)
    let image = try Image(width: region.width, height: region.height)
    try read(region, into: image)
    return image
  }

  /// Equals `Image.warped` of the upright picture, bit for bit; reads only the visible part of the frame.
  package func warped(
    by map: Affine, width: Int, height: Int, border: Border = .black
  ) throws(Failure) -> Image {
    let seen = map.seen(size: (width, height), of: uprightWidth, uprightHeight)
    return try image(seen).warped(
      by: map, width: width, height: height, border: border,
      place: .init(x: seen.x, y: seen.y, width: uprightWidth, height: uprightHeight))
  }

  /// Like `image`, into an unshared image of the region's size.
  /// - Parameter isGrey: reads only luma of a video format, and makes a grey picture.
  package func read(_ region: Region, into image: Image, isGrey: Bool = false) throws(Failure) {
    try region.check(inside: uprightWidth, uprightHeight)
    guard image.width == region.width, image.height == region.height else {
      throw .internalError(
        "a region of \(region.width)x\(region.height) into a picture of \(image.width)x\(image.height)")
    }
    let source = lying(region)
    var rows = try FrameRows(self, columns: source.x..<(source.x + source.width), isGrey: isGrey)
    if orientation == .upright {
      image.pixels.withPointer { target in
        for y in 0..<source.height { rows.read(source.y + y, into: target + y * image.stride) }
      }
    } else {
      try turn(&rows, source, into: image)
    }
  }

  /// Reads a few rows at a time, which are rotated while they are in the cache.
  private func turn(_ rows: inout FrameRows, _ source: Region, into image: Image) throws(Failure) {
    let rowCount = min(16, source.height), bytes = 3 * source.width, stride = image.stride
    let room = try Storage<UInt8>(count: rowCount * bytes)
    withPointers(room, image.pixels) { strip, target in
      for first in Swift.stride(from: 0, to: source.height, by: rowCount) {
        let count = min(rowCount, source.height - first)
        for y in 0..<count { rows.read(source.y + first + y, into: strip + y * bytes) }
        let place = orientation.turnsRowsOver ? source.height - first - count : first
        let offset = orientation.exchangesSides ? 3 * place : place * stride
        orientation.turn(strip, width: source.width, height: count, into: target + offset, stride: stride)
      }
    }
  }
}
