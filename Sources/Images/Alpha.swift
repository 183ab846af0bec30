import Tensors

/// Alpha and resizing: transparent pixels must not lend their colour to opaque ones.
extension Image {
  /// Changes colours times alpha, and alpha, separately, then divides, as painting programs do. Computed in
  /// 16 bits, which preserve 8 bits of colour down to an alpha of 1/255. Fully transparent pixels become
  /// white.
  func resizedUnderAlpha(_ resizing: Resizing) throws(Failure) -> Image {
    try changedUnderAlpha(width: resizing.width, height: resizing.height) { picture throws(Failure) in
      try picture.changed(by: resizing)
    }
  }

  /// The same for any change to a size, of opaque pictures of 8 or 16 bits.
  package func changedUnderAlpha(
    width: Int, height: Int, by change: (Image) throws(Failure) -> Image
  ) throws(Failure) -> Image {
    guard let alpha else { return try change(self) }
    let colours = unblended
    func changed(_ raster: Raster<UInt16>) throws(Failure) -> Storage<UInt16> {
      let image = try change(Image(raster))
      guard let samples = image.deep, image.width == width, image.height == height else {
        throw .internalError(
          "a change of alpha to \(image.width)x\(image.height); expected \(width)x\(height)")
      }
      return samples
    }
    let shares = try changed(weighted(colours, alpha))
    let covers = try changed(spread(alpha) { UInt16($0) * 257 })
    let count = width * height
    let newAlpha = try Storage<UInt8>(count: count)
    withPointers(covers, shares, newAlpha) { covers, shares, newAlpha in
      for pixel in 0..<count {
        let cover = covers[3 * pixel]
        newAlpha[pixel] = UInt8(narrowing: cover)
        for place in (3 * pixel)..<(3 * pixel + 3) {
          let share = UInt64(shares[place])
          // A filter that overshoots can leave more colour than coverage.
          let colour = cover == 0 ? 65535 : min(65535, (share * 65535 + UInt64(cover) / 2) / UInt64(cover))
          shares[place] = UInt16(truncatingIfNeeded: colour)
        }
      }
    }
    let deep = try Image(width: width, height: height, deep: shares)
    if colours.deep != nil { return try .blended(deep, newAlpha) }
    return try .blended(Image(width: deep.width, height: deep.height, pixels: deep.pixels), newAlpha)
  }

  /// The picture with the alpha of another, which is resized to match (bilinear); opaque if the other is. Its
  /// own alpha is replaced.
  package func withAlpha(of source: Image) throws(Failure) -> Image {
    guard let alpha = source.alpha else { return unblended }
    if source.width == width, source.height == height { return try .blended(unblended, alpha) }
    let covers = try Resizing(width: width, height: height, filter: .bilinear)(source.spread(alpha) { $0 })
      .samples
    let count = width * height, newAlpha = try Storage<UInt8>(count: count)
    withPointers(covers, newAlpha) { covers, newAlpha in
      for pixel in 0..<count { newAlpha[pixel] = covers[3 * pixel] }
    }
    return try .blended(unblended, newAlpha)
  }

  /// 16-bit colours times alpha.
  private func weighted(_ colours: Image, _ alpha: Storage<UInt8>) throws(Failure) -> Raster<UInt16> {
    if let deep = colours.deep { return try weighted(deep, alpha) { UInt32($0) } }
    return try weighted(colours.pixels, alpha) { UInt32($0) * 257 }
  }

  private func weighted<Sample>(
    _ colours: Storage<Sample>, _ alpha: Storage<UInt8>, _ widened: (Sample) -> UInt32
  ) throws(Failure) -> Raster<UInt16> {
    let shares = try Raster<UInt16>(width: width, height: height), count = alpha.count
    withPointers(colours, alpha, shares.samples) { colours, alpha, shares in
      for pixel in 0..<count {
        let alpha = UInt32(alpha[pixel])
        for place in (3 * pixel)..<(3 * pixel + 3) {
          shares[place] = UInt16(truncatingIfNeeded: (widened(colours[place]) * alpha + 127) / 255)
        }
      }
    }
    return shares
  }

  /// Alpha in three channels, as resizing requires.
  private func spread<Sample>(
    _ alpha: Storage<UInt8>, _ widened: (UInt8) -> Sample
  ) throws(Failure) -> Raster<Sample> {
    let raster = try Raster<Sample>(width: width, height: height), count = 3 * alpha.count
    withPointers(alpha, raster.samples) { alpha, target in
      for place in 0..<count { target[place] = widened(alpha[place / 3]) }
    }
    return raster
  }
}
