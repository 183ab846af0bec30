import Images
import Tensors

/// A picture whose style is used.
package struct StylePicture {
  package let image: Image
  /// Its share among the styles of one region, and its region's share among all.
  package var weight: Float
  /// A mask of where to use it in the painted picture, white where it applies, in the content's proportions;
  /// nil: everywhere. Styles with the same mask are mixed, those with different masks stand side by side.
  package var place: Image?
  /// A mask of the part of the style to use, white where it applies, of the style's size; nil: all of it.
  package var part: Image?

  package init(_ image: Image, weight: Float = 1, place: Image? = nil, part: Image? = nil) {
    (self.image, self.weight, self.place, self.part) = (image, weight, place, part)
  }
}

extension StyleOptions {
  /// A style for a painting of this size: scaled, or cropped to its shape.
  fileprivate func sized(_ style: Image, _ width: Int, _ height: Int) throws(Failure) -> Image {
    guard let longest = styleSide(width: width, height: height) else {
      return try cover(style, width: width, height: height)
    }
    let factor = Float(longest) / Float(max(style.width, style.height))
    func side(_ length: Int) -> Int { max(1, Int((Float(length) * factor).rounded())) }
    return try style.resized(width: side(style.width), height: side(style.height), filter: .bicubic)
  }
}

/// The largest centred part with the target's proportions, scaled to its size: nothing is distorted.
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

/// All pictures that a painting is made from.
package struct StylePictures {
  package let content: Image
  package var styles: [StylePicture]
  /// The initial picture, for `StyleOptions.Start.image`.
  package var start: Image?
  /// Where the content counts more, white for most; nil: nowhere.
  package var contentMap: Image?
  /// The target of the temporal cost, and where it applies, in white: the previous frame, warped to the
  /// motion.
  package var before: Image?, beforeMask: Image?

  package init(content: Image, styles: [StylePicture]) {
    (self.content, self.styles) = (content, styles)
  }

  /// With the colours prepared for painting.
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

  /// Scales them for a painting of this size. A shared mask stays shared.
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

  /// The masks that place styles, each once.
  var masks: [Image] {
    var masks: [Image] = []
    for style in styles {
      if let place = style.place, !masks.contains(where: { $0 === place }) { masks.append(place) }
    }
    return masks
  }

  /// - Throws: `.invalidArgument` for a mask whose size differs from its picture's, and for invalid weights.
  func check() throws(Failure) {
    guard !styles.isEmpty else { throw .invalidArgument("no style") }
    for style in styles {
      guard style.weight >= 0, style.weight.isFinite else {
        throw .invalidArgument("a style of weight \(style.weight); expected 0 or more")
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
