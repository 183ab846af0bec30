import CSystem
import Images
import Networks
import Tensors

/// Repaints pictures: Adam moves the pixels of a noisy content until its features match the content's and its
/// Gram matrices the style's.
package final class StyleTransfer {
  /// What a callback sees after a step.
  package struct Progress {
    package let step, steps: Int
    /// Of the picture that this step started from.
    package let costs: StyleCosts
    package let seconds: Double
    package let job: Job
  }

  package enum Action { case `continue`, finish, cancel }

  /// A run under way: its picture can be looked at.
  package final class Job {
    private let engine: StyleEngine
    private let width, height: Int

    fileprivate init(_ engine: StyleEngine, width: Int, height: Int) {
      (self.engine, self.width, self.height) = (engine, width, height)
    }

    /// The picture so far.
    package func preview() throws(Failure) -> Image {
      let image = try Image(width: width, height: height)
      Architecture.vgg19.read(engine.picture, into: image.pixels.pointer, height: height, width: width)
      return image
    }
  }

  private let model: Model

  package init(_ model: Model) throws(Failure) {
    guard model.architectureName == "vgg19" else {
      throw .wrongModel("the model is \"\(model.architectureName)\", style transfer wants vgg19")
    }
    self.model = model
    _ = try model.network()
  }

  /// - Parameter onStep: called after every step; finish keeps the picture so far, cancel drops it.
  /// - Throws: `.cancelled`, or `.invalidArgument` when the costs leave the range of Float.
  package func run(
    content: Image, style: Image, _ options: StyleOptions, onStep: (Progress) -> Action
  ) throws(Failure) -> Image {
    try options.check()
    let (width, height) = options.size(for: content.width, content.height)
    let engine = try StyleEngine(
      model.network(), content: content.resized(width: width, height: height, filter: .bicubic),
      style: StyleTransfer.cover(style, width: width, height: height), options)
    // The content's pixels are in the engine's picture: the start is mixed from them.
    StyleTransfer.addNoise(to: engine.picture, count: width * height * 3, ratio: options.noiseRatio, seed: options.seed)
    let adam = try Optimiser<Float>(.adam(Adam()), "picture", Shape([height, width, 3]))
    let job = Job(engine, width: width, height: height)
    let started = monotonicSeconds()
    for step in 1...options.steps {
      let costs = try engine.evaluate(withGradient: true)
      guard costs.total.isFinite else {
        throw .invalidArgument("the cost became \(costs.total) at step \(step): smaller weights or a smaller learning rate are wanted")
      }
      adam.step(engine.picture, engine.gradient, rate: options.learningRate)
      switch onStep(Progress(step: step, steps: options.steps, costs: costs, seconds: monotonicSeconds() - started, job: job)) {
      case .continue: continue
      case .finish: return try job.preview()
      case .cancel: throw .cancelled("the callback cancelled the style transfer at step \(step)")
      }
    }
    return try job.preview()
  }

  /// Bytes that the process will hold at the peak of a run with a content of the given size, beyond what it holds now:
  /// what the run computes in, and weights as the kernels want them, which stay with the model for the next run.
  package func memoryNeeded(contentWidth: Int, _ contentHeight: Int, _ options: StyleOptions) throws(Failure) -> Int {
    try options.check()
    try Image.check(width: contentWidth, height: contentHeight)
    let (width, height) = options.size(for: contentWidth, contentHeight)
    try Image.check(width: width, height: height)
    let engine = try StyleEngine.memoryNeeded(model.network(), width: width, height: height, options)
    // Adam's two means, and the result; content and style in that size were given back when the engine had read them.
    let count = width * height * 3
    return engine + MemoryLayout<Float>.stride * 2 * count + count
  }

  /// Costs of a given picture; the three pictures keep their sizes.
  /// - Returns: also d total / d pixel, [height, width, 3] in R, G, B order, if asked for.
  package func evaluate(
    _ generated: Image, content: Image, style: Image, _ options: StyleOptions, withGradient: Bool
  ) throws(Failure) -> (costs: StyleCosts, gradient: Tensor<Float>?) {
    try options.check()
    guard generated.width == content.width, generated.height == content.height else {
      throw .invalidArgument("a picture of \(generated.width)x\(generated.height) for a content of \(content.width)x\(content.height)")
    }
    let engine = try StyleEngine(model.network(), content: content, style: style, options)
    let height = content.height, width = content.width
    Architecture.vgg19.fill(engine.picture, generated.pixels.pointer, height: height, width: width)
    let costs = try engine.evaluate(withGradient: withGradient)
    guard withGradient else { return (costs, nil) }
    // From the network's B, G, R to R, G, B.
    let rgb = try Tensor<Float>([height, width, 3])
    for i in 0..<(height * width) {
      for c in 0..<3 { rgb.pointer[3 * i + c] = engine.gradient[3 * i + 2 - c] }
    }
    return (costs, rgb)
  }

  /// `ratio * noise + (1 - ratio) * content`, noise uniform in -20..<20.
  private static func addNoise(to picture: UnsafeMutablePointer<Float>, count: Int, ratio: Float, seed: UInt64) {
    var generator = Generator(seed: seed)
    for i in 0..<count {
      let noise = generator.uniform() * 40 - 20
      picture[i] = ratio * noise + (1 - ratio) * picture[i]
    }
  }

  /// The largest part about the centre that has the wanted proportions, scaled to the wanted size: nothing is squashed.
  package static func cover(_ image: Image, width: Int, height: Int) throws(Failure) -> Image {
    var part = (width: image.width, height: image.height)
    if image.width * height > image.height * width {
      part.width = max(1, (image.height * width + height / 2) / height)
    } else {
      part.height = max(1, (image.width * height + width / 2) / width)
    }
    let cut = try image.cropped(
      x: (image.width - part.width) / 2, y: (image.height - part.height) / 2, width: part.width, height: part.height)
    return try cut.resized(width: width, height: height, filter: .bicubic)
  }
}
