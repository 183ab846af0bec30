import Tensors

/// Labelled pairs of photos in folds. A file has the form of Labeled Faces in the Wild (`LFWPairs.swift`), or
/// is a plain list (`ListedPairs.swift`); the first line decides.
package final class PairList: @unchecked Sendable {
  package struct Pair: Equatable {
    /// Indices into `photos`.
    package let first, second: Int
    package let isSame: Bool
    package let fold: Int
  }

  package let pairs: [Pair]
  package let folds: Int
  /// The offset of each photo's path in `paths`.
  package let starts: [Int]
  /// "NAME/NAME_0001.jpg", relative to the folder of images, and a zero byte for each photo: each once, in
  /// order of appearance. Valid in C for as long as the list lives.
  package let paths: Storage<UInt8>

  package convenience init(path: String) throws(Failure) {
    try self.init(try readText(path) { text throws(Failure) in try Content(text.span) })
  }

  /// - Throws: `.badData` naming the line.
  package convenience init(parsing bytes: Span<UInt8>) throws(Failure) {
    try self.init(try Content(bytes))
  }

  private init(_ content: Content) throws(Failure) {
    (pairs, folds, starts) = (content.pairs, content.folds, content.photos.starts)
    paths = try Storage(copying: content.photos.text)
  }

  package var photos: Int { starts.count }

  /// What a file says.
  struct Content {
    var pairs: [Pair] = []
    var folds = 1
    var photos = Photos()

    /// - Throws: `.badData` naming the line.
    init(_ bytes: Span<UInt8>) throws(Failure) {
      var lines = PairLines(position: markLength(bytes))
      guard let first = try lines.next(in: bytes) else {
        throw .badData("pairs: no line 1; expected pairs of photos")
      }
      let fields = first.split { isBlank($0) }
      let isCount = fields.allSatisfy { $0.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }
      if fields.count <= 2, isCount {
        try readLFW(header: fields, &lines, bytes)
      } else {
        try readList(first: first, &lines, bytes)
      }
    }
  }

  /// The photos' paths, each once.
  struct Photos {
    private(set) var text: [UInt8] = []
    private(set) var starts: [Int] = []
    private var numbers: [[UInt8]: Int] = [:]

    /// The number of a path.
    /// - Throws: `.noMemory`.
    mutating func number(of path: [UInt8]) throws(Failure) -> Int {
      if let known = numbers[path] { return known }
      try numbers.makeRoom()
      numbers[path] = starts.count
      try starts.add(text.count)
      try text.makeRoom(for: path.count + 1)
      text += path
      text.append(0)
      return starts.count - 1
    }
  }
}

/// The lines of a text that are not blank.
struct PairLines {
  private var position: Int
  /// The number of the last line; the first is 1.
  private(set) var number = 0

  init(position: Int) { self.position = position }

  /// - Parameter bytes: the whole text.
  /// - Throws: `.noMemory`.
  mutating func next(in bytes: Span<UInt8>) throws(Failure) -> [UInt8]? {
    while position < bytes.count {
      var end = position
      while end < bytes.count, bytes[end] != 0x0A { end += 1 }
      // For the line, its fields, and what is kept of them.
      try Memory.expect(8 * (end - position))
      var line = (position..<end).map { bytes[$0] }
      if line.last == 0x0D { line.removeLast() }
      position = end + 1
      number += 1
      if !line.allSatisfy({ isBlank($0) }) { return line }
    }
    return nil
  }
}

func shown(_ field: some Collection<UInt8>) -> String { String(decoding: field.prefix(40), as: UTF8.self) }
