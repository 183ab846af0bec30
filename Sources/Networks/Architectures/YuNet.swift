import CSystem

/// A network of YuNet's kind, which finds faces and their landmarks in one pass over a picture.
///
/// Depthwise separable convolutions reduce the picture to cells of 8, 16 and 32 pixels; what coarser cells
/// see is added to finer ones, so that a small face is seen with what is around it. For each size the last
/// layer gives 15 numbers per cell, in the results "cells8", "cells16" and "cells32",
/// [b, h / side, w / side, 15]. Sides of the input are multiples of 32.
///
/// Source: Wu, Peng, Yu, "YuNet: a tiny millisecond-level face detector", 2023. There a maximum halves the
/// picture behind the units; here the depthwise convolution does, so that no sum is computed that is dropped,
/// and it comes before the pointwise one, whose rows are then computed while they are in the cache.
package enum YuNet {
  /// The sides of the cells, in pixels.
  package static var cellSides: [Int] { [8, 16, 32] }
  /// The sides of the input are multiples of it.
  package static var sideStep: Int { 32 }
  /// The name of a result.
  package static func cells(ofSide side: Int) -> String { "cells\(side)" }
  /// The score's logit, four numbers of the box, ten of the landmarks.
  package static var numbersPerCell: Int { 15 }

  /// The network's channels and depth.
  package struct Size: Equatable, Sendable {
    /// Channels at the strides 2, 4, 8, 16 and 32.
    package var channels: [Int]
    /// Units at the strides 4, 8, 16 and 32, behind the one that halves the picture.
    package var units: [Int]

    package init(channels: [Int] = [16, 32, 48, 64, 64], units: [Int] = [1, 1, 2, 2]) {
      (self.channels, self.units) = (channels, units)
    }
  }

  package static func layers(_ size: Size) -> [Layer] {
    let stem: Layer = .convolution(
      "stem", size.channels[0], kernel: 3, stride: 2, padding: .zeros(1), hasBias: false,
      normalisation: .batch("stem_bn"), activation: .rectifier)
    return [stem] + level(1, size) + pyramid(from: 2, size) + head(8, size.channels[2])
  }

  /// The features of a stride, with those of coarser ones added.
  private static func pyramid(from number: Int, _ size: Size) -> [Layer] {
    let layers = level(number, size)
    guard number < 4 else { return layers }
    let channels = size.channels[number], coarser = size.channels[number + 1], stride = 2 << number
    let joint: [Layer] =
      coarser == channels
      ? []
      : [
        .convolution(
          "joint\(stride)", channels, kernel: 1, hasBias: false, normalisation: .batch("joint\(stride)_bn"))
      ]
    let above = pyramid(from: number + 1, size) + [.head(head(2 * stride, coarser))]
    return layers + [.residual(above + joint + [.upsampling(2)])]
      + unit("top\(stride)", channels, to: channels)
  }

  /// The units of a stride; the first halves the picture.
  private static func level(_ number: Int, _ size: Size) -> [Layer] {
    let channels = size.channels[number], stride = 2 << number
    var layers = unit("unit\(stride)_0", size.channels[number - 1], to: channels, stride: 2)
    for i in 0..<size.units[number - 1] { layers += unit("unit\(stride)_\(i + 1)", channels, to: channels) }
    return layers
  }

  private static func unit(_ name: String, _ channels: Int, to filters: Int, stride: Int = 1) -> [Layer] {
    [
      depthwise(name, channels, stride: stride),
      .convolution(
        name + ".pointwise", filters, kernel: 1, hasBias: false,
        normalisation: .batch(name + ".pointwise_bn"), activation: .rectifier)
    ]
  }

  private static func head(_ side: Int, _ channels: Int) -> [Layer] {
    let name = cells(ofSide: side)
    return [
      depthwise(name, channels), .convolution(name, numbersPerCell, kernel: 1), .tap(name)
    ]
  }

  private static func depthwise(_ name: String, _ channels: Int, stride: Int = 1) -> Layer {
    .convolution(
      name + ".depthwise", channels, kernel: 3, stride: stride, groups: channels, padding: .zeros(1),
      hasBias: false, normalisation: .batch(name + ".depthwise_bn"), activation: .rectifier)
  }

  /// Before training every cell gives a face this probability, as nearly all cells have none: otherwise the
  /// first steps would only learn that (Lin et al., "Focal loss for dense object detection", 2017, 4.1).
  private static let firstScore = 0.01

  /// Biases of a training's start, by their tensors' names.
  fileprivate static var initialBiases: [String: [Float]] {
    var biases: [String: [Float]] = [:]
    for side in cellSides {
      var numbers = [Float](repeating: 0, count: numbersPerCell)
      numbers[0] = Float(-log(1 / firstScore - 1))
      biases[cells(ofSide: side) + ".bias"] = numbers
    }
    return biases
  }
}

extension Architecture {
  package static func yuNet(_ size: YuNet.Size = .init()) -> Architecture {
    var architecture = Architecture(
      name: "yunet", input: Extent(height: nil, width: nil, channels: 3), layers: YuNet.layers(size))
    architecture.initialBiases = YuNet.initialBiases
    return architecture
  }
}
