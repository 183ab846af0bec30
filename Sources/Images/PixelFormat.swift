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
  var channels: (red: Int, green: Int, blue: Int) {
    switch self {
    case .rgb, .rgba: return (0, 1, 2)
    case .bgr, .bgra: return (2, 1, 0)
    case .grey: return (0, 0, 0)
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
    if let problem = Image.problem(width: width, height: height) { throw .invalidArgument(problem) }
    let orientation = try Orientation(clockwise: rotation)
    let rowBytes = width * format.size
    let stride = stride == 0 ? rowBytes : stride
    guard stride >= rowBytes else {
      throw .invalidArgument("stride of \(stride) bytes, at least \(rowBytes) wanted for a width of \(width)")
    }
    let (before, overflow1) = stride.multipliedReportingOverflow(by: height - 1)
    let (needed, overflow2) = before.addingReportingOverflow(rowBytes)
    guard !overflow1, !overflow2, bytes.count >= needed else {
      throw .invalidArgument("\(bytes.count) bytes for \(height) rows with a stride of \(stride), too few")
    }
    let (red, green, blue) = format.channels
    let image = try Image(width: width, height: height) { y, target in
      let source = UnsafeRawBufferPointer(rebasing: bytes[(y * stride)..<(y * stride + rowBytes)])
      if format == .rgb {
        UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
        return
      }
      var from = 0
      for to in Swift.stride(from: 0, to: target.count, by: 3) {
        target[to] = source[from + red]
        target[to + 1] = source[from + green]
        target[to + 2] = source[from + blue]
        from += format.size
      }
    }
    return try image.turned(orientation)
  }
}
