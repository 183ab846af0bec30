import Faces
import Images
import Tensors
import TestSupport
import Testing

private func landmarks(_ text: String) throws -> LandmarkFile {
  let bytes = Array(text.utf8)
  return try LandmarkFile(parsing: Storage(copying: bytes))
}

@Suite struct LandmarkFileTests {
  @Test func `a byte-order mark is no part of the file`() throws {
    #expect(
      try landmarks("\u{feff}{\"a.jpg\": [[0, 0], [1, 1], [2, 2], [3, 3], [4, 4]]}\r\n").known("a.jpg")?
        .landmarks.count == 5)
  }

  @Test func `landmarks are found by their photo's path`() throws {
    let file = try landmarks(
      #"{"é": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10.5]], "b": {"x": "y", "landmarks": [[0, 0], [0, 0], [0, 0], [0, 0], [-1, 2]]}}"#
    )
    #expect(file.count == 2)
    #expect(try file.face(in: "\u{e9}").landmarks[4] == Point(9, 10.5))
    #expect(try file.face(in: "b").landmarks[4] == Point(-1, 2))
    #expect(outcome { try file.face(in: "e\u{301}") } == "notFound: no landmarks of \"e\u{301}\"")
    #expect(
      outcome { try landmarks(#"{"a": [1, 2]}"#) } == "badData: landmarks: a has not five points [x, y]")
    #expect(
      outcome { try landmarks("[1, ") }
        == "badData: landmarks ends at byte 4; expected an object, a list, a text or a number")
  }
}
