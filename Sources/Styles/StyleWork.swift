import CSystem
import Images
import Networks
import Tensors

/// What a job is to paint, and what that takes at each of its scales.
struct StyleWork {
  let options: StyleOptions
  /// As they were given, and with their colours as they are painted.
  let pictures: StylePictures
  private let prepared: StylePictures
  let scales: [StyleOptions.Scale]
  private let network: Network<Float>

  /// - Throws: `.invalidArgument` for options out of range and sizes that no picture has.
  init(
    _ network: Network<Float>, _ pictures: StylePictures, _ options: StyleOptions
  ) throws(Failure) {
    try options.check()
    try pictures.check()
    guard options.start != .image || pictures.start != nil else {
      throw .invalidArgument("a start from a picture without one")
    }
    (self.network, self.pictures, self.options) = (network, pictures, options)
    prepared = try pictures.prepared(options.colours)
    let (width, height) = options.size(for: pictures.content.width, pictures.content.height)
    try Image.check(width: width, height: height)
    scales = options.scales(width: width, height: height)
  }

  // MARK: Scales

  /// What measures pictures of a scale's size.
  func engine(at scale: Int) throws(Failure) -> StyleEngine {
    try StyleEngine(network, prepared.sized(scales[scale].width, scales[scale].height, options), options)
  }

  /// The picture that a scale begins with, and what measures it.
  /// - Parameter coarser: what was painted at the scale before; nil to begin.
  func enter(
    _ scale: Int, from coarser: PictureMover?
  ) throws(Failure) -> (PictureMover, StyleEngine) {
    let width = scales[scale].width, height = scales[scale].height
    let sized = try prepared.sized(width, height, options)
    let engine = try StyleEngine(network, sized, options)
    let picture: Tensor<Float>
    if let coarser {
      picture = try enlarged(coarser.picture, height: height, width: width)
    } else {
      picture = try start(sized)
    }
    let mover = try PictureMover(picture, options)
    try coarser?.handOver(to: mover)
    return (mover, engine)
  }

  /// Moves a picture of a scale's size whose numbers are not known yet.
  func mover(at scale: Int) throws(Failure) -> PictureMover {
    try PictureMover(Tensor([scales[scale].height, scales[scale].width, 3]), options)
  }

  /// What part of all work is done when a scale is.
  func share(upTo scale: Int) -> Double {
    func work(_ scales: ArraySlice<StyleOptions.Scale>) -> Double {
      var sum = 0.0
      for scale in scales { sum += Double(scale.width * scale.height) * Double(scale.steps) }
      return sum
    }
    return work(scales[...scale]) / work(scales[...])
  }

  // MARK: Start

  /// `ratio * noise + (1 - ratio) * picture`, noise uniform in -20..<20.
  private func start(_ sized: StylePictures) throws(Failure) -> Tensor<Float> {
    let width = sized.content.width, height = sized.content.height
    let picture = try Tensor<Float>([height, width, 3])
    try picture.withPointer { x throws(Failure) in
      switch options.start {
      case .content: sized.content.fill(x)
      case .noise: x.update(repeating: 0, count: picture.count)
      case .style: try cover(prepared.styles[0].image, width: width, height: height).fill(x)
      case .image:
        try (prepared.start ?? sized.content).resized(width: width, height: height, filter: .bicubic).fill(x)
        // Where the frame before tells nothing, there is nothing to go on from.
        if prepared.start === prepared.before, let mask = sized.beforeMask {
          fillUnknown(picture, from: sized.content, mask)
        }
      }
      var generator = Generator(seed: options.seed)
      let ratio = options.noiseRatio
      for i in 0..<picture.count {
        let noise = generator.uniform() * 40 - 20
        x[i] = ratio * noise + (1 - ratio) * x[i]
      }
    }
    return picture
  }

  /// The content's pixels where the mask is black.
  private func fillUnknown(_ picture: Tensor<Float>, from content: Image, _ mask: Image) {
    picture.withPointer { x in
      for y in 0..<mask.height {
        let known = mask.row(y)
        for column in 0..<mask.width where known[3 * column] == 0 {
          content.fillRow(x + 3 * (y * mask.width + column), y, column..<column + 1)
        }
      }
    }
  }

  // MARK: Result

  /// A painted picture as an image of some size, with the colours, depth and alpha that were asked for.
  func image(of painted: Tensor<Float>, width: Int, height: Int) throws(Failure) -> Image {
    var picture = painted
    if picture.shape.extents != [height, width, 3] {
      picture = try enlarged(picture, height: height, width: width)
    }
    let isDeep = options.depth == 16 || options.depth == 0 && pictures.content.deep != nil
    let image = try VGGPicture(picture).image(isDeep: isDeep)
    guard options.colours == .luminance || pictures.content.alpha != nil else { return image }
    let content = try pictures.content.resized(width: width, height: height, filter: .bicubic)
    return try options.colours.finished(image, content: content).withAlpha(of: content)
  }
}
