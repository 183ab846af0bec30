import Styles
import TestSupport
import Tensors
import Testing

@Suite struct PyramidPreconditionerTests {
  private func product(_ picture: Tensor<Float>, exponent: Float) throws -> Tensor<Float> {
    let height = picture.shape[0], width = picture.shape[1]
    let buffers = PyramidPreconditioner.buffers(height: height, width: width)
    let pyramid = try PyramidPreconditioner(height: height, width: width, exponent: exponent, buffers)
    let copy = try picture.copy()
    pyramid.apply(to: copy)
    return copy
  }

  private func sum(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Double {
    zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  @Test(arguments: [[1, 1], [3, 9], [4, 4], [17, 40], [33, 30]])
  func `the matrix is symmetric and positive definite`(size: [Int]) throws {
    var numbers = Numbers(seed: 5)
    for _ in 0..<4 {
      let a: Tensor<Float> = try numbers.tensor(size + [3]), b: Tensor<Float> = try numbers.tensor(size + [3])
      let left = sum(try product(a, exponent: 0.5), b), right = sum(a, try product(b, exponent: 0.5))
      let scale = sum(a, a).squareRoot() * sum(b, b).squareRoot()
      #expect(abs(left - right) < Tolerance.float * scale)
      // Its smallest factor is that of the details, 1.
      #expect(sum(a, try product(a, exponent: 0.5)) >= sum(a, a) * (1 - Tolerance.float))
    }
  }

  @Test func `nothing is changed by an exponent of 0, or where a picture has one level`() throws {
    var numbers = Numbers(seed: 6)
    let large: Tensor<Float> = try numbers.tensor([20, 31, 3])
    let flat: Tensor<Float> = try numbers.tensor([3, 90, 3])
    #expect(largestDifference(try product(large, exponent: 0).values, large.values) < Tolerance.float)
    #expect(try product(flat, exponent: 1).values == flat.values)
  }

  // 256 is halved seven times, to 2.
  @Test func `a flat picture grows by 2 to the power of its levels times the exponent`() throws {
    let flat = try Tensor<Float>([256, 256, 3], repeating: 1)
    for exponent: Float in [0.5, 1] {
      let middle = try product(flat, exponent: exponent)[3 * (128 * 256 + 128)]
      // The coarsest levels see the zeros beyond the edges.
      #expect(middle <= Float.power(2, 7 * exponent) && middle >= Float.power(2, 5 * exponent))
    }
  }

  @Test func `pixels that alternate stay as they are, away from the edges`() throws {
    let levels: [Float] = (0..<(64 * 64 * 3)).map { ($0 / 3 + $0 / 192) % 2 == 0 ? 1 : -1 }
    let board = try Tensor<Float>([64, 64, 3], levels)
    let product = try product(board, exponent: 1)
    for y in 24..<40 { #expect(abs(product[3 * (64 * y + 32)] - board[3 * (64 * y + 32)]) < 0.01) }
  }
}
