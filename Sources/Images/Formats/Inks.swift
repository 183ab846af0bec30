import Tensors

/// Cyan, magenta, yellow and black without a profile.
enum Inks {
  /// Converts inks, of which 255 is none, to red, green and blue: `red = C K / 255`, that is
  /// `(255 - C') (255 - K') / 255` for inks C', K' of which 0 is none. Source: Pillow's `cmyk2rgb`, without
  /// its colour profiles.
  static func mix(_ inks: Storage<UInt8>, into pixels: Storage<UInt8>) {
    let count = inks.count / 4
    withPointers(inks, pixels) { inks, pixels in
      for pixel in 0..<count {
        let light = Int(inks[4 * pixel + 3])
        for channel in 0..<3 {
          let colour = Int(inks[4 * pixel + channel])
          pixels[3 * pixel + channel] = UInt8(truncatingIfNeeded: (colour * light + 127) / 255)
        }
      }
    }
  }
}
