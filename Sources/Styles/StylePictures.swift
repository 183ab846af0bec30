import Images
import Networks
import Tensors

/// A picture to paint like.
package struct StylePicture {
  package let image: Image
  /// Its share among the styles of one region, and its region's among all.
  package var weight: Float
  /// Where in the painted picture it goes, white where it does, of the content's proportions; nil:
  /// everywhere. Styles of one and the same mask are mixed, those of different ones stand side by side.
  package var place: Image?
  /// The part of the style that is taken, white where it is, of the style's size; nil: all.
  package var part: Image?

  package init(_ image: Image, weight: Float = 1, place: Image? = nil, part: Image? = nil) {
    (self.image, self.weight, self.place, self.part) = (image, weight, place, part)
  }
}

extension StyleOptions {
  /// A style for a painting of so many pixels: scaled, or cut to its shape.
  fileprivate func sized(_ style: Image, _ width: Int, _ height: Int) throws(Failure) -> Image {
    guard styleScale > 0 else { return try cover(style, width: width, height: height) }
    let factor = (Float(max(width, height)) * styleScale).rounded() / Float(max(style.width, style.height))
    func side(_ length: Int) -> Int { max(1, Int((Float(length) * factor).rounded())) }
    return try style.resized(width: side(style.width), height: side(style.height), filter: .bicubic)
  }
}

/// The largest part about the centre that has the wanted proportions, scaled to the wanted size: nothing is
/// squashed.
package func cover(_ image: Image, width: Int, height: Int) throws(Failure) -> Image {
  var part = (width: image.width, height: image.height)
  if image.width * height > image.height * width {
    part.width = max(1, (image.height * width + height / 2) / height)
  } else {
    part.height = max(1, (image.width * height + width / 2) / width)
  }
  let cut = try image.cropped(
    x: (image.width - part.width) / 2, y: (image.height - part.height) / 2, width: part.width,
    height: part.height)
  return try cut.resized(width: width, height: height, filter: .bicubic)
}

extension Image {
  /// In the network's terms, from 16 bits where there are so many.
  func fill(_ target: UnsafeMutablePointer<Float>) {
    for y in 0..<height { fillRow(target + y * 3 * width, y, 0..<width) }
  }

  /// Some columns of a row.
  func fillRow(_ target: UnsafeMutablePointer<Float>, _ y: Int, _ columns: Range<Int>) {
    let first = 3 * (y * width + columns.lowerBound)
    guard let deep else {
      return Architecture.vgg19Pictures.fill(target, pixels.pointer + first, height: 1, width: columns.count)
    }
    let mean = Architecture.vgg19Pictures.mean, source = deep.pointer + first
    for x in 0..<columns.count {
      target[3 * x] = Float(source[3 * x + 2]) / 257 - mean.0
      target[3 * x + 1] = Float(source[3 * x + 1]) / 257 - mean.1
      target[3 * x + 2] = Float(source[3 * x]) / 257 - mean.2
    }
  }

  /// A picture [height, width, 3] in the network's terms, rounded to 8 or 16 bits a sample.
  convenience init(painted: Tensor<Float>, isDeep: Bool) throws(Failure) {
    let (height, width) = (painted.shape[0], painted.shape[1])
    defer { withExtendedLifetime(painted) {} }
    guard isDeep else {
      try self.init(width: width, height: height)
      Architecture.vgg19Pictures.read(painted.pointer, into: pixels.pointer, height: height, width: width)
      return
    }
    let mean = Architecture.vgg19Pictures.mean, deep = try Storage<UInt16>(count: painted.count)
    for i in 0..<(width * height) {
      deep.pointer[3 * i] = UInt16(level: painted[3 * i + 2] + mean.2)
      deep.pointer[3 * i + 1] = UInt16(level: painted[3 * i + 1] + mean.1)
      deep.pointer[3 * i + 2] = UInt16(level: painted[3 * i] + mean.0)
    }
    try self.init(width: width, height: height, deep: deep)
  }
}

extension UInt16 {
  /// The sample nearest to a level of 0...255, held within the range.
  init(level: Float) {
    let sample = (level * 257).rounded()
    self = sample > 0 ? (sample < 65535 ? UInt16(sample) : 65535) : 0  // NaN is not > 0
  }
}

/// All pictures that a painting is made from.
package struct StylePictures {
  package let content: Image
  package var styles: [StylePicture]
  /// What the painting starts from, for `StyleOptions.Start.image`.
  package var start: Image?
  /// Where the content counts more, white where most; nil: nowhere.
  package var contentMap: Image?
  /// What the picture should look like but for its style, and where, white where it should: the frame before,
  /// moved along with what is seen in it.
  package var before: Image?, beforeMask: Image?

  package init(content: Image, styles: [StylePicture]) {
    (self.content, self.styles) = (content, styles)
  }

  /// With the colours that they are painted in.
  func prepared(_ colours: Colours) throws(Failure) -> StylePictures {
    var prepared = self
    for i in styles.indices {
      let style = styles[i]
      prepared.styles[i] = StylePicture(
        try colours.prepared(style: style.image, for: content), weight: style.weight, place: style.place,
        part: style.part)
    }
    return prepared
  }

  /// For a painting of so many pixels. One mask stays one, however many styles have it.
  func sized(_ width: Int, _ height: Int, _ options: StyleOptions) throws(Failure) -> StylePictures {
    func resized(_ image: Image) throws(Failure) -> Image {
      try image.resized(width: width, height: height, filter: .bicubic)
    }
    var places: [(given: Image, sized: Image)] = [], styles: [StylePicture] = []
    for style in self.styles {
      var place = style.place
      if let given = style.place {
        if let known = places.first(where: { $0.given === given }) {
          place = known.sized
        } else {
          let made = try resized(given)
          places.append((given, made))
          place = made
        }
      }
      styles.append(
        StylePicture(
          try options.sized(style.image, width, height), weight: style.weight, place: place,
          part: try style.part.map { part throws(Failure) in try options.sized(part, width, height) }))
    }
    let content = try options.colours.prepared(content: resized(self.content))
    var sized = StylePictures(content: content, styles: styles)
    sized.contentMap = try contentMap.map { map throws(Failure) in try resized(map) }
    sized.before = try before.map { before throws(Failure) in try resized(before) }
    sized.beforeMask = try beforeMask.map { mask throws(Failure) in try resized(mask) }
    return sized
  }

  /// - Throws: `.invalidArgument` for a mask whose size is not that of its picture, and for weights that are
  ///   none.
  /// Those that say where styles go, each once.
  var masks: [Image] {
    var masks: [Image] = []
    for style in styles {
      if let place = style.place, !masks.contains(where: { $0 === place }) { masks.append(place) }
    }
    return masks
  }

  func check() throws(Failure) {
    guard !styles.isEmpty else { throw .invalidArgument("no style") }
    for style in styles {
      guard style.weight >= 0, style.weight.isFinite else {
        throw .invalidArgument("a style of weight \(style.weight), wanted 0 or more")
      }
      try check(style.place, "a mask", of: content, "a content")
      try check(style.part, "a style's mask", of: style.image, "a style")
    }
    try check(contentMap, "a content map", of: content, "a content")
    try check(beforeMask, "a mask of the frame before", of: content, "a content")
  }

  private func check(
    _ mask: Image?, _ name: StaticString, of picture: Image, _ pictureName: StaticString
  ) throws(Failure) {
    guard let mask, (mask.width, mask.height) != (picture.width, picture.height) else { return }
    throw .invalidArgument(
      "\(name) of \(mask.width)x\(mask.height) for \(pictureName) of \(picture.width)x\(picture.height)")
  }
}
