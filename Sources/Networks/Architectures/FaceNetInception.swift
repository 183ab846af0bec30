extension Architecture {
  /// FaceNet's NN2: 224x224 RGB to a unit vector of 128; GoogLeNet's inception blocks, some with L2 pooling.
  ///
  /// 7.5 million parameters, 1.6 billion multiply-adds. The paper does not mention batch normalisation; here,
  /// as in OpenFace's nn2, every convolution has it, between bias and rectifier. Source: Schroff,
  /// Kalenichenko, Philbin, "FaceNet", 2015, table 2.
  package static var faceNetNN2: Architecture { inceptionNet("facenet-nn2", side: 224) }

  /// FaceNet's NN3: NN2 at 160x160.
  package static var faceNetNN3: Architecture { inceptionNet("facenet-nn3", side: 160) }

  /// FaceNet's NN4: NN2 at 96x96 without 5x5 convolutions in its higher layers, which are 3x3 there.
  ///
  /// The paper does not name these layers: 5a and 5b, as in OpenFace's nn4.
  package static var faceNetNN4: Architecture { inceptionNet("facenet-nn4", side: 96, widensLast: false) }

  private static func inceptionNet(_ name: StaticString, side: Int, widensLast: Bool = true) -> Architecture {
    let last = widensLast ? (48, 128) : nil
    return Architecture(
      name: name, input: Extent(height: side, width: side, channels: 3),
      layers: inceptionStem(64, 64, 192)
        //                       1x1, 3x3: reduce, out. 5x5: reduce, out. pool projection.
        + inceptionBlock("3a", 64, (96, 128), (16, 32), .maximum, 32)
        + inceptionBlock("3b", 64, (96, 128), (32, 64), .euclidean, 64)
        + inceptionReduction("3c", (128, 256), (32, 64))
        + inceptionBlock("4a", 256, (96, 192), (32, 64), .euclidean, 128)
        + inceptionBlock("4b", 224, (112, 224), (32, 64), .euclidean, 128)
        + inceptionBlock("4c", 192, (128, 256), (32, 64), .euclidean, 128)
        + inceptionBlock("4d", 160, (144, 288), (32, 64), .euclidean, 128)
        + inceptionReduction("4e", (160, 256), (64, 128))
        + inceptionBlock("5a", 384, (192, 384), last, .euclidean, 128)
        + inceptionBlock("5b", 384, (192, 384), last, .maximum, 128)
        + [.globalAverage, .dense("dense", 128), .unitLength, .tap("embedding")])
  }

  enum InceptionPooling { case maximum, euclidean }

  /// Reduces the picture to an eighth of its side.
  static func inceptionStem(_ first: Int, _ second: Int, _ third: Int) -> [Layer] {
    [
      unit("conv1", "bn1", first, kernel: 7, stride: 2, padding: .zeros(3)),
      .pool(.maximum, kernel: 3, stride: 2, padding: 1),
      .responseNormalisation(.torch),
      unit("conv2", "bn2", second, kernel: 1),
      unit("conv3", "bn3", third, kernel: 3, padding: .zeros(1)),
      .responseNormalisation(.torch),
      .pool(.maximum, kernel: 3, stride: 2, padding: 1)
    ]
  }

  /// Keeps the size.
  static func inceptionBlock(
    _ block: String, _ one: Int, _ three: (Int, Int), _ five: (Int, Int)?, _ pooling: InceptionPooling,
    _ projection: Int
  ) -> [Layer] {
    let name = "inception_\(block)_"
    var branches = [
      [unit(name + "1x1_conv", name + "1x1_bn", one, kernel: 1)],
      convolutions(name + "3x3_", three, kernel: 3, stride: 1)
    ]
    if let five { branches.append(convolutions(name + "5x5_", five, kernel: 5, stride: 1)) }
    branches.append([
      pooling == .maximum
        ? .pool(.maximum, kernel: 3, stride: 1, padding: 1)
        : .euclideanPool(kernel: 3, stride: 1, padding: 1),
      unit(name + "pool_conv", name + "pool_bn", projection, kernel: 1)
    ])
    return [.concatenation(branches), .tap(block)]
  }

  /// Halves the size.
  static func inceptionReduction(_ block: String, _ three: (Int, Int), _ five: (Int, Int)?) -> [Layer] {
    let name = "inception_\(block)_"
    var branches = [convolutions(name + "3x3_", three, kernel: 3, stride: 2)]
    if let five { branches.append(convolutions(name + "5x5_", five, kernel: 5, stride: 2)) }
    branches.append([.pool(.maximum, kernel: 3, stride: 2, padding: 1)])
    return [.concatenation(branches), .tap(block)]
  }
}
