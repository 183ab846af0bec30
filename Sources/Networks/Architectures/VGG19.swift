extension Architecture {
  /// VGG-19 without its classifier (Simonyan and Zisserman 2014, table 1, column E).
  ///
  /// The original Caffe weights expect BGR, 0...255, minus the mean. Taps: conv1_1 ... conv5_4 after their
  /// rectifiers, pool1 ... pool5. A 300x400 picture gives conv4_2 38x50x512 and pool5 10x13x512.
  package static var vgg19: Architecture {
    let pictures = vgg19Pictures
    return Architecture(
      name: pictures.name, side: nil, isBGR: pictures.isBGR, mean: pictures.mean, scale: pictures.scale,
      layers: block(1, 64, 2) + block(2, 128, 2) + block(3, 256, 4) + block(4, 512, 4) + block(5, 512, 4))
  }

  /// The input format of its pictures, without layers. Created once, because it is used row by row.
  package static let vgg19Pictures = Architecture(
    name: "vgg19", side: nil, isBGR: true, mean: (103.939, 116.779, 123.68), scale: 1, layers: [])

  private static func block(_ number: Int, _ filters: Int, _ convolutions: Int) -> [Layer] {
    var layers: [Layer] = []
    for i in 1...convolutions {
      let name = "conv\(number)_\(i)"
      layers.append(.convolution(name, filters, kernel: 3, padding: .zeros(1), activation: .rectifier))
      layers.append(.tap(name))
    }
    return layers + [.chosenPool, .tap("pool\(number)")]
  }
}
