import TestSupport
import Tensors
import Testing

@Suite struct ShapeTests {
  @Test func `counts the elements of its extents`() throws {
    #expect(try Shape([2, 3, 5, 7]).count == 210)
    #expect(try Shape([]).count == 1)  // a single number
    #expect(try Shape([4, 0, 3]).count == 0)
    #expect(try Shape([2, 3, 5, 7]).rank == 4)
    #expect(try Shape([2, 3, 5, 7])[3] == 7)
  }

  @Test func `reads as a list`() throws {
    #expect(try Shape([1, 300, 400, 64]).description == "[1, 300, 400, 64]")
    #expect(try Shape([]).description == "[]")
  }

  @Test func `refuses a negative extent by name`() {
    #expect(outcome { try Shape([2, -3]) } == "invalidArgument: extent -3 of a shape is negative")
    #expect(outcome { try Shape([Int.min]) }.hasPrefix("invalidArgument"))
    #expect(outcome { try Shape([0, -1]) }.hasPrefix("invalidArgument"))
  }

  @Test(arguments: [[Int.max, 2], [1 << 32, 1 << 31], [1 << 21, 1 << 21, 1 << 21], [3, Int.max / 2, 1]])
  func `refuses a product beyond Int`(extents: [Int]) {
    #expect(outcome { try Shape(extents) }.hasPrefix("invalidArgument: a shape of more than"))
  }

  @Test func `takes the largest product that fits`() throws {
    #expect(try Shape([Int.max]).count == Int.max)
    #expect(try Shape([1 << 31, 1 << 31]).count == 1 << 62)
  }
}
