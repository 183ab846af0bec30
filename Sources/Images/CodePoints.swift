import CSystem
import Tensors

/// The colour space of a picture, given by code points instead of a profile: a PNG's cICP chunk, which ffmpeg
/// writes into video frames. Converts to sRGB.
///
/// Light of 1 is white. Colours outside sRGB are clipped per channel, like the relative colorimetric intent;
/// other white points are adapted to D65 by Bradford's method. Source: Rec. ITU-T H.273 (2021), 8.1 to 8.3.
struct CodePoints {
  private let primaries: Primaries
  private let transfer: Transfer
  private let isFullRange: Bool

  /// The chunk's four bytes: primaries, transfer, the matrix of Y, U and V, which a PNG does not have, and
  /// the range.
  /// - Returns: nil if it is malformed or not supported.
  init?(_ data: Span<UInt8>) {
    guard data.count == 4, data[2] == 0, data[3] <= 1, let primaries = Primaries(code: data[0]),
      let transfer = Transfer(code: data[1])
    else { return nil }
    (self.primaries, self.transfer) = (primaries, transfer)
    isFullRange = data[3] == 1
  }

  /// Converts R, G, B samples in place.
  func convert<Sample: Level>(_ pixels: Storage<Sample>) throws(Failure) {
    if primaries.areStandard, case .standard = transfer, isFullRange { return }
    let way = try Way<Sample>(from: self)
    way.move(pixels)
  }

  /// A sample as a fraction, from black, 0, to 1. Narrow range is 16 to 235 of 255, or 256 times these levels
  /// of 65535.
  private func share<Sample: Level>(_ level: Int, of _: Sample.Type) -> Double {
    if isFullRange { return Double(level) / Double(Int(Sample.max)) }
    let unit = Double(1 << (Sample.bitWidth - 8))
    return min(max((Double(level) / unit - 16) / 219, 0), 1)
  }

  /// The conversion of samples of one depth, precomputed.
  private struct Way<Sample: Level> {
    let light: Storage<Float>  // of each level
    let matrix: (red: SIMD3<Float>, green: SIMD3<Float>, blue: SIMD3<Float>)  // where the three lie in sRGB
    let system: (luminance: SIMD3<Float>, exponent: Float, gain: Float)?  // HLG's
    let levels: Storage<Float>  // of light from 0 to 1, in even steps
    let steps: Int

    init(from points: CodePoints) throws(Failure) {
      light = try Storage(count: Int(Sample.max) + 1)
      for level in 0..<light.count {
        light[level] = Float(points.transfer.light(of: points.share(level, of: Sample.self)))
      }
      func narrowed(_ v: SIMD3<Double>) -> SIMD3<Float> { SIMD3(Float(v.x), Float(v.y), Float(v.z)) }
      let toSRGB = points.primaries.toSRGB
      matrix = (narrowed(toSRGB.x), narrowed(toSRGB.y), narrowed(toSRGB.z))
      if case .hlg = points.transfer {
        system = (
          narrowed(points.primaries.luminance), Float(HLG.gamma - 1), Float(HLG.peak / Transfer.white)
        )
      } else {
        system = nil
      }
      // Linear interpolation between steps is off by at most 0.01 levels, where the curve bends most.
      steps = Sample.bitWidth == 8 ? 4096 : 65536
      levels = try Storage(count: steps + 1)
      let white = Double(Int(Sample.max))
      for step in 0...steps {
        levels[step] = Float(white * SRGB.encoded(Double(step) / Double(steps)))
      }
    }

    /// Converts R, G, B samples in place.
    func move(_ pixels: Storage<Sample>) {
      let count = pixels.count / 3
      withPointers(pixels, light, levels) { pixels, light, levels in
        @inline(__always)
        func level(_ light: Float) -> Sample {
          let place = min(max(light, 0), 1) * Float(steps)
          let low = min(Int(place), steps - 1)
          return Sample(
            truncatingIfNeeded: Int(
              levels[low] + (place - Float(low)) * (levels[low + 1] - levels[low]) + 0.5))
        }
        forEachSlice(of: count) { slice in
          for index in slice {
            let pixel = pixels + 3 * index
            var red = light[Int(pixel[0])], green = light[Int(pixel[1])], blue = light[Int(pixel[2])]
            if let system {
              let luminance =
                system.luminance.x * red + system.luminance.y * green + system.luminance.z * blue
              let gain = luminance > 0 ? system.gain * powf(luminance, system.exponent) : 0
              (red, green, blue) = (gain * red, gain * green, gain * blue)
            }
            let colour = matrix.red * red + matrix.green * green + matrix.blue * blue
            pixel[0] = level(colour.x)
            pixel[1] = level(colour.y)
            pixel[2] = level(colour.z)
          }
        }
      }
    }
  }
}

/// The transfer function from numbers to light.
private enum Transfer {
  case standard, gamma(Double), pq, hlg

  /// The luminance of SDR white, in cd/m2. Source: Rec. ITU-R BT.2408-7, 2.2: HDR reference white.
  static var white: Double { 203 }

  /// Table 3. Video cameras' curves (BT.709, BT.601, BT.2020 and xvYCC, which are the same) are shown like
  /// sRGB, as in browsers: so a frame keeps the numbers of its video.
  init?(code: UInt8) {
    switch code {
    case 1, 6, 11, 13, 14, 15: self = .standard
    case 4: self = .gamma(2.2)
    case 5: self = .gamma(2.8)
    case 8: self = .gamma(1)
    case 16: self = .pq
    case 18: self = .hlg
    default: return nil
    }
  }

