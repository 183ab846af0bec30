import CSystem
import Faces
import Foundation
import Images
import TestSupport
import Tensors
import Testing

@Suite struct PhotoSetTests {
  @Test func `a folder of people is read in the order of its names`() throws {
    let folder = try TemporaryFolder()
    for name in ["Bob/2.png", "Bob/10.PNG", "Ann/x.jpeg", "Zoë/1.JPG", "a/1.jpg"] {
      try folder.write(name, [0])
    }
    let set = try PhotoSet(peopleIn: folder.path)
    #expect(set.people == ["Ann", "Bob", "Zoë", "a"])
    #expect(set.photos.map(\.name) == ["Ann/x.jpeg", "Bob/10.PNG", "Bob/2.png", "Zoë/1.JPG", "a/1.jpg"])
    #expect(set.photos.map(\.person) == [0, 1, 1, 2, 3])
    #expect(set.photos[0].path == folder.path + "/Ann/x.jpeg")
    #expect(set.leftOut.isEmpty)
  }

  @Test func `what is no photo is reported, links are not followed`() throws {
    let folder = try TemporaryFolder()
    try folder.write("Ann/1.jpg", [0])
    try folder.write("Ann/notes.txt", [0])
    try folder.write("Ann/deep/2.jpg", [0])
    try folder.write("readme.md", [0])
    try folder.write("Ann/.hidden", [0])
    try FileManager.default.createDirectory(atPath: folder.path + "/Empty", withIntermediateDirectories: true)
    #expect(symlink("..", folder.path + "/Ann/loop.jpg") == 0)
    #expect(symlink(".", folder.path + "/circle") == 0)
    #expect(symlink("/etc/passwd", folder.path + "/Ann/secret.png") == 0)
    #expect(mkfifo(folder.path + "/Ann/pipe.jpg", 0o600) == 0)
    let set = try PhotoSet(peopleIn: folder.path)
    #expect(set.photos.map(\.name) == ["Ann/1.jpg"])
    let reasons = set.leftOut.map { String($0.path.dropFirst(folder.path.count + 1)) + ": " + $0.reason }
    #expect(
      reasons == [
        "Ann/deep: a folder; expected a photo",
        "Ann/loop.jpg: a link, which is not followed; expected a photo",
        "Ann/notes.txt: \(FileFormat.endingExpected)",
        "Ann/pipe.jpg: neither a file nor a folder; expected a photo",
        "Ann/secret.png: a link, which is not followed; expected a photo",
        "Empty: a folder without photos",
        "circle: a link, which is not followed; expected a person's folder",
        "readme.md: a file; expected a person's folder"
      ])
  }

  @Test func `names are any bytes, and in their order`() throws {
    let folder = try TemporaryFolder()
    try folder.write("Ann/1.jpg", [0])
    try folder.write("Ann/\u{e9}.jpg", [0])  // C3 A9
    let path = Array((folder.path + "/Ann/").utf8) + [0xC2, 0x41] + Array(".jpg".utf8) + [0]
    let file = path.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { systemCreate($0) } ?? -1 }
    }
    try #require(file >= 0)
    #expect(write(file, "x", 1) == 1)
    close(file)
    let set = try PhotoSet(peopleIn: folder.path)
    try #require(set.photos.count == 3 && set.leftOut.isEmpty)
    #expect(set.photos.map { shown($0.name) } == ["Ann/1.jpg", "Ann/\u{fffd}A.jpg", "Ann/\u{e9}.jpg"])
    let bytes = try readFile(set.photos[1].path, limit: 10)
    #expect(bytes.values == [UInt8(ascii: "x")])
    // A list names it by its bytes.
    let list = Array("Ann/1.jpg Ann/".utf8) + [0xC2, 0x41] + Array(".jpg 1".utf8)
    let pairs = try PhotoList.pairs(parsing: list.span)
    #expect(pairs.map(\.second) == [set.photos[1].name])
  }

  @Test func `a folder that is none is refused with the system's reason`() throws {
    let folder = try TemporaryFolder()
    try folder.write("file", [0])
    #expect(
      outcome { try PhotoSet(peopleIn: folder.path + "/gone") }
        == "io: \(folder.path)/gone: No such file or directory")
    #expect(
      outcome { try PhotoSet(photosIn: folder.path + "/file") } == "io: \(folder.path)/file: Not a directory")
  }

  @Test func `a flat folder has photos of nobody, and landmarks by name`() throws {
    let folder = try TemporaryFolder()
    try folder.write("b.jpg", [0])
    try folder.write("a.jpg", [0])
    var set = try PhotoSet(photosIn: folder.path)
    #expect(set.photos.map(\.name) == ["a.jpg", "b.jpg"])
    #expect(set.photos.allSatisfy { $0.person == nil && $0.landmarks == nil } && set.people.isEmpty)
    let json = Array("{\"b.jpg\": [[1.5, 2], [3, 4], [5, 6], [7, 8], [9, 10.25]]}".utf8)
    set.setLandmarks(from: try LandmarkFile(parsing: Storage(copying: json)))
    #expect(set.photos[0].landmarks == nil)
    #expect(
      set.photos[1].landmarks == [Point(1.5, 2), Point(3, 4), Point(5, 6), Point(7, 8), Point(9, 10.25)])
    #expect(outcome { try set.setLandmarks([Point(0, 0)]) }.hasPrefix("invalidArgument: 1 landmarks"))
  }

  @Test func `a folder of strangers has a person for each photo`() throws {
    let folder = try TemporaryFolder()
    for name in ["b.jpg", "a.jpg"] { try folder.write(name, [0]) }
    let set = try PhotoSet(strangersIn: folder.path)
    #expect(set.photos.map(\.person) == [0, 1] && set.people == ["a.jpg", "b.jpg"])
    #expect(set.people(1..<2).photos.map(\.name) == ["b.jpg"])
  }

  @Test func `sets are put together and cut by people`() throws {
    let first = try peopleFolder(3, photos: 2, side: 20), second = try peopleFolder(2, photos: 1, side: 20)
    var set = try PhotoSet(peopleIn: first.path)
    set.append(try PhotoSet(peopleIn: second.path))
    #expect(set.people == ["p0", "p1", "p2", "p0", "p1"])
    #expect(set.photos.map(\.person) == [0, 0, 1, 1, 2, 2, 3, 4])
    let part = set.people(2..<9)
    #expect(part.people == ["p2", "p0", "p1"])
    #expect(part.photos.map(\.person) == [0, 0, 1, 2])
  }
}

