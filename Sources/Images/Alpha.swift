import Tensors

/// Alpha and the size of a picture: what is clear must not lend its colour to what is not.
extension Image {
  /// Resized as all painting programs do: colours times alpha, and alpha, each for itself; then divided
  /// again. Computed in 16 bits, which leave a colour 8 of its own down to an alpha of 1/255. What is all
  /// clear becomes white.
  func resizedUnderAlpha(_ resizing: Resizing) throws(Failure) -> Image {
    guard let alpha else { return try changed(by: resizing) }
    let colours = unblended
    let shares = try resizing(weighted(colours, alpha)).samples
    let covers = try resizing(spread(alpha) { UInt16($0) * 257 }).samples
    let count = resizing.width * resizing.height
    let newAlpha = try Storage<UInt8>(count: count)
    for pixel in 0..<count {
      let cover = covers.pointer[3 * pixel]
      newAlpha.pointer[pixel] = UInt8(narrowing: cover)
      for place in (3 * pixel)..<(3 * pixel + 3) {
        let share = UInt64(shares.pointer[place])
        // A filter that overshoots can leave more colour than there is cover.
        let colour = cover == 0 ? 65535 : min(65535, (share * 65535 + UInt64(cover) / 2) / UInt64(cover))
        shares.pointer[place] = UInt16(truncatingIfNeeded: colour)
      }
    }
    let deep = try Image(width: resizing.width, height: resizing.height, deep: shares)
    if colours.deep != nil { return try .blended(deep, newAlpha) }
    return try .blended(Image(width: deep.width, height: deep.height, pixels: deep.pixels), newAlpha)
  }

  /// The picture under the alpha of another, which is brought to its size (bilinear); opaque if the other is.
  /// An alpha of its own is given up for it.
  package func withAlpha(of source: Image) throws(Failure) -> Image {
    guard let alpha = source.alpha else { return unblended }
    if source.width == width, source.height == height { return try .blended(unblended, alpha) }
    let covers = try Resizing(width: width, height: height, filter: .bilinear)(source.spread(alpha) { $0 })
      .samples
    let newAlpha = try Storage<UInt8>(count: width * height)
    for pixel in 0..<newAlpha.count { newAlpha.pointer[pixel] = covers.pointer[3 * pixel] }
    return try .blended(unblended, newAlpha)
  }

  /// Colours of 16 bits times alpha.
  private func weighted(_ colours: Image, _ alpha: Storage<UInt8>) throws(Failure) -> Raster<UInt16> {
    let shares = try Raster<UInt16>(width: width, height: height)
    for pixel in 0..<alpha.count {
      let alpha = UInt32(alpha.pointer[pixel])
      for place in (3 * pixel)..<(3 * pixel + 3) {
        let colour =
          colours.deep.map { UInt32($0.pointer[place]) } ?? UInt32(colours.pixels.pointer[place]) * 257
        shares.samples.pointer[place] = UInt16(truncatingIfNeeded: (colour * alpha + 127) / 255)
      }
    }
    return shares
  }

  /// Alpha as three channels, which are what a resize takes.
  private func spread<Sample>(
    _ alpha: Storage<UInt8>, _ widened: (UInt8) -> Sample
  ) throws(Failure) -> Raster<Sample> {
    let raster = try Raster<Sample>(width: width, height: height)
    for place in 0..<(3 * alpha.count) { raster.samples.pointer[place] = widened(alpha.pointer[place / 3]) }
    return raster
  }
}
