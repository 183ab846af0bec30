/// From luma and colour differences to red, green and blue, 8 bits each.
///
/// With the weights kr, kg and kb of red, green and blue in luma, and u = U - 128, v = V - 128:
/// `R = l + 2 (1 - kr) v`
/// `G = l - 2 (1 - kb) kb / kg u - 2 (1 - kr) kr / kg v`
/// `B = l + 2 (1 - kb) u`
/// where l = Y in full range; in limited range, black is 16 and white 235, l = (Y - 16) 255 / 219, and u and
/// v are scaled by 255 / 224. Rounded to the nearest level and clamped to 0...255.
///
/// Uses integers with 13 fractional bits, which fit the processor's 16-bit products. Factors are off by at
/// most 2⁻¹⁴, so a level by 0.04 before rounding: never by more than one. Source: ITU-R BT.601-7, 2.5; ITU-R
/// BT.709-6, 3 and 4.
package struct ColourConversion {
  package enum Matrix: Int32, CaseIterable { case bt601 = 0, bt709 = 1 }
  package enum Range: Int32, CaseIterable { case limited = 0, full = 1 }

  private let black, luma, redV, greenU, greenV, blueU: Int32
  private static var bits: Int32 { 13 }

  package init(_ matrix: Matrix, _ range: Range) {
    let (kr, kb) = matrix == .bt601 ? (0.299, 0.114) : (0.2126, 0.0722)
    let kg = 1 - kr - kb
    let light = range == .full ? 1 : 255.0 / 219, stretch = range == .full ? 1 : 255.0 / 224
    func fixed(_ factor: Double) -> Int32 { Int32((factor * Double(1 << Self.bits)).rounded()) }
    black = range == .full ? 0 : 16
    luma = fixed(light)
    redV = fixed(2 * (1 - kr) * stretch)
    greenU = fixed(-2 * (1 - kb) * kb / kg * stretch)
    greenV = fixed(-2 * (1 - kr) * kr / kg * stretch)
    blueU = fixed(2 * (1 - kb) * stretch)
  }

  /// `count` pixels, each R + 256 G + 65536 B.
  /// - Parameters:
  ///   - step: bytes between the lumas of adjacent pixels.
  ///   - u, v: of each pixel, with 128 subtracted.
  @inline(__always)
  func convert(
    _ y: UnsafePointer<UInt8>, step: Int, _ u: UnsafePointer<Int16>, _ v: UnsafePointer<Int16>, count: Int,
    into target: UnsafeMutablePointer<UInt32>
  ) {
    let half: Int32 = 1 << (Self.bits - 1)
    for x in 0..<count {
      let u = Int32(u[x]), v = Int32(v[x])
      let light = (Int32(y[step &* x]) &- black) &* luma &+ half
      let red = level(light &+ redV &* v)
      let green = level(light &+ greenU &* u &+ greenV &* v)
      let blue = level(light &+ blueU &* u)
      target[x] = UInt32(bitPattern: red | green &<< 8 | blue &<< 16)
    }
  }

  /// The grey of a luma, R = G = B: the result for U and V of 128.
  func grey(_ y: UInt8) -> UInt8 {
    UInt8(truncatingIfNeeded: level((Int32(y) &- black) &* luma &+ 1 &<< (Self.bits - 1)))
  }

  @inline(__always)
  private func level(_ sum: Int32) -> Int32 { max(0, min(255, sum &>> Self.bits)) }
}
