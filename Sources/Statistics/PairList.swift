import Tensors

/// Labelled pairs of photos in folds, as `pairs.txt` of Labeled Faces in the Wild lists them.
///
/// The first line is `folds size`, or `size` for one fold. Each fold has `size` pairs of one person, then
/// `size` of two: `NAME i j` means photos i and j of NAME, `NAME i OTHER j` photos of two people. Photo i of
/// NAME is the file `NAME/NAME_000i.jpg`. Fields are separated by tabs or blanks.
///
/// Source: Huang, Ramesh, Berg, Learned-Miller, "Labeled Faces in the Wild", 2007, README of the data set.
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
    self.init(try readText(path) { text throws(Failure) in try Content(text.span) })
  }

  /// - Throws: `.badData` naming the line.
  package convenience init(parsing bytes: Span<UInt8>) throws(Failure) {
    self.init(try Content(bytes))
  }

  private init(_ content: Content) {
    (pairs, folds) = (content.pairs, content.folds)
    (starts, paths) = (content.starts, content.paths)
  }

  package var photos: Int { starts.count }
}

/// The contents of a list's text.
private struct Content {
  let pairs: [PairList.Pair]
  let folds: Int
  let starts: [Int]
  let paths: Storage<UInt8>

  init(_ bytes: Span<UInt8>) throws(Failure) {
    var reader = LineReader(position: markLength(bytes))
    let header = reader.next(in: bytes) ?? []
    guard (1...2).contains(header.count) else {
      throw .badData(
        "pairs: line 1 has \(header.count) fields; expected the number of folds and of pairs in each")
    }
    var sizes: [Int] = []
    for field in header { sizes.append(try wholeNumber(field, line: 1, upTo: 10_000_000)) }
    let folds = sizes.count == 2 ? sizes[0] : 1
    let size = sizes[sizes.count - 1]
    let expected = 2 * folds * size  // at most 2 * 10^14
    // The shortest pair has 6 bytes: rejects a header that promises more than the file can hold before the
    // work.
    guard expected <= bytes.count / 6 + 1 else {
      throw .badData(
        "pairs: line 1 promises \(expected) pairs; expected no more than \(bytes.count) bytes can hold")
    }
    var text: [UInt8] = []
    var starts: [Int] = []
    var pairs: [PairList.Pair] = []
    var numbers: [[UInt8]: Int] = [:]
    func photo(_ name: ArraySlice<UInt8>, _ number: Int) -> Int {
      let path = photoPath(name, number)
      if let known = numbers[path] { return known }
      numbers[path] = starts.count
      starts.append(text.count)
      text += path
      text.append(0)
      return starts.count - 1
    }
    while let fields = reader.next(in: bytes) {
      let line = reader.line
      guard pairs.count < expected else {
        throw .badData("pairs: line \(line) is one too many; expected \(expected) pairs, as line 1 promises")
      }
      guard fields.count == 3 || fields.count == 4 else {
        throw .badData("pairs: line \(line) has \(fields.count) fields; expected NAME i j or NAME i OTHER j")
      }
      let isSame = fields.count == 3, wantsSame = pairs.count / size % 2 == 0
      guard isSame == wantsSame else {
        throw .badData(
          "pairs: line \(line) has \(fields.count) fields; expected \(wantsSame ? 3 : 4): each fold has \(size) pairs of one person, then \(size) of two"
        )
      }
      let name = try checkedName(fields[0], line: line)
      let other = isSame ? name : try checkedName(fields[2], line: line)
      let i = try wholeNumber(fields[1], line: line, upTo: 999_999)
      let j = try wholeNumber(fields[fields.count - 1], line: line, upTo: 999_999)
      guard isSame || !name.elementsEqual(other) else {
        throw .badData("pairs: line \(line) names one person twice; expected two people")
      }
      guard !isSame || i != j else {
        throw .badData("pairs: line \(line) has photo \(i) twice; expected two photos")
      }
      pairs.append(
        PairList.Pair(
          first: photo(name, i), second: photo(other, j), isSame: isSame, fold: pairs.count / (2 * size)))
    }
    guard pairs.count == expected else {
      throw .badData(
        "pairs: ends at line \(reader.line) with \(pairs.count) pairs; expected \(expected), as line 1 promises"
      )
    }
    paths = try Storage(copying: text)
    self.folds = folds
    self.pairs = pairs
    self.starts = starts
  }
}

/// "NAME/NAME_0001.jpg"
private func photoPath(_ name: ArraySlice<UInt8>, _ number: Int) -> [UInt8] {
  var digits = Array("\(number)".utf8)
  while digits.count < 4 { digits.insert(UInt8(ascii: "0"), at: 0) }
  return Array(name) + [UInt8(ascii: "/")] + Array(name) + [UInt8(ascii: "_")] + digits + Array(".jpg".utf8)
}

/// A name that does not lead out of the folder of images.
private func checkedName(_ name: ArraySlice<UInt8>, line: Int) throws(Failure) -> ArraySlice<UInt8> {
  guard name.count <= 200 else {
    throw .badData("pairs: line \(line) has a name of \(name.count) bytes; expected at most 200")
  }
  for byte in name where byte == UInt8(ascii: "/") || byte < 0x20 {
    throw .badData(
      "pairs: line \(line) has a name with byte \(byte); expected neither / nor control characters")
  }
  guard name.first != UInt8(ascii: ".") else {
    throw .badData("pairs: line \(line) has a name that begins with a point")
  }
  return name
}

/// 1 to `limit`.
private func wholeNumber(_ field: ArraySlice<UInt8>, line: Int, upTo limit: Int) throws(Failure) -> Int {
  var value = 0
  for byte in field {
    guard byte >= 0x30, byte <= 0x39, value <= limit else { value = -1; break }
    value = value * 10 + Int(byte - 0x30)
  }
  guard value >= 1, value <= limit else {
    throw .badData(
      "pairs: line \(line) has \"\(String(decoding: field.prefix(20), as: UTF8.self))\"; expected a number from 1 to \(limit)"
    )
  }
  return value
}

/// The fields of each line, skipping blank lines.
private struct LineReader {
  private var position: Int
  /// The line of the last fields; the first is 1.
  private(set) var line = 0

  init(position: Int) { self.position = position }

  /// - Parameter bytes: the whole text.
  mutating func next(in bytes: Span<UInt8>) -> [ArraySlice<UInt8>]? {
    while position < bytes.count {
      var end = position
      while end < bytes.count, bytes[end] != 0x0A { end += 1 }
      let text = (position..<end).map { bytes[$0] }
      let fields = text.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      position = end + 1
      line += 1
      if !fields.isEmpty { return fields }
    }
    return nil
  }
}
