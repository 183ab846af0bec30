import Tensors

/// The layout of a pixel's samples in a caller's memory. 16-bit samples are in native byte order.
package enum PixelFormat: Int32, CaseIterable {
  case rgb = 0
  case bgr = 1
  case rgba = 2
  case bgra = 3
  case grey = 4
  case rgb16 = 9
  case rgba16 = 10

  /// Bytes per pixel.
  var size: Int {
    switch self {
    case .rgb, .bgr: return 3
    case .rgba, .bgra: return 4
    case .grey: return 1
    case .rgb16: return 6
    case .rgba16: return 8
    }
  }

  var isDeep: Bool { self == .rgb16 || self == .rgba16 }

  /// The index of the alpha sample.
  var alpha: Int? {
    switch self {
    case .rgba, .bgra, .rgba16: return 3
    case .rgb, .bgr, .grey, .rgb16: return nil
    }
  }

  /// The indices of the red, green and blue samples.
  private var channels: (red: Int, green: Int, blue: Int) {
    switch self {
    case .rgb, .rgba, .rgb16, .rgba16: return (0, 1, 2)
    case .bgr, .bgra: return (2, 1, 0)
    case .grey: return (0, 0, 0)
    }
  }

  /// Copies `count` pixels to R, G, B bytes.
  func read(_ source: UnsafePointer<UInt8>, count: Int, into target: UnsafeMutablePointer<UInt8>) {
    if self == .rgb {
      target.update(from: source, count: 3 * count)
      return
    }
    let (red, green, blue) = channels, size = size
    if isDeep {
      for pixel in 0..<count {
        for channel in 0..<3 {
          target[3 * pixel + channel] = UInt8(narrowing: sample16(source + size * pixel, channel))
        }
      }
      return
    }
    for pixel in 0..<count {
      let from = source + size * pixel, to = target + 3 * pixel
      to[0] = from[red]
      to[1] = from[green]
      to[2] = from[blue]
    }
  }
}

/// A caller's memory may be unaligned.
@inline(__always)
private func sample16(_ pixel: UnsafePointer<UInt8>, _ index: Int) -> UInt16 {
  UnsafeRawPointer(pixel).loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
}

extension Image {
  /// Copies pixels from a caller's memory and makes them upright. Keeps alpha and 16 bits.
  ///
  /// - Parameters:
  ///   - bytes: at least stride * (height - 1) + one row's bytes.
  ///   - stride: distance between rows in bytes; 0 if rows are packed.
  ///   - rotation: clockwise degrees that make the picture upright: 0, 90, 180 or 270.
  /// - Throws: `.invalidArgument` if a number is out of range or there are too few bytes.
  package static func copying(
    _ bytes: UnsafeRawBufferPointer, width: Int, height: Int, stride: Int = 0, format: PixelFormat,
    rotation: Int = 0
  ) throws(Failure) -> Image {
    let frame = try Frame(
      .packed(format), width: width, height: height, planes: [.init(bytes, stride: stride)],
      rotation: rotation)
    let colours = format.isDeep ? try frame.deepImage(format) : try frame.image()
    guard let alpha = try frame.alpha(format) else { return colours }
    return try .blended(colours, alpha)
  }
}

extension Frame {
  /// The upright picture of 16-bit samples, without alpha.
  fileprivate func deepImage(_ format: PixelFormat) throws(Failure) -> Image {
    let raster = try Raster<UInt16>(width: width, height: height)
    raster.samples.withPointer { samples in
      for y in 0..<height {
        let from = row(y), to = samples + y * raster.stride
        for x in 0..<width {
          for channel in 0..<3 { to[3 * x + channel] = sample16(from + format.size * x, channel) }
        }
      }
    }
    return try Image(Turning(orientation: orientation)(raster))
  }

  /// The upright picture's alpha, or nil if the format has none.
  fileprivate func alpha(_ format: PixelFormat) throws(Failure) -> Storage<UInt8>? {
    guard let place = format.alpha else { return nil }
    let raster = try Raster<UInt8>(width: width, height: height, channels: 1)
    raster.samples.withPointer { samples in
      for y in 0..<height {
        let from = row(y), to = samples + y * raster.stride
        for x in 0..<width {
          let pixel = from + format.size * x
          to[x] = format.isDeep ? UInt8(narrowing: sample16(pixel, place)) : pixel[place]
        }
      }
    }
    return try Turning(orientation: orientation)(raster).samples
  }
}
