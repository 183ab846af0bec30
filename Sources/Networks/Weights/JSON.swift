import CSystem
import Tensors

/// The part of JSON that the library's files use. The input is untrusted: values nest at most 8 deep. Also
/// writes texts.
package enum JSON {
  case object([(key: String, value: JSON)])
  case array([JSON])
  case text(String)
  case number(Int)
  /// A number with a sign, a point or an exponent.
  case decimal(Double)

  /// - Parameters:
  ///   - place: the range of the text; nil for all bytes.
  ///   - name: of the source, for error messages.
  /// - Throws: `.badData` naming the byte of the text at which it stops being JSON.
  package init(
    parsing bytes: Storage<UInt8>, _ place: Range<Int>? = nil, _ name: String = "header"
  ) throws(Failure) {
    var parser = Parser(bytes: bytes, place: place ?? 0..<bytes.count, name: name)
    self = try parser.value(depth: 0)
    parser.skipSpace()
    // safetensors pads its header with spaces
    guard parser.next == nil else { throw parser.failure("the end") }
  }

  /// A text as JSON writes it, quotes included.
  static func quoted(_ text: String) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    var bytes = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x08: bytes += Array("\\b".utf8)
      case 0x09: bytes += Array("\\t".utf8)
      case 0x0A: bytes += Array("\\n".utf8)
      case 0x0C: bytes += Array("\\f".utf8)
      case 0x0D: bytes += Array("\\r".utf8)
      case 0..<0x20: bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    return bytes + [UInt8(ascii: "\"")]
  }

  /// The number, integral or not.
  package var double: Double? {
    switch self {
    case .number(let value): Double(value)
    case .decimal(let value): value
    default: nil
    }
  }

  private struct Parser {
    private let bytes: Storage<UInt8>
    private let place: Range<Int>
    private let name: String
    private var position = 0  // relative to the start of the range

    init(bytes: Storage<UInt8>, place: Range<Int>, name: String) {
      (self.bytes, self.place, self.name) = (bytes, place, name)
    }

    var next: UInt8? { position < place.count ? bytes[place.lowerBound + position] : nil }

    func failure(_ expected: String) -> Failure {
      guard let next else { return .badData("\(name) ends at byte \(position); expected \(expected)") }
      return .badData("\(name) has byte \(next) at \(position); expected \(expected)")
    }

    mutating func skipSpace() {
      while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func take(_ byte: UInt8, _ expected: String) throws(Failure) {
      skipSpace()
      guard next == byte else { throw failure(expected) }
      position += 1
    }

    mutating func value(depth: Int) throws(Failure) -> JSON {
      guard depth < 8 else { throw .badData("\(name) nests deeper than 8 at byte \(position)") }
      skipSpace()
      switch next {
      case UInt8(ascii: "{"): return .object(try object(depth: depth))
      case UInt8(ascii: "["): return .array(try array(depth: depth))
      case UInt8(ascii: "\""): return .text(try text())
      case .some(UInt8(ascii: "0")...UInt8(ascii: "9")), UInt8(ascii: "-"): return try number()
      default: throw failure("an object, a list, a text or a number")
      }
    }

    mutating func object(depth: Int) throws(Failure) -> [(key: String, value: JSON)] {
      try take(UInt8(ascii: "{"), "{")
      try Memory.expectObjects()
      var members: [(key: String, value: JSON)] = []
      skipSpace()
      if next == UInt8(ascii: "}") {
        position += 1
        return members
      }
      while true {
        skipSpace()
        let key = try text()
        try take(UInt8(ascii: ":"), "a colon")
        try members.add((key, try value(depth: depth + 1)))
        skipSpace()
        if next == UInt8(ascii: ",") {
          position += 1
          continue
        }
        try take(UInt8(ascii: "}"), "a comma or }")
        return members
      }
    }

    mutating func array(depth: Int) throws(Failure) -> [JSON] {
      try take(UInt8(ascii: "["), "[")
      try Memory.expectObjects()
      var elements: [JSON] = []
      skipSpace()
      if next == UInt8(ascii: "]") {
        position += 1
        return elements
      }
      while true {
        try elements.add(try value(depth: depth + 1))
        skipSpace()
        if next == UInt8(ascii: ",") {
          position += 1
          continue
        }
        try take(UInt8(ascii: "]"), "a comma or ]")
        return elements
      }
    }

    mutating func number() throws(Failure) -> JSON {
      let start = position
      let isNegative = next == UInt8(ascii: "-")
      if isNegative { position += 1 }
      guard digit != nil else { throw failure("a digit") }
      var whole = 0, isLarge = false
      var value = 0.0, power = 0
      while let digit {
        let (tens, overflow) = whole.multipliedReportingOverflow(by: 10)
        let (sum, overflow2) = tens.addingReportingOverflow(digit)
        isLarge = isLarge || overflow || overflow2
        whole = isLarge ? whole : sum
        value = value * 10 + Double(digit)
        position += 1
      }
      if !isNegative, next != UInt8(ascii: "."), next != UInt8(ascii: "e"), next != UInt8(ascii: "E") {
        guard !isLarge else { throw failure("a number below 2^63") }
        return .number(whole)
      }
      if next == UInt8(ascii: ".") {
        position += 1
        guard digit != nil else { throw failure("a digit") }
        while let digit {
          value = value * 10 + Double(digit)
          power -= 1
          position += 1
        }
      }
      if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") { power += try exponent() }
      // Powers of ten up to 10^22 are exact: usual numbers are rounded only once.
      let size = power < 0 ? value / pow(10, Double(-power)) : value * pow(10, Double(power))
      guard size.isFinite else {
        throw .badData("\(name) has a number at \(start) that is too large, or too long")
      }
      return .decimal(isNegative ? -size : size)
    }

    private var digit: Int? {
      guard let next, next >= 0x30, next <= 0x39 else { return nil }
      return Int(next - 0x30)
    }

    private mutating func exponent() throws(Failure) -> Int {
      position += 1
      let isNegative = next == UInt8(ascii: "-")
      if isNegative || next == UInt8(ascii: "+") { position += 1 }
      guard digit != nil else { throw failure("a digit") }
      var value = 0
      while let digit {
        value = min(value * 10 + digit, 9999)
        position += 1
      }
      return isNegative ? -value : value
    }

    mutating func text() throws(Failure) -> String {
      try take(UInt8(ascii: "\""), "a text")
      var content: [UInt8] = []
      while let byte = next {
        position += 1
        switch byte {
        case UInt8(ascii: "\""):
          return String(decoding: content, as: UTF8.self)
        case UInt8(ascii: "\\"):
          try escape(into: &content)
        case 0..<0x20:
          position -= 1
          throw failure("a text without control characters")
        default:
          try content.add(byte)
        }
      }
      throw failure("the end of a text")
    }

    private mutating func escape(into content: inout [UInt8]) throws(Failure) {
      guard let byte = next else { throw failure("an escape") }
      position += 1
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
      case UInt8(ascii: "n"): content.append(0x0A)
      case UInt8(ascii: "t"): content.append(0x09)
      case UInt8(ascii: "r"): content.append(0x0D)
      case UInt8(ascii: "b"): content.append(0x08)
      case UInt8(ascii: "f"): content.append(0x0C)
      case UInt8(ascii: "u"):
        var unit: UInt32 = try fourDigits()
        if unit >= 0xD800, unit < 0xDC00, next == UInt8(ascii: "\\") {
          position += 1
          guard next == UInt8(ascii: "u") else { throw failure("the second half of a surrogate pair") }
          position += 1
          let low = try fourDigits()
          guard low >= 0xDC00, low < 0xE000 else { throw failure("the second half of a surrogate pair") }
          unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(unit) else { throw failure("a Unicode character") }
        if let encoded = UTF8.encode(scalar) { content.append(contentsOf: encoded) }
      default:
        position -= 1
        throw failure("an escape that JSON has")
      }
    }

    private mutating func fourDigits() throws(Failure) -> UInt32 {
      var value: UInt32 = 0
      for _ in 0..<4 {
        guard let byte = next else { throw failure("four hexadecimal digits") }
        let digit: UInt8
        switch byte {
        case 0x30...0x39: digit = byte - 0x30
        case 0x41...0x46: digit = byte - 0x41 + 10
        case 0x61...0x66: digit = byte - 0x61 + 10
        default: throw failure("four hexadecimal digits")
        }
        value = value << 4 | UInt32(digit)
        position += 1
      }
      return value
    }
  }
}
