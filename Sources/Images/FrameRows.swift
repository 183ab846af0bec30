import Tensors

/// Reads rows of a frame as R, G, B bytes, starting at column `columns.lowerBound`.
struct FrameRows {
  private let frame: Frame
  private let columns: Range<Int>
  /// The colour differences of every pixel from an even column on, for the chroma row that was read last.
  private let differences: Storage<Int16>
  private let pixels: Storage<UInt32>
  private let room: Int
  private var chromaRow = -1
  /// The grey pixel of each luma, if chroma is not needed.
  private let greys: Storage<UInt32>?

  init(_ frame: Frame, columns: Range<Int>, isGrey: Bool = false) throws(Failure) {
    self.frame = frame
    self.columns = columns
    room = columns.count + 2
    let isVideo = if case .packed = frame.format { false } else { true }
    let hasColour = isVideo && !isGrey
    differences = try Storage(count: hasColour ? 2 * room : 0)
    pixels = try Storage(count: hasColour ? room : 0)
    greys = isVideo && isGrey ? try Storage(count: 256) : nil
    if let greys { for y in 0..<256 { greys[y] = UInt32(frame.colours.grey(UInt8(y))) &* 0x1_0101 } }
  }

  /// Reads the 3 * columns.count bytes of row `y`.
  mutating func read(_ y: Int, into target: UnsafeMutablePointer<UInt8>) {
    let even = columns.lowerBound & ~1, luma = frame.row(y)
    if let greys {
      let isWide = frame.format == .yuyv, columns = columns
      return greys.withPointer { greys in
        // Two loops, with steps that are known at compile time.
        if isWide {
          let first = luma + 2 * columns.lowerBound
          write(columns.count, into: target) { greys[Int(first[2 &* $0])] }
        } else {
          let first = luma + columns.lowerBound
          write(columns.count, into: target) { greys[Int(first[$0])] }
        }
      }
    }
    switch frame.format {
    case .packed(let format):
      format.read(luma + format.size * columns.lowerBound, count: columns.count, into: target)
    case .nv12, .nv21:
      if chromaRow != y / 2 {
        let row = frame.row(y / 2, of: 1) + even
        if frame.format == .nv12 { spread(row, row + 1, step: 2) } else { spread(row + 1, row, step: 2) }
        chromaRow = y / 2
      }
      convert(luma + even, step: 1, into: target)
    case .i420:
      if chromaRow != y / 2 {
        spread(frame.row(y / 2, of: 1) + even / 2, frame.row(y / 2, of: 2) + even / 2, step: 1)
        chromaRow = y / 2
      }
      convert(luma + even, step: 1, into: target)
    case .yuyv:
      let row = luma + 2 * even
      spread(row + 1, row + 3, step: 4)
      convert(row, step: 2, into: target)
    }
  }

  /// The number of pixels from the even column on.
  private var count: Int { columns.count + columns.lowerBound % 2 }

  /// Gives each pixel the differences of its pair.
  @inline(__always)
  private func spread(_ u: UnsafePointer<UInt8>, _ v: UnsafePointer<UInt8>, step: Int) {
    let room = room, pairs = (count + 1) / 2  // not `self` in the closure: its storages would be retained
    differences.withPointer { us in
      let vs = us + room
      for pair in 0..<pairs {
        let u = Int16(u[step &* pair]) &- 128, v = Int16(v[step &* pair]) &- 128
        us[2 &* pair] = u
        us[2 &* pair &+ 1] = u
        vs[2 &* pair] = v
        vs[2 &* pair &+ 1] = v
      }
    }
  }

  @inline(__always)
  private func convert(_ luma: UnsafePointer<UInt8>, step: Int, into target: UnsafeMutablePointer<UInt8>) {
    let colours = frame.colours, room = room, count = count, columns = columns
    withPointers(differences, pixels) { us, pixels in
      colours.convert(luma, step: step, us, us + room, count: count, into: pixels)
      let from = pixels + columns.lowerBound % 2
      write(columns.count, into: target) { from[$0] }
    }
  }
}

/// Writes pixels R + 256 G + 65536 B as bytes.
@inline(__always)
private func write(_ count: Int, into target: UnsafeMutablePointer<UInt8>, _ pixel: (Int) -> UInt32) {
  // Four bytes per pixel, the last of which the next pixel overwrites; the row's last pixel has no next.
  let bytes = UnsafeMutableRawPointer(target), last = count - 1
  for x in 0..<last { (bytes + 3 * x).storeBytes(of: pixel(x).littleEndian, as: UInt32.self) }
  let pixel = pixel(last)
  target[3 * last] = UInt8(truncatingIfNeeded: pixel)
  target[3 * last + 1] = UInt8(truncatingIfNeeded: pixel >> 8)
  target[3 * last + 2] = UInt8(truncatingIfNeeded: pixel >> 16)
}
