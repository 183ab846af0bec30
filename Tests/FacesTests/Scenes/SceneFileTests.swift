import Faces
import Networks
import TestSupport
import Tensors
import Testing

@Suite struct SceneFileTests {
  private func read(_ text: String) throws(Failure) -> [(name: String, faces: [FaceTarget])] {
    try SceneFile.read(parsing: Storage(copying: Array(text.utf8)))
  }

  @Test func `reads boxes, points and faces to be ignored, photo by photo`() throws {
    let scenes = try read(
      """
      {"b.jpg": [[1, 2, 3.5, 4e1], [0, 0, 10, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
       "a/c.png": [{"box": [-1, 0, 4, 5], "ignore": 1},
                   {"landmarks": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]], "box": [0, 0, 9, 9], "ignore": 0}],
       "none.jpg": []}
      """)
    #expect(scenes.map(\.name) == ["b.jpg", "a/c.png", "none.jpg"])
    let points = (1...10).map { Float($0) }
    #expect(
      scenes[0].faces == [
        FaceTarget(left: 1, top: 2, right: 3.5, bottom: 40),
        FaceTarget(left: 0, top: 0, right: 10, bottom: 20, points: points)
      ])
    #expect(
      scenes[1].faces == [
        FaceTarget(left: -1, top: 0, right: 4, bottom: 5, isIgnored: true),
        FaceTarget(left: 0, top: 0, right: 9, bottom: 9, points: points)
      ])
    #expect(scenes[2].faces.isEmpty)
  }

  @Test(arguments: [
    ("[]", "labels: no object; expected {\"photo\": [[left, top, right, bottom], ...], ...}"),
    ("{\"a\": 3}", "labels: a has no list of faces"),
    ("{\"a\": [[1, 2, 3]]}", "labels: a has a face of 3 numbers; expected 4 or 14"),
    ("{\"a\": [3]}", "labels: a has a face that is neither a list nor an object"),
    ("{\"a\": [[1, 2, 3, \"4\"]]}", "labels: a has something else than a number"),
    ("{\"a\": [[1, 2, 3, 1e99]]}", "labels: a has something else than a number"),
    (
      "{\"a\": [[5, 2, 3, 4]]}",
      "labels: a: the box 5.0, 2.0, 3.0, 4.0; expected left < right and top < bottom, within a million"
    ),
    ("{\"a\": [{}]}", "labels: a has a face of 0 and 0 numbers; expected 4, and 0 or 10"),
    (
      "{\"a\": [{\"box\": [1, 2, 3, 4], \"ignore\": 2}]}",
      "labels: a has a member \"ignore\" that is not as expected"
    ),
    ("{\"a\": [{\"box\": [1, 2, 3, 4], \"landmarks\": [[1]]}]}", "labels: a has a point that is not [x, y]"),
    ("{\"../a\": []}", "labels: the path \"../a\"; expected one below the folder of photos"),
    ("{\"/a\": []}", "labels: the path \"/a\"; expected one below the folder of photos"),
    ("{\"a\": [", "labels ends at byte 7; expected an object, a list, a text or a number")
  ])
  func `names what is wrong`(text: String, reason: String) {
    #expect(outcome { try read(text) } == "badData: " + reason)
  }
}
