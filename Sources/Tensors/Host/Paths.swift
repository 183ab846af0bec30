// To Linux a path is bytes other than 0; a `String` holds Unicode. So bytes of a path that are not UTF-8
// become scalars of the last private plane, U+10FE80 for 0x80 and so on, and are converted back for the
// system. If a file's name contains these scalars, their bytes are represented in the same way. (The idea is
// Python's: PEP 383.) The program reads its paths by a link to this file.

let escapes: ClosedRange<UInt32> = 0x10FE80...0x10FEFF

/// A path's text, from the system or a caller.
package func pathText(_ path: UnsafePointer<CChar>) -> String {
  var count = 0
  while path[count] != 0 { count += 1 }
  let bytes = UnsafeBufferPointer(
    start: UnsafeRawPointer(path).assumingMemoryBound(to: UInt8.self), count: count)
  return pathText(bytes)
}

package func pathText(bytes path: Span<UInt8>) -> String {
  path.withUnsafeBufferPointer { pathText($0) }
}

private func pathText(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
  if !bytes.contains(0xF4), let text = String(validating: bytes, as: UTF8.self) { return text }
  var text = String.UnicodeScalarView(), position = 0
  while position < bytes.count {
    let byte = bytes[position], length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    if position + length <= bytes.count,
      let letter = String(validating: bytes[position..<(position + length)], as: UTF8.self),
      !letter.unicodeScalars.contains(where: { escapes.contains($0.value) })
    {
      text.append(contentsOf: letter.unicodeScalars)
      position += length
    } else {
      if let escape = Unicode.Scalar(escapes.lowerBound - 0x80 + UInt32(byte)) { text.append(escape) }
      position += 1
    }
  }
  return String(text)
}

/// Passes a path in the system's form.
package func withPath<Result>(_ path: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
  guard path.utf8.contains(0xF4) else { return path.withCString(body) }
  return (pathBytes(path) + [0]).withUnsafeBytes { bytes in
    guard let start = bytes.baseAddress else { return path.withCString(body) }  // there is at least the 0
    return body(start.assumingMemoryBound(to: CChar.self))
  }
}

package func pathBytes(_ path: String) -> [UInt8] {
  guard path.utf8.contains(0xF4) else { return Array(path.utf8) }
  var bytes: [UInt8] = []
  for scalar in path.unicodeScalars {
    if escapes.contains(scalar.value) {
      bytes.append(UInt8(truncatingIfNeeded: scalar.value - escapes.lowerBound + 0x80))
    } else {
      bytes.append(contentsOf: String(Character(scalar)).utf8)
    }
  }
  return bytes
}

/// A text that contains paths, for people to read: "�" stands for bytes that are not UTF-8.
package func shown(_ text: String) -> String {
  text.utf8.contains(0xF4) ? String(decoding: pathBytes(text), as: UTF8.self) : text
}

/// Whether a name has this ending, ignoring case. `ending` is in lower case.
package func ends(_ path: String, in ending: StaticString) -> Bool {
  let count = ending.utf8CodeUnitCount
  guard path.utf8.count >= count else { return false }
  var index = 0
  for byte in path.utf8.suffix(count) {
    let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    guard (isCapital ? byte + 32 : byte) == ending.utf8Start[index] else { return false }
    index += 1
  }
  return true
}
