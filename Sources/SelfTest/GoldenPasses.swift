import Images
import Networks
import Styles
import Tensors

// Networks with seeded weights, and what they make of seeded pictures. The stored numbers are sums over what
// the same networks make of the same pictures in Double, where plain loops and OpenBLAS compute; the tests
// compute them again (Tests/SelfTestTests/GoldenPassesTests.swift).

extension SelfCheck {
  static var ofPasses: [SelfCheck] {
    let networks = GoldenNetwork.all.map { $0.check }
    #if FIRMWARE
      return networks  // firmware neither trains nor paints
    #else
      return networks + [
        SelfCheck("a training's steps") { () throws(Failure) in
          Answer(found: golden(try GoldenTraining.changes()), expected: GoldenTraining.expected)
        },
        SelfCheck("a painting's gradient") { () throws(Failure) in
          Answer(found: golden(try GoldenPainting.gradient()), expected: GoldenPainting.expected)
        }
      ]
    #endif
  }
}

/// Sixteen sums of all numbers with seeded signs: each number counts in each sum.
package func golden(_ numbers: [Double]) -> [Double] {
  var generator = Generator(seed: 16), sums = [Double](repeating: 0, count: 16)
  for number in numbers {
    let signs = generator.next()
    for i in sums.indices { sums[i] += signs >> UInt64(i) & 1 == 0 ? number : -number }
  }
  return sums
}

/// A network's forward pass.
package struct GoldenNetwork {
  package let name: StaticString
  package let architecture: Architecture
  package let side: Int
  package let taps: [String]
  /// Of `golden`, in Double.
  package let expected: [Double]

  package static var all: [GoldenNetwork] { [detector, embedder, fastStyle] }

  package func weights() throws(Failure) -> WeightFile { try weightFile(architecture, seed: 1) }

  package func picture<Element: Scalar>() throws(Failure) -> Tensor<Element> {
    try seeded([1, side, side, 3], 2)
  }

  fileprivate var check: SelfCheck {
    SelfCheck(name) { () throws(Failure) in
      let executor = Executor(try Network<Float>(architecture, weights: weights()), .init(taps))
      let picture: Tensor<Float> = try picture()
      var found: [Double] = []
      try executor.run(batch: 1, height: side, width: side) { input in
        picture.withPointer { input.update(from: $0, count: picture.count) }
      } _: { answers in
        for tap in taps.indices {
          let count = answers.extents(tap).reduce(1, *), numbers = answers[tap]
          for i in 0..<count { found.append(Double(numbers[i])) }
        }
      }
      return SelfCheck.Answer(found: golden(found), expected: expected)
    }
  }
}

/// Random numbers for all tensors of a network, as a training starts with.
private func weightFile(_ architecture: Architecture, seed: UInt64) throws(Failure) -> WeightFile {
  var writer = WeightFileWriter()
  for (name, tensor) in try initialWeights(of: architecture, seed: seed) { try writer.add(name, tensor) }
  return try writer.bytes().withSpan { bytes throws(Failure) in try WeightFile(copying: bytes) }
}

/// Steps of a training: a convolution with its normalisation, a dense layer, a classifier, and their
/// gradients.
package enum GoldenTraining {
  package static var architecture: Architecture {
    Architecture(
      name: "golden", side: 16, mean: (0, 0, 0), scale: 1,
      layers: [
        .convolution(
          "conv", 12, kernel: 3, padding: .zeros(1), normalisation: .batch("bn"), activation: .rectifier),
        .pool(.average, kernel: 2, stride: 2),
        .convolution("conv2", 20, kernel: 3, stride: 2, padding: .zeros(1), activation: .rectifier),
        .dense("dense", 10), .tap("embedding")
      ])
  }

  package static var settings: TrainingSettings {
    var settings = TrainingSettings(loss: .softmax(.mean))
    settings.rule = .sgd(SGD(momentum: 0.9))
    settings.schedule = .constant(0.1)
    settings.classes = 3
    settings.seed = 1
    return settings
  }

  package static var steps: Int { 2 }
  package static var labels: [Int32] { [0, 1, 2, 0, 1, 2] }

  package static func pictures<Element: Scalar>() throws(Failure) -> Tensor<Element> {
    try seeded([labels.count, 16, 16, 3], 2)
  }

  /// Of all numbers that are trained.
  static func changes() throws(Failure) -> [Double] {
    let trainer = try Trainer(architecture, settings)
    let trained = (trainer.network.parameters + trainer.head).filter { $0.isTrained }
    let before = trained.map { $0.value.values }
    for _ in 0..<steps { _ = try trainer.step(pictures(), .labels(labels)) }
    var changes: [Double] = []
    for (parameter, before) in zip(trained, before) {
      for (after, before) in zip(parameter.value.values, before) {
        changes.append(Double(after) - Double(before))
      }
    }
    return changes
  }
}

/// The gradient that a style transfer gives the pixels, through a small network of VGG's kind.
package enum GoldenPainting {
  package static var architecture: Architecture {
    func convolution(_ name: String, _ outputs: Int) -> [Layer] {
      [.convolution(name, outputs, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap(name)]
    }
    return Architecture(
      name: "golden", side: nil, mean: (0, 0, 0), scale: 1,
      layers: convolution("conv1_1", 16) + convolution("conv1_2", 16) + [.chosenPool]
        + convolution("conv2_1", 32) + [.chosenPool] + convolution("conv3_1", 32))
  }

  package static func weights() throws(Failure) -> WeightFile { try weightFile(architecture, seed: 1) }

  package static var options: StyleOptions {
    var options = StyleOptions()
    options.contentLayers = [("conv2_1", 1)]
    options.styleLayers = [("conv1_1", 0.5), ("conv3_1", 0.5)]
    return options
  }

  package enum Picture: UInt64 { case content = 1, style = 2, painted = 3 }

  /// Of 37x29 pixels.
  package static func picture(_ picture: Picture) throws(Failure) -> Image {
    var generator = Generator(seed: picture.rawValue)
    let image = try Image(width: 37, height: 29)
    image.pixels.withBuffer { for i in $0.indices { $0[i] = UInt8(generator.below(256)) } }
    return image
  }

  static func gradient() throws(Failure) -> [Double] {
    let network = try Network<Float>(architecture, weights: weights())
    let content = try picture(.content), style = StylePicture(try picture(.style))
    let engine = try StyleEngine(network, StylePictures(content: content, styles: [style]), options)
    let painted = try VGGPicture(picture(.painted)).numbers
    var gradient: [Double] = []
    let bands = try engine.bands(of: painted)
    while let band = try bands.next() {
      try band.withPointer { numbers in
        for i in 0..<(3 * band.count * content.width) { gradient.append(Double(numbers[i])) }
      }
    }
    return gradient
  }
}
