import Tensors

/// The samples of a picture of one kind, row by row: R, G and B (3 channels), or alpha (1).
struct Raster<Sample: Level> {
  let samples: Storage<Sample>
  let width, height, channels: Int

  init(_ samples: Storage<Sample>, width: Int, height: Int, channels: Int = 3) {
    precondition(samples.count == channels * width * height)
    self.samples = samples
    (self.width, self.height, self.channels) = (width, height, channels)
  }

  /// Uninitialised samples.
  init(width: Int, height: Int, channels: Int = 3) throws(Failure) {
    try Image.check(width: width, height: height)
    self.init(try Storage(count: channels * width * height), width: width, height: height, channels: channels)
  }

  /// Samples per row.
  var stride: Int { channels * width }
}

/// A change that applies to all kinds of samples alike.
protocol RasterChange {
  func callAsFunction<Sample: Level>(_ raster: Raster<Sample>) throws(Failure) -> Raster<Sample>
}

extension Image {
  /// Applies the same change to the picture's 8-bit or 16-bit samples and to its alpha.
  func changed(by change: some RasterChange) throws(Failure) -> Image {
    let colours = unblended, image: Image
    if let deep = colours.deep {
      image = try Image(change(Raster(deep, width: width, height: height)))
    } else {
      image = Image(try change(Raster(colours.pixels, width: width, height: height)))
    }
    guard let alpha else { return image }
    return try .blended(image, change(Raster(alpha, width: width, height: height, channels: 1)).samples)
  }

  convenience init(_ colours: Raster<UInt8>) {
    self.init(width: colours.width, height: colours.height, pixels: colours.samples)
  }

  convenience init(_ colours: Raster<UInt16>) throws(Failure) {
    try self.init(width: colours.width, height: colours.height, deep: colours.samples)
  }
}
