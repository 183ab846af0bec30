/// A sample of a picture: 8 or 16 bits, 0 to the largest.
protocol Level: FixedWidthInteger & UnsignedInteger & BitwiseCopyable {
  /// Holds weighted sums, with 22 bits behind the point.
  associatedtype Weighted: FixedWidthInteger & SignedInteger & BitwiseCopyable
  /// Holds 257 levels added up.
  associatedtype Sum: FixedWidthInteger & UnsignedInteger & BitwiseCopyable
  /// Holds 65500 of them.
  associatedtype LongSum: FixedWidthInteger & UnsignedInteger & BitwiseCopyable
}

extension UInt8: Level {
  typealias Weighted = Int32
  typealias Sum = UInt16
  typealias LongSum = UInt32
}

extension UInt16: Level {
  typealias Weighted = Int64
  typealias Sum = UInt32
  typealias LongSum = UInt32
}

extension UInt8 {
  /// The nearest level of 255 to one of 65535.
  @inline(__always)
  init(narrowing level: UInt16) { self.init(truncatingIfNeeded: (UInt32(level) &* 255 &+ 32895) &>> 16) }
}
