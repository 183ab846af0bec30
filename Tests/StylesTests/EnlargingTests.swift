import Images
import Styles
import TestSupport
import Tensors
import Testing

@Suite struct EnlargingTests {
  @Test func `a plane stays the same plane away from the edges`() throws {
    func plane(_ y: Float, _ x: Float, _ c: Int) -> Float { 3 * y + 2 * x + Float(c) }
    var numbers: [Float] = []
    for y in 0..<8 { for x in 0..<10 { for c in 0..<3 { numbers.append(plane(Float(y), Float(x), c)) } } }
    let picture = try Tensor<Float>([8, 10, 3], numbers)
    let larger = try enlarged(picture, height: 16, width: 20)
    for y in 4..<12 {
      for x in 4..<16 {
        for c in 0..<3 {
          let wanted = plane(Float(y) / 2 - 0.25, Float(x) / 2 - 0.25, c)
          #expect(abs(larger[(y * 20 + x) * 3 + c] - wanted) < Float(Tolerance.float))
        }
      }
    }
  }

  // At the edges one repeats pixels and the other gives the missing ones' weights to the rest; images are
  // rounded between rows and columns.
  @Test func `agrees with the cubic that enlarges images away from the edges, to the rounding`() throws {
    let image = try SmallVGG.picture(17, 12)
    let picture = try Tensor<Float>([12, 17, 3], Array(image.pixels.buffer).map { Float($0) })
    let mine = try enlarged(picture, height: 31, width: 40),
      theirs = try image.resized(width: 40, height: 31, filter: .bicubic)
    for y in 5..<26 {
      for i in (3 * 5)..<(3 * 35) {
        let level: Float = min(max(mine[y * 120 + i], 0), 255)
        #expect(abs(level - Float(theirs.row(y)[i])) <= 1.5)
      }
    }
  }

  @Test func `the same size is a copy, and one pixel fills any size`() throws {
    var numbers = Numbers(seed: 2)
    let picture: Tensor<Float> = try numbers.tensor([5, 4, 3])
    #expect(try enlarged(picture, height: 5, width: 4).values == picture.values)
    let dot = try Tensor<Float>([1, 1, 3], [1, 2, 3])
    #expect(try enlarged(dot, height: 2, width: 2).values == [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
  }
}
