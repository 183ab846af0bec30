import TestSupport
import Tensors
import Testing

@Suite struct FinishTests {
  @Test func `nothing leaves a sum as it is`() {
    #expect(Finish<Float>.nothing.apply(-3, column: 5) == -3)
    #expect(Finish<Float>.nothing.activation == .none)
  }

  @Test func `adds the bias of the column, then rectifies`() throws {
    let finish = try Finish<Double>(bias: [1, -4], rectify: true)
    #expect(finish.apply(-0.5, column: 0) == 0.5)
    #expect(finish.apply(3, column: 1) == 0)
    #expect(finish.apply(.nan, column: 1).isNaN)
  }

  @Test func `multiplies what is negative by the slope of the column`() throws {
    let finish = try Finish<Double>(bias: nil, slopes: [0.25, -2])
    #expect(finish.apply(-4, column: 0) == -1)
    #expect(finish.apply(-4, column: 1) == 8)
    #expect(finish.apply(4, column: 1) == 4)
    #expect(finish.slope(1) == -2)
  }

  @Test func `keeps its bias under another activation`() throws {
    let finish = try Finish<Double>(bias: [1], slopes: [0.5]).activated(.none)
    #expect(finish.apply(-3, column: 0) == -2)
  }
}
