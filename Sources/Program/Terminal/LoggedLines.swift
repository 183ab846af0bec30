import Glibc

// Reads a log of JSON lines, each beginning with its number.

/// The lines of a file; empty if it cannot be read.
func lines(of path: String) -> [String] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var text: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    guard count > 0 else { break }
    text += buffer[..<count]
  }
  return text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
}

/// The number under the first key of a complete line.
func number(_ key: String, of line: String) -> Int? {
  let begin = "{\"\(key)\": "
  return line.hasPrefix(begin) && line.hasSuffix("}")
    ? Int(line.dropFirst(begin.count).prefix { $0.isNumber }) : nil
}

/// Whether it is a file, not a pipe or a device.
func isRegular(_ path: String) -> Bool {
  var info = stat()
  return withPath(path, { stat($0, &info) }) == 0 && info.st_mode & S_IFMT == S_IFREG
}
