import Tensors

/// How the bytes of a pixel lie in a caller's memory.
package enum PixelFormat: Int32, CaseIterable {
  case rgb = 0
  case bgr = 1
  case rgba = 2
  case bgra = 3
  case grey = 4

  /// Bytes of a pixel.
  var size: Int {
    switch self {
    case .rgb, .bgr: return 3
    case .rgba, .bgra: return 4
    case .grey: return 1
    }
  }

  /// Which bytes of a pixel are red, green and blue.
  private var channels: (red: Int, green: Int, blue: Int) {
    switch self {
    case .rgb, .rgba: return (0, 1, 2)
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
    for pixel in 0..<count {
      let from = source + size * pixel, to = target + 3 * pixel
      to[0] = from[red]
      to[1] = from[green]
      to[2] = from[blue]
    }
  }
}

extension Image {
  /// Copies pixels out of a caller's memory and turns them upright; alpha is ignored.
  ///
  /// - Parameters:
  ///   - bytes: at least stride * (height - 1) + one row's bytes.
  ///   - stride: bytes from one row to the next; 0 if rows are packed.
  ///   - rotation: degrees clockwise that make the picture upright: 0, 90, 180 or 270.
  /// - Throws: `.invalidArgument` when a number is outside its range or the bytes are too few.
  package static func copying(
    _ bytes: UnsafeRawBufferPointer, width: Int, height: Int, stride: Int = 0, format: PixelFormat, rotation: Int = 0
  ) throws(Failure) -> Image {
    try Frame(
      .packed(format), width: width, height: height, planes: [.init(bytes, stride: stride)], rotation: rotation
    ).image()
  }
}
