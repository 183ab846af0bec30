import CCodecs
import Tensors

/// The ICC profile embedded in a picture, and its conversion to sRGB by Little CMS.
///
/// Relative colorimetric with black point compensation: colours in both gamuts are preserved, and black stays
/// black. (The perceptual intent differs between makers of profiles, and equals this one for profiles of
/// cameras and screens, which have no table for it.) A damaged profile, or one for another kind of colours,
/// is ignored: the picture keeps its numbers, as in browsers.
///
/// Each profile has its own context, so threads may decode concurrently. Little CMS prints nothing by
/// default.
final class ColourProfile {
  /// The channels of the picture's pixels.
  enum Model { case grey, rgb, cmyk }

  private let session: Session
  private let kind: Model
  private var isStandard = false

  /// The conversion to sRGB; nil if there is none or it fails. A profile that changes no colour by more than
  /// one level is sRGB, whatever its name, and must change nothing.
  /// - Throws: `.noMemory`; for want of memory no profile is ignored.
  static func toSRGB(_ bytes: UnsafeRawBufferPointer, of model: Model) throws(Failure) -> ColourProfile? {
    guard let session = try Session(bytes) else { return nil }
    let kind: Model
    switch cmsGetColorSpace(session.profile) {
    case cmsSigGrayData where model == .grey: kind = .grey
    case cmsSigRgbData where model != .cmyk: kind = .rgb  // a grey picture decodes as R = G = B
    case cmsSigCmykData where model == .cmyk: kind = .cmyk
    default: return nil
    }
    let profile = ColourProfile(session, kind)
    if kind != .cmyk {
      guard let movesNothing = try profile.movesNothing else { return nil }
      profile.isStandard = movesNothing
    }
    return profile
  }

  private init(_ session: Session, _ kind: Model) { (self.session, self.kind) = (session, kind) }

  // MARK: Conversion, in place

  /// R, G, B samples.
  func convert<Sample: Level>(_ pixels: Storage<Sample>) throws(Failure) {
    if isStandard { return }
    switch kind {
    case .grey:
      guard let table = try greys(count: Int(Sample.max) + 1) else { return }
      pixels.withBuffer { pixels in
        for place in pixels.indices {
          pixels[place] = Sample(narrowing: table[3 * Int(pixels[place]) + place % 3])
        }
      }
    case .rgb:
      let format = Sample.bitWidth == 8 ? lcmsRGB8 : lcmsRGB16
      _ = try pixels.withPointer { pixels_ throws(Failure) in
        try run(format, pixels_, format, pixels_, pixels.count / 3)
      }
    case .cmyk: break
    }
  }

  /// Converts cyan, magenta, yellow and black, in which 255 is no ink, to R, G, B bytes; false if nothing was
  /// done.
  func convert(inks: Storage<UInt8>, into pixels: Storage<UInt8>) throws(Failure) -> Bool {
    guard kind == .cmyk else { return false }
    let count = inks.count / 4
    return try withPointers(inks, pixels) { inks, pixels throws(Failure) in
      try run(lcmsCMYK8Inverted, inks, lcmsRGB8, pixels, count)
    }
  }

  // MARK: Little CMS

  /// Whether no colour of a lattice, and none of 256 greys, changes by more than a level of 255; nil if the
  /// profile cannot be used.
  private var movesNothing: Bool? {
    get throws(Failure) {
      let side = 9
      var colours: [UInt16] = []
      func add(_ red: Int, _ green: Int, _ blue: Int) {
        colours += [UInt16(red), UInt16(green), UInt16(blue)]
      }
      for level in 0..<256 { add(257 * level, 257 * level, 257 * level) }
      if kind == .rgb {
        for index in 0..<(side * side * side) {
          let step = 65535 / (side - 1)
          add(index % side * step, index / side % side * step, index / side / side * step)
        }
      }
      guard let moved = try moved(colours) else { return nil }
      for (old, new) in zip(colours, moved) where max(old, new) - min(old, new) > 257 { return false }
      return true
    }
  }

