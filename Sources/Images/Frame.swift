import Tensors

/// A camera's picture in a caller's memory: read in place, never kept.
///
/// Video formats have a luma level, Y, for each pixel, and colour differences, U and V, for two pixels of a
/// row (4:2:2) or for a square of four (4:2:0), which share them. If a side is odd, its last pixels have
/// differences of their own: chroma rounds up.
package struct Frame {
  package enum Format: Equatable {
    case packed(PixelFormat)
    case nv12  // 4:2:0; a plane of Y, one of U, V
    case nv21  // 4:2:0; a plane of Y, one of V, U
    case i420  // 4:2:0; a plane of Y, one of U, one of V
    case yuyv  // 4:2:2; Y, U, Y, V for two pixels

    package var planeCount: Int {
      switch self {
      case .packed, .yuyv: return 1
      case .nv12, .nv21: return 2
      case .i420: return 3
      }
    }

    /// Bytes per row and number of rows, for each plane.
    func planes(width: Int, height: Int) -> [(rowBytes: Int, rows: Int)] {
      let halfWidth = (width + 1) / 2, halfHeight = (height + 1) / 2
      switch self {
      case .packed(let format): return [(width * format.size, height)]
      case .nv12, .nv21: return [(width, height), (2 * halfWidth, halfHeight)]
      case .i420: return [(width, height), (halfWidth, halfHeight), (halfWidth, halfHeight)]
      case .yuyv: return [(4 * halfWidth, height)]
      }
    }
  }

  /// A caller's memory; `stride` is the distance between rows in bytes, 0 if rows are packed.
  package struct Plane {
    package var bytes: UnsafeRawBufferPointer
    package var stride: Int

    package init(_ bytes: UnsafeRawBufferPointer, stride: Int = 0) {
      (self.bytes, self.stride) = (bytes, stride)
    }
  }

  package let format: Format
  /// Before rotation.
  package let width, height: Int
  let orientation: Orientation
  let colours: ColourConversion
  private let planes: [(start: UnsafePointer<UInt8>, stride: Int)]

  /// - Parameters:
  ///   - planes: at least as many as the format has.
  ///   - rotation: clockwise degrees that make the frame upright: 0, 90, 180 or 270.
  ///   - isMirrored: whether left and right are exchanged after that.
  ///   - colours: of video formats.
  /// - Throws: `.invalidArgument` if a number is out of range or a plane has too few bytes.
  package init(
    _ format: Format, width: Int, height: Int, planes given: [Plane], rotation: Int = 0,
    isMirrored: Bool = false,
    colours: ColourConversion = ColourConversion(.bt601, .limited)
  ) throws(Failure) {
    try Image.check(width: width, height: height)
    self.format = format
    (self.width, self.height) = (width, height)
    self.colours = colours
    orientation = try Orientation(clockwise: rotation, isMirrored: isMirrored)
    let shapes = format.planes(width: width, height: height)
    guard given.count >= shapes.count else {
      throw .invalidArgument("\(given.count) planes; expected \(shapes.count)")
    }
    var planes: [(start: UnsafePointer<UInt8>, stride: Int)] = []
    for (i, shape) in shapes.enumerated() {
      let name = shapes.count > 1 ? " of plane \(i)" : ""
      let bytes = given[i].bytes, stride = given[i].stride == 0 ? shape.rowBytes : given[i].stride
      guard stride >= shape.rowBytes else {
        throw .invalidArgument(
          "stride\(name) of \(UInt(bitPattern: stride)) bytes; expected at least \(shape.rowBytes) for a width of \(width)"
        )
      }
      let (before, overflow1) = stride.multipliedReportingOverflow(by: shape.rows - 1)
      let (needed, overflow2) = before.addingReportingOverflow(shape.rowBytes)
      guard !overflow1, !overflow2, bytes.count >= needed, let start = bytes.baseAddress else {
        throw .invalidArgument(
          "\(bytes.count) bytes\(name) for \(shape.rows) rows with a stride of \(stride), too few")
      }
      planes.append((start.assumingMemoryBound(to: UInt8.self), stride))
    }
    self.planes = planes
  }

  /// Row `y` of a plane, less than the plane's number of rows.
  func row(_ y: Int, of plane: Int = 0) -> UnsafePointer<UInt8> {
    planes[plane].start + y * planes[plane].stride
  }

  // MARK: Upright

  package var uprightWidth: Int { orientation.exchangesSides ? height : width }
  package var uprightHeight: Int { orientation.exchangesSides ? width : height }
  /// All of it, upright.
  package var whole: Region { Region(x: 0, y: 0, width: uprightWidth, height: uprightHeight) }

  /// The position in the frame of a part of the upright picture.
  func lying(_ upright: Region) -> Region {
    let walk = orientation.walk(width: width, height: height)
    let first = walk.start + upright.x * walk.right + upright.y * walk.down
    let last = first + (upright.width - 1) * walk.right + (upright.height - 1) * walk.down
    let x = min(first % width, last % width), y = min(first / width, last / width)
    return Region(
      x: x, y: y, width: orientation.exchangesSides ? upright.height : upright.width,
      height: orientation.exchangesSides ? upright.width : upright.height)
  }
}

/// The raw values of all formats; packed formats keep their own.
extension Frame.Format: RawRepresentable, CaseIterable {
  package static var allCases: [Frame.Format] {
    let packed = PixelFormat.allCases.map { Frame.Format.packed($0) }
    return (packed + [.nv12, .nv21, .i420, .yuyv]).sorted { $0.rawValue < $1.rawValue }
  }

  package var rawValue: Int32 {
    switch self {
    case .packed(let format): format.rawValue
    case .nv12: 5
    case .nv21: 6
    case .i420: 7
    case .yuyv: 8
    }
  }

  package init?(rawValue: Int32) {
    switch rawValue {
    case 5: self = .nv12
    case 6: self = .nv21
    case 7: self = .i420
    case 8: self = .yuyv
    default:
      guard let packed = PixelFormat(rawValue: rawValue) else { return nil }
      self = .packed(packed)
    }
  }
}
