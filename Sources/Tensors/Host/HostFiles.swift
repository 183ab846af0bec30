import CSystem

/// The small files in which the system describes this process and the machine.
package enum HostFiles {
  /// A prefix of every path: tests describe other machines in a folder.
  nonisolated(unsafe) package static var root = ""

  /// nil if the file does not exist or cannot be read.
  static func text(_ path: String) -> String? {
    let file = systemOpenForReading(root + path)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    let step = 1 << 14, most = 1 << 22
    while bytes.count < most {
      let part = [UInt8](unsafeUninitializedCapacity: step) { buffer, count in
        count = max(read(file, buffer.baseAddress, step), 0)
      }
      if part.isEmpty { break }
      bytes += part
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

  /// The number at the beginning of a file.
  static func number(_ path: String) -> Int? { text(path).flatMap { number(in: $0) } }

  /// The number after a word at the beginning of a line: 1234 of "MemAvailable:    1234 kB".
  static func number(after word: String, in text: String) -> Int? {
    for line in lines(text) {
      let parts = words(line)
      if parts.count >= 2, parts[0] == word { return number(in: parts[1]) }
    }
    return nil
  }

  static func lines(_ text: String) -> [String] { parts(text, separator: UInt8(ascii: "\n")) }
  static func words(_ text: String) -> [String] { parts(text, separator: UInt8(ascii: " ")) }

  static func parts(_ text: String, separator: UInt8, most: Int = Int.max) -> [String] {
    text.utf8.split(separator: separator, maxSplits: most - 1).map { String(decoding: $0, as: UTF8.self) }
  }

  /// "123", "-1" or "123\n"; nil for "max" and for numbers that do not fit.
  static func number(in text: String) -> Int? {
    var number = 0, digits = 0
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    for byte in text.utf8.dropFirst(isNegative ? 1 : 0) {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
      let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
      let (next, overflow2) = tens.addingReportingOverflow(Int(byte) - 0x30)
      guard !overflow, !overflow2 else { return nil }
      number = next
      digits += 1
    }
    return digits == 0 ? nil : isNegative ? -number : number
  }
}
