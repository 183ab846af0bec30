import CSystem
import Images
import Networks
import Tensors

/// The format of a network's pictures.
package struct ViewFormat: Sendable {
  package let height: Int, width: Int
  package let isBGR: Bool
  package let mean: (Float, Float, Float)
  package let scale: Float

  package init(
    height: Int, width: Int, isBGR: Bool = false, mean: (Float, Float, Float) = (0, 0, 0), scale: Float = 1
  ) {
    (self.height, self.width, self.isBGR, self.mean, self.scale) = (height, width, isBGR, mean, scale)
  }

  /// Plain levels of 0 to 255.
  package static func levels(side: Int) -> ViewFormat { ViewFormat(height: side, width: side) }

  /// - Parameter side: for an architecture that accepts any size.
  /// - Throws: `.invalidArgument` if neither specifies sides of 1 to 4096.
  package init(_ architecture: Architecture, side: Int? = nil) throws(Failure) {
    let height = architecture.input.height ?? side ?? 0, width = architecture.input.width ?? side ?? 0
    self.init(
      height: height, width: width, isBGR: architecture.isBGR, mean: architecture.mean,
      scale: architecture.scale)
    try check()
  }

  package func check() throws(Failure) {
    guard min(height, width) >= 1, max(height, width) <= 4096 else {
      throw .invalidArgument("views of \(width)x\(height) pixels; expected 1 to 4096")
    }
  }

  /// Count of the numbers in a view, `height * width * 3`.
  package var count: Int { 3 * height * width }
}

extension Variation {
  /// Maps pixels of a view, `width` x `height`, to those of a picture with the `frame` at its centre. The
  /// view shows the frame rotated and scaled about its centre, then shifted, and finally mirrored.
  package func map(
    width: Int, height: Int, frame: (width: Int, height: Int), margin: Int
  ) -> Affine {
    let (w, h) = (Double(frame.width), Double(frame.height))
    let perColumn = w / Double(width), perRow = h / Double(height)
    let (cosine, sine) = (cos(Double(turn)) / Double(scale), sin(Double(turn)) / Double(scale))
    // The view's pixel (x, y) is the frame's (x perColumn, y perRow), as in templates of two sizes.
    let a = cosine * perColumn, b = sine * perRow
    let d = -sine * perColumn, e = cosine * perRow
    // The origin of the view's first pixel: relative to the centre, with the shift undone.
    let x = -w / 2 - Double(shiftX) * w, y = -h / 2 - Double(shiftY) * h
    let c = cosine * x + sine * y + w / 2 + Double(margin),
      f = -sine * x + cosine * y + h / 2 + Double(margin)
    guard isFlipped else { return Affine(a, b, c, d, e, f) }
    let last = Double(width - 1)
    return Affine(-a, b, c + a * last, -d, e, f + d * last)
  }

  /// The effects on the photo: blending, blur, reduction, compression, in this order; nil if there are none.
  /// - Parameter partner: another face of the size of `image`, for `blend`.
  package func photographed(
    _ image: () throws(Failure) -> Image, partner: Span<UInt8>?
  ) throws(Failure) -> Image? {
    guard hasCameraEffects else { return nil }
    var image = try image()
    let side = image.width
    if blend > 0, let partner { image = try image.blended(with: partner, share: blend) }
    if blur > 0 { image = try image.blurred(deviation: blur * Float(side)) }
    if pixels > 0 { image = try image.coarsened(pixels: pixels) }
    if quality > 0 { image = try image.compressed(quality: quality) }
    return image
  }

  package var hasCameraEffects: Bool { blend > 0 || blur > 0 || pixels > 0 || quality > 0 }

  /// Applies light, noise and occlusion to a view.
  package func light(_ view: LevelView) {
    if contrast != 1 || brightness != 0 { view.light(brightness: brightness, contrast: contrast) }
    if isGrey { view.loseColour() }
    if noise > 0 { view.addNoise(deviation: noise, seed: noiseSeed) }
    view.clamp()
    if let occluder { view.occlude(occluder) }
  }
}

extension Crops {
  /// Writes one varied face in several formats, all of the same picture, so that a student and its teacher
  /// see the same.
  ///
  /// - Parameters:
  ///   - batches: one per format, each with room for views of `count` numbers.
  ///   - place: the index of the view to write.
  package func render(
    _ index: Int, _ variation: Variation, _ formats: [ViewFormat], into batches: [Storage<Float>],
    at place: Int = 0
  ) throws(Failure) {
    guard formats.count == batches.count, place >= 0,
      zip(formats, batches).allSatisfy({ (place + 1) * $0.count <= $1.count })
    else {
      throw .internalError("\(formats.count) formats into \(batches.count) batches, at view \(place)")
    }
    func write(_ pixels: Span<UInt8>) {
      for (format, batch) in zip(formats, batches) {
        batch.withPointer { batch in
          let view = LevelView(batch + place * format.count, width: format.width, height: format.height)
          let map = variation.map(
            width: format.width, height: format.height, frame: (options.frame, options.frame),
            margin: options.margin)
          view.fill(from: pixels, width: side, height: side, map: map)
          variation.light(view)
          view.preprocess(format)
        }
      }
    }
    func image() throws(Failure) -> Image { try self.image(index) }
    let photographed: Image?
    if variation.blend > 0 {
      photographed = try with(partner(of: index, variation)) { other throws(Failure) in
        try variation.photographed(image, partner: other)
      }
    } else {
      photographed = try variation.photographed(image, partner: nil)
    }
    if let photographed {
      photographed.pixels.withSpan(write)
    } else {
      try with(index) { pixels throws(Failure) in write(pixels) }
    }
  }

  /// The face to blend in.
  package func partner(of index: Int, _ variation: Variation) -> Int {
    Int(variation.partner % UInt64(count))
  }
}

extension Image {
  /// The whole picture varied, in its own size, with rounded levels and repeated edges. There is no other
  /// face to blend in.
  package func varied(by variation: Variation) throws(Failure) -> Image {
    let source = try variation.photographed({ self }, partner: nil) ?? self
    let levels = try Storage<Float>(count: 3 * width * height)
    return try levels.withPointer { levels throws(Failure) in
      let view = LevelView(levels, width: width, height: height)
      let map = variation.map(width: width, height: height, frame: (width, height), margin: 0)
      source.pixels.withSpan { view.fill(from: $0, width: width, height: height, map: map) }
      variation.light(view)
      return try view.image()
    }
  }
}
