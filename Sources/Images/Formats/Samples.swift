import Tensors

/// What decoders leave of a picture: R, G, B samples, and alpha where there is one.
struct Samples<Sample: Level> {
  let width, height: Int
  /// 3 * width * height.
  let colours: Storage<Sample>
  /// width * height.
  let alpha: Storage<Sample>?

  init(width: Int, height: Int, colours: Storage<Sample>, alpha: Storage<Sample>? = nil) {
    (self.width, self.height) = (width, height)
    (self.colours, self.alpha) = (colours, alpha)
  }

  /// Separates R, G, B, A samples into colours and alpha; R, G, B samples are taken as they are.
  init(width: Int, height: Int, interleaved samples: Storage<Sample>, hasAlpha: Bool) throws(Failure) {
    guard hasAlpha else {
      self.init(width: width, height: height, colours: samples)
      return
    }
    let count = width * height
    let colours = try Storage<Sample>(count: 3 * count), alpha = try Storage<Sample>(count: count)
    withPointers(samples, colours, alpha) { samples, colours, alpha in
      for pixel in 0..<count {
        let from = samples + 4 * pixel, to = colours + 3 * pixel
        to[0] = from[0]
        to[1] = from[1]
        to[2] = from[2]
        alpha[pixel] = from[3]
      }
    }
    self.init(width: width, height: height, colours: colours, alpha: alpha)
  }

  /// Divides colours by the alpha that they were multiplied by. Those under alpha 0 are unknown, and stay.
  func divideByAlpha() {
    guard let alpha else { return }
    let count = alpha.count, white = Int(Sample.max)
    withPointers(colours, alpha) { colours, alpha in
      for pixel in 0..<count {
        let cover = Int(alpha[pixel])
        guard cover > 0, cover < white else { continue }
        for place in (3 * pixel)..<(3 * pixel + 3) {
          let colour = (Int(colours[place]) * white + cover / 2) / cover
          colours[place] = Sample(truncatingIfNeeded: min(white, colour))
        }
      }
    }
  }

  /// The picture, which takes over the storages.
  func image() throws(Failure) -> Image {
    let image = try Sample.image(of: Raster(colours, width: width, height: height))
    guard let alpha else { return image }
    return try .blended(image, Sample.bytes(alpha))
  }
}
