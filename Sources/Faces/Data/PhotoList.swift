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
    try readText(path) { text throws(Failure) in try pairs(parsing: text) }
  }

  package static func triplets(path: String) throws(Failure) -> [Triplet] {
    try readText(path) { text throws(Failure) in try triplets(parsing: text) }
  }

  package static func pairs(parsing bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> [Pair] {
    var pairs: [Pair] = []
    try forEachLine(bytes, "pairs", "PHOTO PHOTO 1 or 0") { fields, line throws(Failure) in
      let label = Array(fields[2])
      guard label == [UInt8(ascii: "0")] || label == [UInt8(ascii: "1")] else {
        throw .badData(
          "pairs: line \(line) ends in \"\(String(decoding: label.prefix(20), as: UTF8.self))\"; expected 1 or 0"
        )
      }
      let (first, second) = (try photoName(fields[0], "pairs", line), try photoName(fields[1], "pairs", line))
      guard !first.utf8.elementsEqual(second.utf8) else {
        throw .badData("pairs: line \(line) has \(first) twice; expected two photos")
      }
      pairs.append(Pair(first: first, second: second, isSame: label[0] == UInt8(ascii: "1")))
    }
    return pairs
  }

  package static func triplets(parsing bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> [Triplet] {
    var triplets: [Triplet] = []
    try forEachLine(bytes, "triplets", "ANCHOR POSITIVE NEGATIVE") { fields, line throws(Failure) in
      let anchor = try photoName(fields[0], "triplets", line)
      let positive = try photoName(fields[1], "triplets", line)
      let negative = try photoName(fields[2], "triplets", line)
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

/// The three fields of each line that is not ignored.
private func forEachLine(
  _ bytes: UnsafeBufferPointer<UInt8>, _ list: StaticString, _ expected: StaticString,
  _ body: ([Slice<UnsafeBufferPointer<UInt8>>], Int) throws(Failure) -> Void
) throws(Failure) {
  let bytes = withoutMark(bytes)
  var line = 0, position = 0
  while position < bytes.count {
    var end = position
    while end < bytes.count, bytes[end] != 0x0A { end += 1 }
    line += 1
    var content = bytes[position..<end]
    position = end + 1
    if content.last == 0x0D { content.removeLast() }
    guard content.first != UInt8(ascii: "#") else { continue }
    let separator: UInt8 = content.contains(0x09) ? 0x09 : 0x20
    let fields = content.split(separator: separator)
    if fields.isEmpty { continue }
    guard fields.count == 3 else {
      throw .badData("\(list): line \(line) has \(fields.count) fields; expected \(expected)")
    }
    try body(fields, line)
  }
}

/// A path that does not lead out of the folder of photos.
private func photoName(
  _ field: Slice<UnsafeBufferPointer<UInt8>>, _ list: StaticString, _ line: Int
) throws(Failure) -> String {
  guard field.count <= 4096 else {
    throw .badData("\(list): line \(line) has a path of \(field.count) bytes; expected at most 4096")
  }
  for byte in field where byte < 0x20 {
    throw .badData("\(list): line \(line) has byte \(byte) in a path; expected no control characters")
  }
  let name = pathText(bytes: field)
  guard field.first != UInt8(ascii: "/") else {
    throw .badData("\(list): line \(line) has the path \(name); expected one below the folder of photos")
  }
  for part in field.split(separator: UInt8(ascii: "/")) where part.elementsEqual([0x2E, 0x2E]) {
    throw .badData("\(list): line \(line) has the path \(name); expected one without ..")
  }
  return name
}
