import Images
import Networks
import Styles
import TestSupport
import Tensors

/// A small network of VGG's kind, which both the fast way and the plain one can run.
enum SmallVGG {
  static let layers: [Layer] = [
    .convolution("conv1_1", 16, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv1_1"),
    .convolution("conv1_2", 16, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv1_2"),
    .chosenPool,
    .convolution("conv2_1", 32, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv2_1"),
    .chosenPool, .tap("pool2"),
    .convolution("conv3_1", 16, kernel: 3, padding: .zeros(1), activation: .rectifier), .tap("conv3_1")
  ]

  /// - Parameter bias: of the first number of the first layer, in place of its own.
  static func network<Element: Scalar>(bias: Float? = nil) throws -> Network<Element> {
    var numbers = Numbers(seed: 11)
    var file = TensorFile()
    for (name, outputs, inputs) in [
      ("conv1_1", 16, 3), ("conv1_2", 16, 16), ("conv2_1", 32, 16), ("conv3_1", 16, 32)
    ] {
      // Variances that keep numbers of order 1 from layer to layer; the first sees levels up to 128.
      let scale = (2 / Float(9 * inputs)).squareRoot() * (inputs == 3 ? 0.02 : 1.5)
      let weights: [Float] = numbers.array(outputs * inputs * 9)
      var biases: [Float] = numbers.array(outputs)
      if inputs == 3, let bias { biases[0] = bias * 10 }
      file.add(name + ".weight", [outputs, inputs, 3, 3], weights.map { $0 * scale })
      file.add(name + ".bias", [outputs], biases.map { $0 * 0.1 })
    }
    return try Network<Element>(layers, weights: file.weightFile())
  }

  static var options: StyleOptions {
    var options = StyleOptions()
    options.contentLayers = [("conv2_1", 1)]
    options.styleLayers = [("conv1_1", 0.5), ("conv3_1", 0.25)]
    return options
  }

  /// Waves of colour, of some wave length.
  static func picture(_ width: Int, _ height: Int, wave: Float = 9) throws -> Image {
    try Image(width: width, height: height) { y, row in
      for x in 0..<width {
        for c in 0..<3 {
          let across = Float(x) * Float(c + 1), down = Float(y) * Float(3 - c)
          let phase: Float = (across + down) / wave
          row[3 * x + c] = UInt8(127 + 120 * Float.sine(phase))
        }
      }
    }
  }
}
