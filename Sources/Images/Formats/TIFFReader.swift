import CCodecs
import Tensors

/// Reads the samples of a TIFF, of 1 to 16 bits, in rows or tiles, of all channels together or one after
/// another.
struct TIFFReader<Sample: Level> {
  /// What a sample of the file becomes.
  private enum Part {
    /// All three colours, by three tables.
    case colours([[Sample]])
    /// One channel.
    case channel(Int, [Sample])
    case alpha([Sample])
  }

  private let steps: UnsafeMutablePointer<TIFFSteps>
  private let width, height, bits, channels: Int
  /// By the index of the sample in a pixel; nil for those that are not needed.
  private let parts: [Part?]
  private let isPlanar: Bool

  /// - Parameter channels: 3 for R, G, B, or 4 for inks, of which 255 will be none.
  init(_ steps: UnsafeMutablePointer<TIFFSteps>, channels: Int) {
    let file = steps.pointee
    (width, height, bits) = (Int(file.width), Int(file.height), Int(file.bits))
    (self.steps, self.channels) = (steps, channels)
    isPlanar = file.isPlanar != 0
    let highest = 1 << bits - 1, white = Int(Sample.max)
    let levels = (0...highest).map { Sample(truncatingIfNeeded: ($0 * white + highest / 2) / highest) }
    parts = (0..<Int(file.samples)).map { index in
      if index == Int(file.alpha) { return .alpha(levels) }
      switch Int(file.photometric) {
      case tiffRGB: return index < 3 ? .channel(index, levels) : nil
      case tiffInks: return index < 4 ? .channel(index, levels.map { Sample.max - $0 }) : nil
      case tiffMinIsWhite: return index == 0 ? .colours([levels.map { Sample.max - $0 }]) : nil
      case tiffPalette: return index == 0 ? .colours(palette(file, count: highest + 1)) : nil
      default: return index == 0 ? .colours([levels]) : nil
      }
    }
  }

  /// Reads all.
  /// - Throws: `.badData` with libtiff's reason.
  func samples() throws(Failure) -> Samples<Sample> {
    let hasAlpha = steps.pointee.alpha != tiffNoAlpha
    let target = try (
      colours: Storage<Sample>(count: channels * width * height),
      alpha: Storage<Sample>(count: hasAlpha ? width * height : 0)
    )
    let isTiled = steps.pointee.isTiled != 0
    let (blockWidth, blockHeight) =
      isTiled ? (Int(steps.pointee.tileWidth), Int(steps.pointee.tileHeight)) : (width, 1)
    let perPixel = isPlanar ? 1 : parts.count
    let rowBytes = (blockWidth * perPixel * bits + 7) / 8
    guard blockWidth > 0, blockHeight > 0, rowBytes <= steps.pointee.blockBytes / blockHeight else {
      throw .badData("TIFF: blocks of \(steps.pointee.blockBytes) bytes; expected \(rowBytes) a row")
    }
    let block = try Storage<UInt8>(count: steps.pointee.blockBytes)
    let numbers = try Storage<UInt16>(count: perPixel * min(blockWidth, width))
    for plane in isPlanar ? Array(parts.indices) : [0] where !isPlanar || parts[plane] != nil {
      for top in stride(from: 0, to: height, by: blockHeight) {
        for left in stride(from: 0, to: width, by: blockWidth) {
          let isRead = block.withPointer { block in
            isTiled
              ? tiffReadTile(steps, block, UInt32(left), UInt32(top), UInt16(plane))
              : tiffReadRow(steps, block, UInt32(top), UInt16(plane))
          }
          guard isRead != 0 else { throw TIFF.reason(steps) }
          let count = min(blockWidth, width - left)
          for y in top..<min(top + blockHeight, height) {
            withPointers(block, numbers) { block, numbers in
              unpack(block + (y - top) * rowBytes, perPixel * count, into: numbers)
            }
            for index in 0..<perPixel {
              guard let part = parts[plane + index] else { continue }
              put(part, numbers, from: index, step: perPixel, count, at: width * y + left, in: target)
            }
          }
        }
      }
    }
    return Samples(
      width: width, height: height, colours: target.colours, alpha: hasAlpha ? target.alpha : nil)
  }

