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
    fileprivate let picture: Tensor<Float>

    fileprivate init(_ picture: Tensor<Float>) { self.picture = picture }

    /// The picture so far.
    package func preview() throws(Failure) -> Image {
      let height = picture.shape[1], width = picture.shape[2]
      let image = try Image(width: width, height: height)
      Architecture.vgg19.read(picture.pointer, into: image.pixels.pointer, height: height, width: width)
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
    try Memory.reusing { () throws(Failure) in
      try paint(content: content, style: style, options, onStep: onStep)
    }
  }

  private func paint(
    content: Image, style: Image, _ options: StyleOptions, onStep: (Progress) -> Action
  ) throws(Failure) -> Image {
    try options.check()
    let (width, height) = options.size(for: content.width, content.height)
    let contentTensor = try tensor(content.resized(width: width, height: height, filter: .bicubic))
    let styleTensor = try tensor(StyleTransfer.cover(style, width: width, height: height))
    let network = try model.network()
    let objective = try StyleObjective<Float>(network, content: contentTensor, style: styleTensor, options)
    let picture = try StyleTransfer.start(contentTensor, ratio: options.noiseRatio, seed: options.seed)
    let adam = try Adam<Float>(picture.shape, rate: options.learningRate)
    let job = Job(picture)
    let started = now()
    for step in 1...options.steps {
      let (costs, gradient) = try objective.evaluate(picture, withGradient: true)
      guard costs.total.isFinite, let gradient else {
        throw .invalidArgument("the cost became \(costs.total) at step \(step): smaller weights or a smaller learning rate are wanted")
      }
      try adam.step(picture, gradient)
      switch onStep(Progress(step: step, steps: options.steps, costs: costs, seconds: now() - started, job: job)) {
      case .continue: continue
      case .finish: return try job.preview()
      case .cancel: throw .cancelled("the callback cancelled the style transfer at step \(step)")
      }
    }
    return try job.preview()
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
    let network = try model.network()
    let objective = try StyleObjective<Float>(network, content: tensor(content), style: tensor(style), options)
    let (costs, gradient) = try objective.evaluate(tensor(generated), withGradient: withGradient)
    guard let gradient else { return (costs, nil) }
    // From the network's B, G, R to R, G, B.
    let rgb = try Tensor<Float>(gradient.shape)
    for i in 0..<(gradient.count / 3) {
      for c in 0..<3 { rgb.pointer[3 * i + c] = gradient[3 * i + 2 - c] }
    }
    return (costs, rgb)
  }

  private func tensor(_ image: Image) throws(Failure) -> Tensor<Float> {
    let tensor = try Tensor<Float>([1, image.height, image.width, 3])
    Architecture.vgg19.fill(tensor.pointer, image.pixels.pointer, height: image.height, width: image.width)
    return tensor
  }

  /// `ratio * noise + (1 - ratio) * content`, noise uniform in -20..<20.
  private static func start(_ content: Tensor<Float>, ratio: Float, seed: UInt64) throws(Failure) -> Tensor<Float> {
    var generator = Generator(seed: seed)
    let picture = try Tensor<Float>(content.shape)
    for i in 0..<picture.count {
      let noise = generator.uniform() * 40 - 20
      picture.pointer[i] = ratio * noise + (1 - ratio) * content[i]
    }
    return picture
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

  private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
