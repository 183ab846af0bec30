import Tensors

// Plain lists of pairs: `a.jpg b.jpg 1` on each line, separated by tabs or blanks, or by commas
// (`"smith, ann.jpg",b.jpg,0`). Paths are relative to the folder of images; 1, true or same are one person, 0,
// false or different two. A fourth field is the pair's fold, from 0 on, on each line or on none: without,
// either kind of pairs is divided into ten parts. A first line such as `first,second,same` is a heading.

extension PairList.Content {
  /// - Parameter first: the first line.
  mutating func readList(
    first: [UInt8], _ lines: inout PairLines, _ bytes: Span<UInt8>
  ) throws(Failure) {
    var listed: [ListedPair] = []
    var next: [UInt8]? = first, isFirst = true
    while let line = next {
      let fields = try listFields(line, line: lines.number)
      if !isFirst || !isHeading(fields) {
        try listed.add(try ListedPair(fields, &photos, line: lines.number))
      }
      guard (listed.first?.fold == nil) == (listed.last?.fold == nil) else {
        throw .badData("pairs: line \(lines.number) differs; expected a fold on each line, or on none")
      }
      isFirst = false
      next = try lines.next(in: bytes)
    }
    guard let one = listed.first else {
      throw .badData(
        "pairs: line 1 is a heading, and no pair follows; expected PHOTO PHOTO 1, or 0 for two people")
    }
    let counts = [true, false].map { kind in listed.count { $0.isSame == kind } }
    if one.fold == nil { folds = max(1, min(10, counts[0], counts[1])) }
    var places = [0, 0]
    for pair in listed {
      let kind = pair.isSame ? 0 : 1, fold = pair.fold ?? places[kind] * folds / max(counts[kind], 1)
      folds = max(folds, fold + 1)
      try pairs.add(
        PairList.Pair(first: pair.first, second: pair.second, isSame: pair.isSame, fold: fold))
      places[kind] += 1
    }
  }
}

private struct ListedPair {
  let first, second: Int
  let isSame: Bool
  let fold: Int?

  init(_ fields: [[UInt8]], _ photos: inout PairList.Photos, line: Int) throws(Failure) {
    guard fields.count == 3 || fields.count == 4 else {
      throw .badData(
        "pairs: line \(line) has \(fields.count) fields; expected PHOTO PHOTO 1, or 0 for two people, and a fold if any"
      )
    }
    guard let isSame = label(fields[2]) else {
      throw .badData(
        "pairs: line \(line) has \"\(shown(fields[2]))\"; expected 1 for one person or 0 for two")
    }
    for path in fields.prefix(2) { try checkPath(path, line: line) }
    guard fields[0] != fields[1] else {
      throw .badData("pairs: line \(line) has \"\(shown(fields[0]))\" twice; expected two photos")
    }
    (first, second) = (try photos.number(of: fields[0]), try photos.number(of: fields[1]))
    self.isSame = isSame
    guard fields.count == 4 else {
      fold = nil
      return
    }
    guard let number = Int(String(decoding: fields[3], as: UTF8.self)), (0..<1 << 16).contains(number) else {
      throw .badData("pairs: line \(line) has fold \"\(shown(fields[3]))\"; expected 0 to 65535")
    }
    fold = number
  }
}

/// Whether a first line names its columns: "same" may be the name of one, too.
private func isHeading(_ fields: [[UInt8]]) -> Bool {
  (3...4).contains(fields.count) && !fields.prefix(2).contains { $0.contains(UInt8(ascii: ".")) }
    && (label(fields[2]) == nil || fields[2].elementsEqual("same".utf8))
}

private func label(_ field: [UInt8]) -> Bool? {
  switch String(decoding: field, as: UTF8.self).lowercased() {
  case "1", "true", "same": true
  case "0", "false", "different": false
  default: nil
  }
}

/// A path that does not lead out of the folder of images.
private func checkPath(_ path: [UInt8], line: Int) throws(Failure) {
  guard !path.isEmpty, path.count < 4096, path.allSatisfy({ $0 >= 0x20 }) else {
    throw .badData(
      "pairs: line \(line) has a path of \(path.count) bytes; expected 1 to 4095, none a control character")
  }
  let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
  guard !(parts[0].isEmpty || parts.contains { $0.elementsEqual("..".utf8) }) else {
    throw .badData(
      "pairs: line \(line) has \"\(shown(path))\"; expected a path below the folder of images")
  }
}

/// The fields of a line: between commas if it has any, where quotes protect commas and two quotes are one.
private func listFields(_ line: [UInt8], line number: Int) throws(Failure) -> [[UInt8]] {
  let comma = UInt8(ascii: ","), quote = UInt8(ascii: "\"")
  guard line.contains(comma) else { return line.split { isBlank($0) }.map { Array($0) } }
  var fields: [[UInt8]] = [], field: [UInt8] = [], isQuoted = false, place = 0
  while place < line.count {
    let byte = line[place]
    place += 1
    switch byte {
    case quote where isQuoted && place < line.count && line[place] == quote:
      field.append(quote)
      place += 1
    case quote where isQuoted || field.allSatisfy({ isBlank($0) }):
      isQuoted.toggle()
    case comma where !isQuoted:
      fields.append(trimmed(field))
      field = []
    default: field.append(byte)
    }
  }
  guard !isQuoted else { throw .badData("pairs: line \(number) ends inside quotes; expected them closed") }
  return fields + [trimmed(field)]
}

private func trimmed(_ field: [UInt8]) -> [UInt8] {
  let start = field.firstIndex { !isBlank($0) } ?? field.endIndex
  let end = field.lastIndex { !isBlank($0) } ?? start
  return start < field.endIndex ? Array(field[start...end]) : []
}