  /// The numbers of a row, the first in the highest bits; those of 16 bits are in native order by now.
  private func unpack(
    _ row: UnsafePointer<UInt8>, _ count: Int, into numbers: UnsafeMutablePointer<UInt16>
  ) {
    switch bits {
    case 8: for place in 0..<count { numbers[place] = UInt16(row[place]) }
    case 16:
      for place in 0..<count {
        numbers[place] = UnsafeRawPointer(row).loadUnaligned(fromByteOffset: 2 * place, as: UInt16.self)
      }
    default:
      var (held, heldBits, next) = (0, 0, 0)
      for place in 0..<count {
        while heldBits < bits {
          held = (held << 8 | Int(row[next])) & 0xFF_FFFF
          (heldBits, next) = (heldBits + 8, next + 1)
        }
        heldBits -= bits
        numbers[place] = UInt16(truncatingIfNeeded: held >> heldBits & (1 << bits - 1))
      }
    }
  }

  /// Stores a sample of some pixels of a row.
  private func put(
    _ part: Part, _ numbers: Storage<UInt16>, from first: Int, step: Int, _ count: Int, at pixel: Int,
    in target: (colours: Storage<Sample>, alpha: Storage<Sample>)
  ) {
    withPointers(numbers, target.colours, target.alpha) { numbers, colours, alpha in
      let numbers = numbers + first
      switch part {
      case .colours(let tables):
        for channel in 0..<3 {
          let table = tables[channel % tables.count], to = colours + channels * pixel + channel
          for x in 0..<count { to[channels * x] = table[Int(numbers[step * x])] }
        }
      case .channel(let channel, let table):
        let to = colours + channels * pixel + channel
        for x in 0..<count { to[channels * x] = table[Int(numbers[step * x])] }
      case .alpha(let table):
        for x in 0..<count { alpha[pixel + x] = table[Int(numbers[step * x])] }
      }
    }
  }
}

/// Levels of red, green and blue. Files store bytes as `257 b`, as `256 b`, or, against the standard, as they
/// are: then no entry is larger than 255.
private func palette<Sample: Level>(_ file: TIFFSteps, count: Int) -> [[Sample]] {
  let tables = [file.red, file.green, file.blue].map { start in
    Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  }
  let areBytes = tables.allSatisfy { $0.allSatisfy { $0 < 256 } }
  return tables.map { table in table.map { Sample(truncatingIfNeeded: areBytes ? $0 : $0 >> 8) } }
}

extension TIFFLibrary {
  static var optional: OptionalLibrary {
    OptionalLibrary("libtiff", neededBy: "TIFF", files: ["libtiff.so.6"], debianPackage: "libtiff6") {
      () throws(Failure) in
      _ = try loaded()
      let version: @convention(c) () -> UnsafePointer<CChar>? = try TIFFLibrary.optional.load().function(
        "TIFFGetVersion")
      // "LIBTIFF, Version 4.5.0", and lines about its authors.
      let line =
        version().map { String(cString: $0) }?.utf8.prefix { $0 != UInt8(ascii: "\n") } ?? "".utf8[...]
      return String(decoding: line.split(separator: UInt8(ascii: " ")).last ?? line, as: UTF8.self)
    }
  }

  static func loaded() throws(Failure) -> TIFFLibrary {
    let library = try optional.load()
    func function(_ name: StaticString) throws(Failure) -> UnsafeMutableRawPointer {
      try library.function("TIFF\(name)")
    }
    return TIFFLibrary(
      OpenOptionsAlloc: try function("OpenOptionsAlloc"), OpenOptionsFree: try function("OpenOptionsFree"),
      OpenOptionsSetMaxSingleMemAlloc: try function("OpenOptionsSetMaxSingleMemAlloc"),
      OpenOptionsSetErrorHandlerExtR: try function("OpenOptionsSetErrorHandlerExtR"),
      OpenOptionsSetWarningHandlerExtR: try function("OpenOptionsSetWarningHandlerExtR"),
      ClientOpenExt: try function("ClientOpenExt"), Close: try function("Close"),
      GetField: try function("GetField"), GetFieldDefaulted: try function("GetFieldDefaulted"),
      SetField: try function("SetField"), ReadDirectory: try function("ReadDirectory"),
      IsTiled: try function("IsTiled"), ScanlineSize: try function("ScanlineSize"),
      TileSize: try function("TileSize"), ReadScanline: try function("ReadScanline"),
      ReadTile: try function("ReadTile"), RGBAImageOK: try function("RGBAImageOK"),
      ReadRGBAImageOriented: try function("ReadRGBAImageOriented"))
  }
}