  /// The light of a number from 0 to 1. PQ: of the display. HLG: of the scene, up to 1, from which a
  /// display's is computed with all three channels.
  func light(of share: Double) -> Double {
    switch self {
    case .standard: SRGB.light(share)
    case .gamma(let exponent): pow(share, exponent)
    case .pq: PQ.light(share) / Transfer.white
    case .hlg: HLG.light(share)
    }
  }
}

/// Source: IEC 61966-2-1.
private enum SRGB {
  static func light(_ share: Double) -> Double {
    share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
  }
  static func encoded(_ light: Double) -> Double {
    light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055
  }
}

/// Perceptual quantisation. Source: Rec. ITU-R BT.2100-2, table 4.
private enum PQ {
  /// In cd/m2.
  static func light(_ share: Double) -> Double {
    let m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128, c1 = 3424.0 / 4096, c2 = 2413.0 / 4096 * 32,
      c3 = 2392.0 / 4096 * 32
    let root = pow(share, 1 / m2)
    return 10000 * pow(max(root - c1, 0) / (c2 - c3 * root), 1 / m1)
  }
}

/// Hybrid log-gamma. Source: Rec. ITU-R BT.2100-2, table 5.
private enum HLG {
  /// A display of 1000 cd/m2 with perfect black; at 75 % it shows SDR white.
  static var peak: Double { 1000 }
  static var gamma: Double { 1.2 }

  /// Of the scene.
  static func light(_ share: Double) -> Double {
    let a = 0.17883277, b = 1 - 4 * a, c = 0.5 - a * log(4 * a)
    return share <= 0.5 ? share * share / 3 : (exp((share - c) / a) + b) / 12
  }
}

/// The chromaticities x and y of red, green, blue and white.
private struct Primaries {
  typealias Point = (x: Double, y: Double)
  private let red, green, blue, white: Point
  let areStandard: Bool

  /// Table 2. Unspecified primaries are treated as sRGB's, which are BT.709's: ffmpeg writes that for many
  /// videos.
  init?(code: UInt8) {
    let d65 = (0.3127, 0.3290), c = (0.310, 0.316)
    switch code {
    case 1, 2: self.init((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), d65, areStandard: true)
    case 4: self.init((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), c)  // BT.470 M
    case 5: self.init((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), d65)  // BT.601, 625 lines
    case 6, 7: self.init((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), d65)  // BT.601, 525 lines
    case 8: self.init((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), c)  // film
    case 9: self.init((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), d65)  // BT.2020 and BT.2100
    case 11: self.init((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351))  // P3 of cinemas
    case 12: self.init((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), d65)  // Display P3
    case 22: self.init((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), d65)  // EBU Tech. 3213
    default: return nil
    }
  }

  private init(_ red: Point, _ green: Point, _ blue: Point, _ white: Point, areStandard: Bool = false) {
    (self.red, self.green, self.blue, self.white) = (red, green, blue, white)
    self.areStandard = areStandard
  }

  /// The shares of red, green and blue in luminance.
  var luminance: SIMD3<Double> {
    let columns = toXYZ
    return SIMD3(columns.x.y, columns.y.y, columns.z.y)
  }

  /// From linear light under its own white to sRGB's.
  var toSRGB: Columns {
    guard let standard = Primaries(code: 1) else { return .identity }
    let cones = Columns(
      SIMD3(0.8951, -0.7502, 0.0389), SIMD3(0.2664, 1.7135, -0.0685), SIMD3(-0.1614, 0.0367, 1.0296))
    let scale = (cones * Primaries.light(standard.white)) / (cones * Primaries.light(white))
    let adapted =
      cones.inverse * (Columns(SIMD3(scale.x, 0, 0), SIMD3(0, scale.y, 0), SIMD3(0, 0, scale.z)) * cones)
    return standard.toXYZ.inverse * (adapted * toXYZ)
  }

  /// Columns are X, Y and Z of red, green and blue, whose sum is white.
  private var toXYZ: Columns {
    let pure = Columns(Primaries.light(red), Primaries.light(green), Primaries.light(blue))
    let parts = pure.inverse * Primaries.light(white)
    return Columns(pure.x * parts.x, pure.y * parts.y, pure.z * parts.z)
  }

  /// X, Y and Z of luminance 1.
  private static func light(_ point: Point) -> SIMD3<Double> {
    SIMD3(point.x / point.y, 1, (1 - point.x - point.y) / point.y)
  }
}

/// A matrix of three columns.
private struct Columns {
  let x, y, z: SIMD3<Double>

  init(_ x: SIMD3<Double>, _ y: SIMD3<Double>, _ z: SIMD3<Double>) { (self.x, self.y, self.z) = (x, y, z) }

  static var identity: Columns { Columns(SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)) }

  static func * (a: Columns, v: SIMD3<Double>) -> SIMD3<Double> { a.x * v.x + a.y * v.y + a.z * v.z }
  static func * (a: Columns, b: Columns) -> Columns { Columns(a * b.x, a * b.y, a * b.z) }

  /// By the cross products of the columns.
  var inverse: Columns {
    func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
      SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
    }
    let first = cross(y, z), second = cross(z, x), third = cross(x, y)
    let size = x.x * first.x + x.y * first.y + x.z * first.z
    return Columns(
      SIMD3(first.x, second.x, third.x) / size, SIMD3(first.y, second.y, third.y) / size,
      SIMD3(first.z, second.z, third.z) / size)
  }
}
