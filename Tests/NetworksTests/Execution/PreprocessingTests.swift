import Networks
import TestSupport
import Tensors
import Testing

@Suite struct PreprocessingTests {
  /// Caffe's BGR means are 103.939, 116.779, 123.68.
  @Test func `VGG-19 takes blue first, less the mean`() throws {
    let batch = try Tensor<Float>([1, 1, 1, 3], repeating: 0)
    Architecture.vgg19.fill(batch.pointer, [10, 20, 30], height: 1, width: 1)
    let expected: [Float] = [30 - 103.939, 20 - 116.779, 10 - 123.68]
    #expect(largestDifference(batch.values, expected) < 1e-5)
  }

  @Test func `nn4.small2 takes red first, from 0 to 1`() throws {
    let batch = try Tensor<Float>([1, 1, 1, 3], repeating: 0)
    Architecture.nn4Small2().fill(batch.pointer, [0, 51, 255], height: 1, width: 1)
    #expect(largestDifference(batch.values, [0, 0.2, 1]) < 1e-6)
  }

  @Test func `dlib takes red first, less the mean, over 256`() throws {
    let batch = try Tensor<Float>([1, 1, 1, 3], repeating: 0)
    Architecture.dlibResNet.fill(batch.pointer, [255, 0, 128], height: 1, width: 1)
    let expected: [Double] = [132.218 / 256, -117.001 / 256, 23.702 / 256]
    #expect(largestDifference(batch.values, expected) < 1e-6)
  }

  @Test func `writes its picture and no other`() throws {
    let batch = try Tensor<Float>([3, 1, 2, 3], repeating: -1)
    Architecture.nn4Small2().fill(batch.pointer + 6, [255, 255, 255, 0, 0, 0], height: 1, width: 2)
    let expected: [Float] = [-1, -1, -1, -1, -1, -1, 1, 1, 1, 0, 0, 0, -1, -1, -1, -1, -1, -1]
    #expect(largestDifference(batch.values, expected) < 1e-6)
  }

  @Test(arguments: ["vgg19", "dlib-resnet", "nn4.small2"])
  func `every level comes back`(name: String) throws {
    let architecture = [Architecture.vgg19, .dlibResNet, .nn4Small2()].first { "\($0.name)" == name }
    let levels = (0..<256).flatMap { (level: Int) -> [UInt8] in
      [UInt8(level), UInt8(255 - level), UInt8(level * 7 % 256)]
    }
    let batch = try Tensor<Float>([1, 16, 16, 3])
    var back = [UInt8](repeating: 0, count: levels.count)
    try #require(architecture).fill(batch.pointer, levels, height: 16, width: 16)
    architecture?.read(batch.pointer, into: &back, height: 16, width: 16)
    #expect(back == levels)
  }

  @Test func `holds what lies outside and makes NaN black`() throws {
    let batch = try Tensor<Float>(
      [1, 1, 2, 3], [.nan, .infinity, -.infinity, 1e30, -1e30, .greatestFiniteMagnitude])
    for architecture in [Architecture.vgg19, .dlibResNet, .nn4Small2()] {
      var back = [UInt8](repeating: 7, count: 6)
      architecture.read(batch.pointer, into: &back, height: 1, width: 2)
      #expect(back == [0, 255, 0, 255, 0, 255])
    }
  }
}