@Suite struct PhotoListTests {
  private func pairs(_ text: String) throws -> [PhotoList.Pair] {
    try PhotoList.pairs(parsing: Array(text.utf8).span)
  }

  private func triplets(_ text: String) throws -> [PhotoList.Triplet] {
    try PhotoList.triplets(parsing: Array(text.utf8).span)
  }

  @Test func `pairs and triplets are read, comments and empty lines passed over`() throws {
    let pairs = try pairs("# one person?\nAnn/1.jpg   Ann/2.jpg 1\r\n\nAnn Lee/1.jpg\tBob/1.jpg\t0")
    #expect(
      pairs.map(\.first) == ["Ann/1.jpg", "Ann Lee/1.jpg"]
        && pairs.map(\.second) == ["Ann/2.jpg", "Bob/1.jpg"])
    #expect(pairs.map(\.isSame) == [true, false])
    let triplet = try #require(try triplets("a.jpg b.jpg c.jpg\n").first)
    #expect([triplet.anchor, triplet.positive, triplet.negative] == ["a.jpg", "b.jpg", "c.jpg"])
    #expect(try self.pairs("").isEmpty && triplets("\n\n#x").isEmpty)
  }

  @Test(arguments: [
    ("a b 1\nx", "line 2 has 1 fields"), ("a b 2", "line 1 ends in \"2\""), ("a a 1", "line 1 has a twice"),
    ("/etc/a b 0", "below the folder"), ("x/../../a b 0", "without .."), ("a\u{1} b 1", "byte 1 in a path"),
    ("a b 1 c", "line 1 has 4 fields"), (String(repeating: "a", count: 5000) + " b 1", "a path of 5000 bytes")
  ])
  func `hostile lines are refused by number`(text: String, reason: String) {
    let seen = outcome { try pairs(text) }
    #expect(seen.hasPrefix("badData: pairs: line") && seen.contains(reason), "\(seen)")
  }

  @Test func `a byte-order mark is no part of the first line`() throws {
    #expect(try pairs("\u{feff}a b 1\n").map(\.first) == ["a"])
    #expect(try triplets("\u{feff}# photos\r\na b c\r\n\r\n").map(\.negative) == ["c"])
    #expect(try pairs("\u{feff}").isEmpty)
  }

  @Test func `triplets want three photos`() {
    #expect(
      outcome { try triplets("a b a") }
        == "badData: triplets: line 1 has one photo twice; expected three photos")
  }

  @Test func `lists become numbers of photos`() throws {
    let folder = try peopleFolder(2, photos: 2, side: 20)
    let photos = try PhotoSet(peopleIn: folder.path).photos
    let numbers = try PhotoSet.numbers(photos, of: pairs("p0/0.png p0/1.png 1\np1/0.png p0/0.png 0"))
    #expect(numbers.map { [$0.first, $0.second, $0.isSame ? 1 : 0] } == [[0, 1, 1], [2, 0, 0]])
    #expect(
      outcome { try PhotoSet.numbers(photos, of: triplets("p0/0.png p0/1.png p9/1.png")) }
        == "notFound: no photo \"p9/1.png\" to learn from")
  }
}