  private func moved(_ colours: [UInt16]) throws(Failure) -> [UInt16]? {
    if kind == .grey { return try greys(count: 256) }
    var moved = colours
    let isDone = try moved.withUnsafeMutableBufferPointer { moved throws(Failure) -> Bool in
      guard let target = moved.baseAddress else { return false }
      return try run(lcmsRGB16, target, lcmsRGB16, target, colours.count / 3)
    }
    return isDone ? moved : nil
  }

  /// R, G, B of `count` greys from black to white. (Little CMS itself would interpolate them in a coarse
  /// table.)
  private func greys(count: Int) throws(Failure) -> [UInt16]? {
    var levels: [UInt16] = []
    for index in 0..<count { levels.append(UInt16(index * 65535 / (count - 1))) }
    var colours = [UInt16](repeating: 0, count: 3 * count)
    let isDone = try levels.withUnsafeBufferPointer { levels throws(Failure) in
      try colours.withUnsafeMutableBufferPointer { colours throws(Failure) -> Bool in
        guard let from = levels.baseAddress, let to = colours.baseAddress else { return false }
        return try run(lcmsGrey16, from, lcmsRGB16, to, count)
      }
    }
    return isDone ? colours : nil
  }

  /// - Returns: false if the conversion is impossible; nothing is written then.
  private func run(
    _ from: UInt32, _ source: UnsafeRawPointer, _ to: UInt32, _ target: UnsafeMutableRawPointer, _ count: Int
  ) throws(Failure) -> Bool {
    // Computes all 16-bit samples exactly, without a table of 33 levels. Does not cache a pixel's result for
    // the next, because threads share the transform.
    let flags =
      cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE | (to == lcmsRGB16 ? cmsFLAGS_NOOPTIMIZE : 0)
    let transform = cmsCreateTransformTHR(
      session.context, session.profile, from, session.standard, to, UInt32(INTENT_RELATIVE_COLORIMETRIC),
      UInt32(flags))
    guard let transform else {
      try session.checkMemory()
      return false
    }
    defer { cmsDeleteTransform(transform) }
    let fromSize = size(from), toSize = size(to)
    forEachSlice(of: count) { slice in
      // A count of pixels has 32 bits, more than any picture needs.
      cmsDoTransform(
        transform, source + fromSize * slice.lowerBound, target + toSize * slice.lowerBound,
        UInt32(slice.count))
    }
    return true
  }

  /// Bytes per pixel.
  private func size(_ format: UInt32) -> Int {
    switch format {
    case lcmsGrey16: 2
    case lcmsRGB8: 3
    case lcmsRGB16: 6
    default: 4
    }
  }
}

/// Little CMS's resources for one profile.
private final class Session {
  let context: cmsContext
  let profile, standard: cmsHPROFILE

  /// nil if it is not a device profile.
  init?(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard let start = bytes.baseAddress, bytes.count <= Int(UInt32.max) else { return nil }
    guard let context = colourOpen() else { throw Session.noMemory }
    guard let profile = cmsOpenProfileFromMemTHR(context, start, UInt32(bytes.count)) else {
      defer { colourClose(context) }
      if colourIsShort(context) != 0 { throw Session.noMemory }
      return nil
    }
    guard let standard = cmsCreate_sRGBProfileTHR(context) else {
      cmsCloseProfile(profile)
      colourClose(context)
      throw Session.noMemory
    }
    (self.context, self.profile, self.standard) = (context, profile, standard)
    // A device link, a named colour or an abstract profile does not describe a picture's numbers.
    switch cmsGetDeviceClass(profile) {
    case cmsSigInputClass, cmsSigDisplayClass, cmsSigOutputClass, cmsSigColorSpaceClass: break
    default: return nil
    }
    // Programs of arbitrary length, which a small file could make run for hours. The standard requires tables
    // or curves as an alternative.
    for program in [cmsSigDToB0Tag, cmsSigDToB1Tag, cmsSigDToB2Tag, cmsSigDToB3Tag] {
      cmsWriteTag(profile, program, nil)
    }
  }

  deinit {
    cmsCloseProfile(standard)
    cmsCloseProfile(profile)
    colourClose(context)
  }

  private static var noMemory: Failure { .noMemory("colour profile: the system refuses memory") }

  /// After something that Little CMS could not do.
  func checkMemory() throws(Failure) {
    if colourIsShort(context) != 0 { throw Session.noMemory }
  }
}
