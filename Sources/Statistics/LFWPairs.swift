import Tensors

// The pairs of Labeled Faces in the Wild: `pairs.txt`, and other files in its form.
//
// The first line is `folds size`, or `size` for one fold. Each fold has `size` pairs of one person, then
// `size` of two: `NAME i j` means photos i and j of NAME, `NAME i OTHER j` photos of two people. Photo i of
// NAME is the file `NAME/NAME_000i.jpg`. Fields are separated by tabs or blanks.
//
// Source: Huang, Ramesh, Berg, Learned-Miller, "Labeled Faces in the Wild", 2007, README of the data set.

extension PairList.Content {
  /// - Parameter header: the fields of the first line, digits.
  mutating func readLFW(
    header: [ArraySlice<UInt8>], _ lines: inout PairLines, _ bytes: Span<UInt8>
  ) throws(Failure) {
    var sizes: [Int] = []
    for field in header { sizes.append(try wholeNumber(field, line: lines.number, upTo: 10_000_000)) }
    folds = sizes.count == 2 ? sizes[0] : 1
    let size = sizes[sizes.count - 1]
    let expected = 2 * folds * size  // at most 2 * 10^14
    // The shortest pair has 6 bytes: rejects a header that promises more than the file can hold before the
    // work.
    guard expected <= bytes.count / 6 + 1 else {
      throw .badData(
        "pairs: line 1 promises \(expected) pairs; expected no more than \(bytes.count) bytes can hold")
    }
    while let text = try lines.next(in: bytes) {
      let line = lines.number, fields = text.split { isBlank($0) }
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
      try pairs.add(
        PairList.Pair(
          first: try photos.number(of: photoPath(name, i)),
          second: try photos.number(of: photoPath(other, j)),
          isSame: isSame, fold: pairs.count / (2 * size)))
    }
    guard pairs.count == expected else {
      throw .badData(
        "pairs: ends at line \(lines.number) with \(pairs.count) pairs; expected \(expected), as line 1 promises"
      )
    }
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
      "pairs: line \(line) has \"\(shown(field))\"; expected a number from 1 to \(limit)"
    )
  }
  return value
}
