import Tensors

/// A sample of a picture: 8 or 16 bits, 0 to the maximum.
protocol Level: FixedWidthInteger & UnsignedInteger & BitwiseCopyable {
  /// Holds weighted sums, with 22 fractional bits.
  associatedtype Weighted: FixedWidthInteger & SignedInteger & BitwiseCopyable
  /// Holds the sum of 257 levels.
  associatedtype Sum: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & SIMDScalar
  /// Holds the sum of 65500 of those.
  associatedtype LongSum: FixedWidthInteger & UnsignedInteger & BitwiseCopyable
  /// The nearest level to one of 65535.
  init(narrowing level: UInt16)
  /// The picture of R, G, B samples.
  static func image(of colours: Raster<Self>) throws(Failure) -> Image
  /// The nearest bytes; the same storage if they are bytes.
  static func bytes(_ samples: Storage<Self>) throws(Failure) -> Storage<UInt8>
}

extension UInt8: Level {
  typealias Weighted = Int32
  typealias Sum = UInt16
  typealias LongSum = UInt32

  @inline(__always)
  init(narrowing level: UInt16) { self.init(truncatingIfNeeded: (UInt32(level) &* 255 &+ 32895) &>> 16) }

  static func image(of colours: Raster<UInt8>) -> Image { Image(colours) }
  static func bytes(_ samples: Storage<UInt8>) -> Storage<UInt8> { samples }
}

extension UInt16: Level {
  typealias Weighted = Int64
  typealias Sum = UInt32
  typealias LongSum = UInt32

  @inline(__always)
  init(narrowing level: UInt16) { self = level }

  static func image(of colours: Raster<UInt16>) throws(Failure) -> Image { try Image(colours) }
  static func bytes(_ samples: Storage<UInt16>) throws(Failure) -> Storage<UInt8> {
    try Storage<UInt8>(converting: samples) { UInt8(narrowing: $0) }
  }
}

extension Storage {
  /// Converts each sample of another storage.
  convenience init<Source>(
    converting source: Storage<Source>, _ convert: (Source) -> Element
  ) throws(Failure) {
    try self.init(count: source.count)
    let count = source.count
    withPointers(source, self) { source, target in
      for place in 0..<count { target[place] = convert(source[place]) }
    }
  }
}
