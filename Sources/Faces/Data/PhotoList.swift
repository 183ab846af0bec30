import Tensors

/// Pairs or triplets of training photos, in a text file, one per line:
///
///     Ann/1.jpg    Ann/2.jpg    1        two photos and 1 (one person) or 0 (two people)
///     Ann/1.jpg    Ann/2.jpg    Bob/1.jpg    anchor, positive (the same person), negative (another)
///
/// Paths are relative to the folder of the photos. Fields are separated by tabs if a line has one, so that
/// paths may contain blanks, else by blanks. Empty lines and lines that begin with # are ignored.
package enum PhotoList {
  package struct Pair: Equatable {
    package let first, second: String
    package let isSame: Bool
  }

  package struct Triplet: Equatable {
    package let anchor, positive, negative: String
  }

  /// - Throws: `.io` if the file cannot be read, `.badData` naming the line.
  package static func pairs(path: String) throws(Failure) -> [Pair] {
    try readText(path).withSpan { text throws(Failure) in try pairs(parsing: text) }
  }

  package static func triplets(path: String) throws(Failure) -> [Triplet] {
    try readText(path).withSpan { text throws(Failure) in try triplets(parsing: text) }
  }

  package static func pairs(parsing bytes: Span<UInt8>) throws(Failure) -> [Pair] {
    var pairs: [Pair] = []
    try forEachLine(bytes, "pairs", "PHOTO PHOTO 1 or 0") { fields, line throws(Failure) in
      let label = bytes.extracting(fields[2]).extracting(first: 20).array
      guard label == [UInt8(ascii: "0")] || label == [UInt8(ascii: "1")] else {
        throw .badData(
          "pairs: line \(line) ends in \"\(String(decoding: label, as: UTF8.self))\"; expected 1 or 0")
      }
      let first = try photoName(bytes.extracting(fields[0]), "pairs", line)
      let second = try photoName(bytes.extracting(fields[1]), "pairs", line)
      guard !first.utf8.elementsEqual(second.utf8) else {
        throw .badData("pairs: line \(line) has \(first) twice; expected two photos")
      }
      pairs.append(Pair(first: first, second: second, isSame: label[0] == UInt8(ascii: "1")))
    }
    return pairs
  }

  package static func triplets(parsing bytes: Span<UInt8>) throws(Failure) -> [Triplet] {
    var triplets: [Triplet] = []
    try forEachLine(bytes, "triplets", "ANCHOR POSITIVE NEGATIVE") { fields, line throws(Failure) in
      let anchor = try photoName(bytes.extracting(fields[0]), "triplets", line)
      let positive = try photoName(bytes.extracting(fields[1]), "triplets", line)
      let negative = try photoName(bytes.extracting(fields[2]), "triplets", line)
      let same = [(anchor, positive), (anchor, negative), (positive, negative)].contains {
        $0.utf8.elementsEqual($1.utf8)
      }
      guard !same else {
        throw .badData("triplets: line \(line) has one photo twice; expected three photos")
      }
      triplets.append(Triplet(anchor: anchor, positive: positive, negative: negative))
    }
    return triplets
  }
}

/// The ranges of the three fields of each line that is not ignored.
private func forEachLine(
  _ bytes: Span<UInt8>, _ list: StaticString, _ expected: StaticString,
  _ body: ([Range<Int>], Int) throws(Failure) -> Void
) throws(Failure) {
  var line = 0, position = markLength(bytes)
  while position < bytes.count {
    let next = bytes.firstIndex(of: 0x0A, from: position) ?? bytes.count
    let isDOS = next > position && bytes[next - 1] == 0x0D
    let content = position..<(isDOS ? next - 1 : next)
    line += 1
    position = next + 1
    if content.isEmpty || bytes[content.lowerBound] == UInt8(ascii: "#") { continue }
    let hasTab = bytes.extracting(content).firstIndex(of: 0x09) != nil
    let fields = fields(bytes, content, separator: hasTab ? 0x09 : 0x20)
    if fields.isEmpty { continue }
    guard fields.count == 3 else {
      throw .badData("\(list): line \(line) has \(fields.count) fields; expected \(expected)")
    }
    try body(fields, line)
  }
}

/// The nonempty parts of a line between separators.
private func fields(_ bytes: Span<UInt8>, _ line: Range<Int>, separator: UInt8) -> [Range<Int>] {
  var fields: [Range<Int>] = [], start = line.lowerBound
  for place in line.lowerBound...line.upperBound
  where place == line.upperBound || bytes[place] == separator {
    if start < place { fields.append(start..<place) }
    start = place + 1
  }
  return fields
}

/// A path that does not lead out of the folder of photos.
private func photoName(
  _ field: Span<UInt8>, _ list: StaticString, _ line: Int
) throws(Failure) -> String {
  guard field.count <= 4096 else {
    throw .badData("\(list): line \(line) has a path of \(field.count) bytes; expected at most 4096")
  }
  for place in field.indices where field[place] < 0x20 {
    throw .badData(
      "\(list): line \(line) has byte \(field[place]) in a path; expected no control characters")
  }
  let name = pathText(bytes: field)
  guard !field.starts(with: [UInt8(ascii: "/")]) else {
    throw .badData("\(list): line \(line) has the path \(name); expected one below the folder of photos")
  }
  for part in fields(field, field.indices, separator: UInt8(ascii: "/"))
  where part.count == 2 && field.has("..", at: part.lowerBound) {
    throw .badData("\(list): line \(line) has the path \(name); expected one without ..")
  }
  return name
}
