import Images
import Styles
import TestSupport
import Testing

@Suite struct FlowWarpTests {
  private let width = 12, height = 8

  private func moved(
    _ dx: Float, _ dy: Float, back: (Float, Float)? = nil, change: (inout [Float]) -> Void = { _ in }
  ) throws -> (frame: Image, mask: Image, old: Image) {
    func flow(_ dx: Float, _ dy: Float) -> [Float] { (0..<(width * height)).flatMap { _ in [dx, dy] } }
    var there = flow(dx, dy)
    change(&there)
    let old = try SmallVGG.picture(width, height), returning = back.map { flow($0.0, $0.1) } ?? []
    return try there.withUnsafeBufferPointer { there in
      try returning.withUnsafeBufferPointer { returning in
        let moved = try old.moved(
          by: Flow(there, width: width, height: height),
          back: back == nil ? nil : Flow(returning, width: width, height: height))
        return (moved.frame, moved.mask, old)
      }
    }
  }

  @Test func `whole steps move pixels, and what comes from outside is not known`() throws {
    let (frame, mask, old) = try moved(2, -1)
    for y in 0..<height {
      for x in 0..<width {
        let isInside = x + 2 < width && y - 1 >= 0
        #expect(mask.row(y)[3 * x] == (isInside ? 255 : 0))
        #expect(frame.row(y)[3 * x] == (isInside ? old.row(y - 1)[3 * (x + 2)] : old.row(y)[3 * x]))
      }
    }
  }

  @Test func `half steps are means of neighbours`() throws {
    let (frame, _, old) = try moved(0.5, 0)
    let mean = (Double(old.row(3)[15]) + Double(old.row(3)[18])) / 2
    #expect(abs(Double(frame.row(3)[15]) - mean) <= 0.5)
  }

  @Test func `where the flow back does not agree something was hidden`() throws {
    #expect(try moved(2, 0, back: (-2, 0)).mask.row(4)[3 * 5] == 255)
    #expect(try moved(2, 0, back: (1, 0)).mask.row(4)[3 * 5] == 0)
  }

  @Test func `edges of the flow are not known`() throws {
    let mask = try moved(0, 0) { flow in for y in 0..<8 { for x in 6..<12 { flow[2 * (y * 12 + x)] = -3 } } }
      .mask
    #expect(mask.row(4)[3 * 5] == 0 && mask.row(4)[3 * 2] == 255 && mask.row(4)[3 * 8] == 255)
  }

  @Test(arguments: [Float.nan, .infinity, 1e30, -1e30])
  func `a flow that is none moves nothing`(value: Float) throws {
    let (frame, mask, old) = try moved(value, 0)
    #expect(try bytes(frame) == bytes(old) && mask.row(0).allSatisfy { $0 == 0 })
  }

  private func bytes(_ image: Image) throws -> [UInt8] { Array(image.pixels.buffer) }
}
