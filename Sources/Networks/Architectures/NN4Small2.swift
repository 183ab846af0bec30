extension Architecture {
  /// OpenFace's nn4.small2: 96x96 RGB in 0...1 to a unit vector of 128; 3,743,280 parameters.
  ///
  /// GoogLeNet's inception blocks, fewer and narrower than FaceNet's NN4, with L2 pooling.
  /// Source: Amos, Ludwiczuk, Satyanarayanan, "OpenFace", 2016; Schroff et al. 2015, table 2.
  package static func nn4Small2(_ lrn: ResponseNormalisation = .torch) -> Architecture {
    Architecture(
      name: "nn4.small2", side: 96, mean: (0, 0, 0), scale: 1 / 255,
      layers: [
        unit("conv1", "bn1", 64, kernel: 7, stride: 2, padding: .zeros(3)),
        .pool(.maximum, kernel: 3, stride: 2, padding: 1),
        .responseNormalisation(lrn),
        unit("conv2", "bn2", 64, kernel: 1),
        unit("conv3", "bn3", 192, kernel: 3, padding: .zeros(1)),
        .responseNormalisation(lrn),
        .pool(.maximum, kernel: 3, stride: 2, padding: 1),

        // 3x3: reduce, out. 5x5: reduce, out. pool projection: filters and its border. 1x1.
        inception("3a", (96, 128), (16, 32), .maximum, 32, (3, 4), 64), .tap("3a"),
        inception("3b", (96, 128), (32, 64), .euclidean, 64, (4, 4), 64), .tap("3b"),
        reduction("3c", (128, 256), (32, 64)), .tap("3c"),
        inception("4a", (96, 192), (32, 64), .euclidean, 128, (2, 2), 256), .tap("4a"),
        reduction("4e", (160, 256), (64, 128)), .tap("4e"),
        inception("5a", (96, 384), nil, .euclidean, 96, (1, 1), 256), .tap("5a"),
        inception("5b", (96, 384), nil, .maximum, 96, (1, 1), 256), .tap("5b"),

        .pool(.average, kernel: 3, stride: 1),
        .dense("dense", 128),
        .unitLength, .tap("embedding")
      ])
  }

  private enum Projection { case maximum, euclidean }

  /// Convolution with bias, batch normalisation and rectifier.
  @inline(never)
  static func unit(
    _ name: String, _ statistics: String, _ filters: Int, kernel: Int, stride: Int = 1,
    padding: Padding = .valid
  ) -> Layer {
    .convolution(
      name, filters, kernel: kernel, stride: stride, padding: padding, normalisation: .batch(statistics),
      activation: .rectifier)
  }

  /// Keeps the size. The pooled branch is smaller and is padded with (before, after) zeros.
  @inline(never)
  private static func inception(
    _ block: String, _ three: (Int, Int), _ five: (Int, Int)?, _ projection: Projection, _ pooled: Int,
    _ border: (Int, Int), _ one: Int
  ) -> Layer {
    let name = "inception_\(block)_"
    var branches = [convolutions(name + "3x3_", three, kernel: 3, stride: 1)]
    if let five { branches.append(convolutions(name + "5x5_", five, kernel: 5, stride: 1)) }
    branches.append([
      projection == .maximum ? .pool(.maximum, kernel: 3, stride: 2) : .euclideanPool(kernel: 3, stride: 3),
      unit(name + "pool_conv", name + "pool_bn", pooled, kernel: 1),
      .border(top: border.0, left: border.0, bottom: border.1, right: border.1)
    ])
    branches.append([unit(name + "1x1_conv", name + "1x1_bn", one, kernel: 1)])
    return .concatenation(branches)
  }

  /// Halves the size.
  @inline(never)
  private static func reduction(_ block: String, _ three: (Int, Int), _ five: (Int, Int)) -> Layer {
    let name = "inception_\(block)_"
    return .concatenation([
      convolutions(name + "3x3_", three, kernel: 3, stride: 2),
      convolutions(name + "5x5_", five, kernel: 5, stride: 2),
      [.pool(.maximum, kernel: 3, stride: 2), .border(top: 0, left: 0, bottom: 1, right: 1)]
    ])
  }

  /// A 1x1 convolution that reduces channels, then a wider one.
  static func convolutions(_ name: String, _ filters: (Int, Int), kernel: Int, stride: Int) -> [Layer] {
    [
      unit(name + "conv1", name + "bn1", filters.0, kernel: 1),
      unit(
        name + "conv2", name + "bn2", filters.1, kernel: kernel, stride: stride, padding: .zeros(kernel / 2))
    ]
  }
}
