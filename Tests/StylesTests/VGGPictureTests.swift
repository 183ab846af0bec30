import Images
import Networks
import Styles
import TestSupport
import Tensors
import Testing

@Suite struct VGGPictureTests {
  /// The means of the published network, in its order B, G, R.
  private let means: [Float] = [103.939, 116.779, 123.68]

  private func deep(_ width: Int, _ height: Int) throws -> Image {
    let samples = try Storage<UInt16>(count: 3 * width * height)
    for i in 0..<samples.count { samples.pointer[i] = UInt16(truncatingIfNeeded: 40_503 &* (i + 1)) }
    return try Image(width: width, height: height, deep: samples)
  }

  @Test func `has B, G, R less their means`() throws {
    let image = try Image(width: 2, height: 1) { _, row in
      for (i, level) in [10, 20, 30, 255, 0, 7].enumerated() { row[i] = UInt8(level) }
    }
    let levels: [Float] = [30, 20, 10, 7, 0, 255]
    #expect(try VGGPicture(image).numbers.values == levels.indices.map { levels[$0] - means[$0 % 3] })
    #expect(try VGGPicture(bytesOf: image).numbers.values == VGGPicture(image).numbers.values)
    let channels = VGGPicture.Channels()
    for i in 0..<6 {
      #expect(channels.number(i % 3, ofPixel: i / 3, in: image.row(0)) == levels[i] - means[i % 3])
    }
  }

  @Test func `an image comes back as it was, in 8 bits and in 16`() throws {
    let image = try SmallVGG.picture(13, 7)
    let again = try VGGPicture(image).image(isDeep: false)
    #expect(again.deep == nil && again.pixels.buffer.elementsEqual(image.pixels.buffer))
    let fine = try deep(13, 7)
    let finer = try VGGPicture(fine).image(isDeep: true)
    #expect(try #require(finer.deep).buffer.elementsEqual(#require(fine.deep).buffer))
  }

  @Test func `reads 16 bits where there are so many, 8 where only these are asked for`() throws {
    let image = try deep(3, 2), samples = try #require(image.deep).buffer
    let fine = try VGGPicture(image).numbers, coarse = try VGGPicture(bytesOf: image).numbers
    for i in 0..<fine.count {
      let place = i - i % 3 + 2 - i % 3
      #expect(fine[i] == Float(samples[place]) / 257 - means[i % 3])
      #expect(coarse[i] == Float(image.pixels.buffer[place]) - means[i % 3])
    }
  }

  @Test func `levels out of range are held within it when it is read`() throws {
    let numbers: [Float] = [-1000, 1000, .nan, 255 - 103.939, 0.6 - 116.779, -0.4 - 123.68]
    let image = try VGGPicture(Tensor([1, 2, 3], numbers)).image(isDeep: false)
    #expect(Array(image.pixels.buffer) == [0, 255, 0, 0, 1, 255])
    let fine = try VGGPicture(Tensor([1, 2, 3], numbers)).image(isDeep: true)
    #expect(try Array(#require(fine.deep).buffer) == [0, 65535, 0, 0, 154, 65535])
  }

  @Test func `clamps the pixels that it is told to, and no others`() throws {
    let picture = VGGPicture(try Tensor([1, 3, 3], [-999, 999, 0, -999, 999, 0, -999, 999, 0]))
    picture.clampToLevels(1..<2)
    #expect(
      picture.numbers.values == [-999, 999, 0, -means[0], 255 - means[1], 0, -999, 999, 0])
  }

  @Test func `slopes by the levels of R, G, B are those by its numbers in the other order`() {
    var target = [Float](repeating: 0, count: 6)
    VGGPicture.writeByLevels([1, 2, 3, 4, 5, 6], pixels: 2, to: &target)
    #expect(target == [3, 2, 1, 6, 5, 4])
  }

  @Test func `levels enter on a tape as an image does, and slopes come back in their order`() throws {
    let image = try SmallVGG.picture(5, 4), tape = Tape<Float>()
    let levels = tape.leaf(
      try Tensor([1, 4, 5, 3], Array(image.pixels.buffer).map { Float($0) }))
    let entered = try VGGPicture.entered(levels, on: tape)
    let expected = try VGGPicture(image).numbers
    for i in 0..<expected.count { #expect(abs(entered.tensor[i] - expected[i]) <= Float(Tolerance.float)) }
    // Half the square of one pixel's B: its slope by the level of B is the number itself.
    let blue = try tape.squaredDistance(
      entered, to: Tensor([1, 4, 5, 3], entered.tensor.values.enumerated().map { $0 == 0 ? 0 : $1 }),
      factor: 0.5)
    let slopes = try tape.gradients(of: blue, at: [levels])[0]
    #expect(abs(slopes[2] - expected[0]) <= Float(Tolerance.float) && slopes[0] == 0 && slopes[1] == 0)
  }
}
