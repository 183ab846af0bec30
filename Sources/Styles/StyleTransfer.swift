import CSystem
import Images
import Networks
import Tensors

/// Repaints pictures with the weights of a VGG-19: an optimiser changes the pixels until their features match
/// the content's and their Gram matrices the style's.
package final class StyleTransfer {
  private let model: Model

  package init(_ model: Model) throws(Failure) {
    try model.require(.styleTransfer, for: "style transfer")
    self.model = model
    _ = try model.network()
  }

  /// - Throws: `.noMemory` even if only a later scale does not fit: better before the first step than after
  ///   hours.
  package func job(_ pictures: StylePictures, _ options: StyleOptions) throws(Failure) -> StyleJob {
    try options.check()
    try pictures.check()
    let content = pictures.content
    try Memory.expect(
      memoryNeeded(contentWidth: content.width, content.height, masks: pictures.masks.count, options))
    return try StyleJob(model.network(), pictures, options, weights: model.weights.fingerprint)
  }

  /// Peak memory in bytes that a run with a content of the given size adds to the process: the memory of the
  /// run, and packed weights, which stay with the model for the next run.
  package func memoryNeeded(
    contentWidth: Int, _ contentHeight: Int, masks: Int, _ options: StyleOptions
  ) throws(Failure) -> Int {
    try options.check()
    try Image.check(width: contentWidth, height: contentHeight)
    let (width, height) = options.size(for: contentWidth, contentHeight)
    try Image.check(width: width, height: height)
    // The last scale needs most memory, and does not change the weights that the others have packed.
    let scales = options.scales(width: width, height: height)
    var engine = 0, weights: Set<MissingWeights> = []
    for scale in scales {
      var style = (width: scale.width, height: scale.height)
      // Only the longest side of a style's size is known.
      if let longest = options.styleSide(width: scale.width, height: scale.height) {
        style = (max(1, longest), max(1, longest))
      }
      let needed = try StyleEngine.memoryNeeded(
        model.network(), width: scale.width, height: scale.height, styles: [style], masks: masks, options)
      engine = needed.bytes
      weights.formUnion(needed.weights)
    }
    // And the result; content and style in that size were freed once the engine had read them.
    let count = width * height * 3
    let optimising = options.optimising(masks: masks)
    var numbers = PictureMover.buffers(width: width, height: height, optimising).count
    // The previous scale's pictures are freed when the last scale has taken them over.
    if scales.count > 1 {
      let before = scales[scales.count - 2]
      numbers += PictureMover.buffers(width: before.width, height: before.height, optimising).count
    }
    return engine + weights.reduce(0) { $0 + $1.bytes } + MemoryLayout<Float>.stride * numbers
      + (options.depth == 16 ? 3 : 1) * count
  }

  /// Costs of a given picture; all pictures keep their sizes.
  /// - Returns: also d total / d pixel, [height, width, 3] in R, G, B order, if requested.
  package func evaluate(
    _ generated: Image, _ pictures: StylePictures, _ options: StyleOptions, withGradient: Bool
  ) throws(Failure) -> (costs: StyleCosts, gradient: Tensor<Float>?) {
    try options.check()
    try pictures.check()
    let content = pictures.content
    guard generated.width == content.width, generated.height == content.height else {
      throw .invalidArgument(
        "a picture of \(generated.width)x\(generated.height) for a content of \(content.width)x\(content.height)"
      )
    }
    let engine = try StyleEngine(model.network(), pictures, options)
    let picture = try VGGPicture(generated).numbers
    guard withGradient else { return (try StyleTransfer.checked(engine.evaluate(picture)), nil) }
    let gradient = try Tensor<Float>([content.height, content.width, 3]), width = content.width
    let bands = try engine.bands(of: picture)
    while let band = try bands.next() {
      try band.withPointer { slopes throws(Failure) in
        gradient.withPointer {
          VGGPicture.writeByLevels(slopes, pixels: band.count * width, to: $0 + 3 * band.first * width)
        }
      }
    }
    return (try StyleTransfer.checked(bands.costs), gradient)
  }

  /// Costs that are not finite have no gradient.
  private static func checked(_ costs: StyleCosts) throws(Failure) -> StyleCosts {
    guard costs.total.isFinite else { throw .invalidArgument(costs.reasonAgainst) }
    return costs
  }
}
