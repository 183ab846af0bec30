import CSystem
import Images
import Networks
import Tensors

/// The inputs of a job, and their preparation for each of its scales.
struct StyleWork {
  let options: StyleOptions
  /// As given, and with their colours prepared.
  let pictures: StylePictures
  private let prepared: StylePictures
  let scales: [StyleOptions.Scale]
  private let network: Network<Float>

  /// - Throws: `.invalidArgument` for options out of range and impossible sizes.
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

  private var optimising: StyleOptions { options.optimising(masks: pictures.masks.count) }

  // MARK: Scales

  /// Evaluates pictures of a scale's size.
  func engine(at scale: Int) throws(Failure) -> StyleEngine {
    try StyleEngine(network, prepared.sized(scales[scale].width, scales[scale].height, options), options)
  }

  /// The initial picture of a scale, and the engine that evaluates it.
  /// - Parameter coarser: the result of the previous scale; nil at the start.
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
    let mover = try PictureMover(picture, optimising)
    try coarser?.handOver(to: mover)
    return (mover, engine)
  }

  /// The optimiser of a picture of a scale's size whose numbers are not known yet.
  func mover(at scale: Int) throws(Failure) -> PictureMover {
    try PictureMover(Tensor([scales[scale].height, scales[scale].width, 3]), optimising)
  }

  /// The share of all work that is finished after a scale.
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
        // Where the previous frame is unknown, it offers no start.
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

  /// Copies the content's pixels where the mask is black.
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

  /// A painted picture as an image of a given size, with the requested colours, depth and alpha.
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
