import Faces
import Testing

@Suite struct SuppressionTests {
  private let boxes = [
    Box(left: 0, top: 0, right: 10, bottom: 10),
    Box(left: 1, top: 0, right: 11, bottom: 10),  // 90 of 110 with the first
    Box(left: 4, top: 4, right: 6, bottom: 6),  // inside the first: 4 of 100, 4 of its own 4
    Box(left: 50, top: 50, right: 60, bottom: 60)
  ]

  @Test func `of two boxes that overlap the surer stays`() {
    #expect(suppress(boxes, [0.8, 0.9, 0.5, 0.4], threshold: 0.5, by: .union) == [1, 2, 3])
  }

  @Test func `by the smaller box, one inside another goes`() {
    #expect(suppress(boxes, [0.9, 0.8, 0.5, 0.4], threshold: 0.5, by: .smaller) == [0, 3])
  }

  @Test func `equal scores keep their order`() {
    #expect(suppress(boxes, [0.5, 0.5, 0.5, 0.5], threshold: 0.5, by: .union) == [0, 2, 3])
  }

  @Test func `boxes without area and an empty list are no trouble`() {
    let point = Box(left: 1, top: 1, right: 1, bottom: 1)
    #expect(suppress([point, point], [0.1, 0.2], threshold: 0.5, by: .union) == [1, 0])
    #expect(suppress([], [], threshold: 0.5, by: .union).isEmpty)
  }
}
