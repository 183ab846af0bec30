import Networks
import TestSupport
import Tensors
import Testing

@Suite struct TensorSpecificationTests {
  @Test func `lists what a network reads`() throws {
    let list = try tensors(of: SmallNetwork.layers, input: Extent(height: 9, width: 9, channels: 3))
    #expect(list.map(\.name) == SmallNetwork.shapes.map(\.0))
    #expect(list.map(\.extents) == SmallNetwork.shapes.map(\.1))
    #expect(list.map(\.kind)[..<6] == [.weight, .bias, .gamma, .beta, .mean, .variance])
    #expect(list.first { $0.name == "hp.weight" }?.kind == .slope)
    #expect(list.filter { !$0.isLearned }.map(\.name) == ["b1.running_mean", "b1.running_var"])
  }

  @Test func `a dense layer wants a picture of known size`() {
    #expect(
      outcome { try tensors(of: [.dense("d", 3)], input: Extent(height: nil, width: nil, channels: 3)) }
        == "internalError: the size of the input to the dense layer d is not known")
  }

  /// Sources: Schroff et al. 2015, tables 1 and 2, section 3.3, gives rounded numbers, in the text of each
  /// case; exact ones of nn2 and nn4 are those that OpenFace's documentation prints for its own; that of
  /// nn4.small2 too. torchvision's densenet121 has 1000 classes where 32 numbers are here. MobileFaceNet's is
  /// PyTorch's sum (networks_reference.py); Chen et al. 2018 say 0.99 million and 221 million multiply-adds.
  /// The others are the sums of their tables.
  @Test(arguments: [
    ("facenet-nn1", "140M, 1.6B", 140_025_664, 1_605_944_064),
    ("facenet-nn2", "7.5M, 1.6B", 7_472_144, 1_596_530_688),
    ("facenet-nn3", "as NN2", 7_472_144, 814_620_672),
    ("facenet-nn4", "285M multiply-adds", 6_959_088, 288_870_400),
    ("facenet-nns1", "26M, 220M", 25_965_896, 220_609_760),
    ("facenet-nns2", "4.3M, 20M", 4_298_060, 19_697_984),
    ("nn4.small2", "OpenFace", 3_733_968, 0),
    ("densenet121", "8M", 7_978_856 - 1_025_000 + 32_800, 0),
    ("mobilefacenet", "0.99M, 221M", 1_003_136, 0),
    ("siamese", "", 288 + 18_432 + 73_728 + 147_456 + 704 + 4480 * 128 + 128, 0)
  ])
  func `has the parameters and the work of its paper`(
    name: String, paper: String, parameters: Int, multiplyAdds: Int
  ) throws {
    let architecture = try #require(Architecture.named(name))
    #expect(try architecture.parameterCount() == parameters)
    if multiplyAdds > 0 { #expect(architecture.multiplyAdds() == multiplyAdds) }
  }

  /// Huang et al. 2017: 8 million; torchvision's models.densenet121 has 7,978,856.
  @Test func `DenseNet-121 with its 1000 classes has 7978856 parameters`() throws {
    #expect(try Architecture.denseNet121(outputs: 1000).parameterCount() == 7_978_856)
  }

  @Test func `counts the work of each picture's every pixel`() throws {
    let layers: [Layer] = [
      .convolution("a", 4, kernel: 3, stride: 2, groups: 2, padding: .zeros(1)),  // 3x2x4, 18 products each
      .concatenation([[], [.convolution("b", 5, kernel: 1)]]),  // 3x2x5, 4 products each
      .dense("c", 7)  // 3 x 2 x 9 inputs
    ]
    let architecture = Architecture(
      name: "x", input: Extent(height: 6, width: 4, channels: 4), mean: (0, 0, 0), scale: 1, layers: layers)
    #expect(architecture.multiplyAdds() == 3 * 2 * 4 * 18 + 3 * 2 * 5 * 4 + 54 * 7)
    #expect(try architecture.parameterCount() == 76 + 25 + 54 * 7 + 7)
    #expect(architecture.dimension == 7)
    #expect(Architecture.vgg19.multiplyAdds() == 0)  // any size of picture
  }
}
