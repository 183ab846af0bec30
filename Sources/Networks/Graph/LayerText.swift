import Tensors

/// The parameters of a layer as `key=value` text, for writing or reading. A missing, unknown or out-of-range
/// number is rejected by name.
package struct LayerText {
  /// The name of the node.
  let name: String
  private(set) var entries: [(key: String, value: String)] = []

  init(name: String) { self.name = name }

  init(name: String, _ words: ArraySlice<Substring>) throws(Failure) {
    self.name = name
    for word in words {
      guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
        throw .badData("graph: \(name): \"\(word)\"; expected key=value")
      }
      let key = String(word[..<equals])
      guard !entries.contains(where: { $0.key == key }) else {
        throw .badData("graph: \(name): \(key) twice; expected once")
      }
      entries.append((key, String(word[word.index(after: equals)...])))
    }
  }

  var words: String {
    var text = ""
    for entry in entries { text += " \(entry.key)=\(entry.value)" }
    return text
  }

  /// Checks that every key has been read.
  func checkEmpty() throws(Failure) {
    if let entry = entries.first {
      throw .badData("graph: \(name): parameter \"\(entry.key)\"; expected one that its kind has")
    }
  }

  // MARK: Writing

  mutating func set(_ key: StaticString, _ value: String) { entries.append(("\(key)", value)) }
  mutating func set(_ key: StaticString, _ value: Int) { set(key, "\(value)") }
  /// Writes a value unless it is the default.
  mutating func set(_ key: StaticString, _ value: Int, usual: Int) { if value != usual { set(key, value) } }
  mutating func set(_ key: StaticString, _ value: Double) { set(key, exactText(value)) }
  mutating func set(_ key: StaticString, _ flag: Bool, usual: Bool = false) {
    if flag != usual { set(key, flag ? "yes" : "no") }
  }
  /// The name of a layer's tensors, if it is not the node's.
  mutating func set(tensorName: String) { if tensorName != name { set("tensors", tensorName) } }

  // MARK: Reading

  mutating func take(_ key: StaticString) -> String? {
    guard let place = entries.firstIndex(where: { $0.key == "\(key)" }) else { return nil }
    return entries.remove(at: place).value
  }

  mutating func number(
    _ key: StaticString, _ range: ClosedRange<Int>, usual: Int? = nil
  ) throws(Failure) -> Int {
    guard let text = take(key) else {
      guard let usual else { throw .badData("graph: \(name): no \(key); expected \(key)=number") }
      return usual
    }
    guard let number = Int(text), range.contains(number) else {
      throw refusal(key, text, "\(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  mutating func real(_ key: StaticString, usual: Double? = nil) throws(Failure) -> Double {
    guard let text = take(key) else {
      guard let usual else { throw .badData("graph: \(name): no \(key); expected \(key)=number") }
      return usual
    }
    guard let number = exactNumber(text), number.isFinite else { throw refusal(key, text, "a number") }
    return number
  }

  mutating func flag(_ key: StaticString, usual: Bool = false) throws(Failure) -> Bool {
    switch take(key) {
    case nil: return usual
    case "yes": return true
    case "no": return false
    case let text?: throw refusal(key, text, "yes or no")
    }
  }

  mutating func takeTensorName() -> String { take("tensors") ?? name }

  func refusal(_ key: StaticString, _ seen: String, _ expected: String) -> Failure {
    .badData("graph: \(name): \(key) \"\(seen)\"; expected \(expected)")
  }
}

/// Upper limits of the counts in a graph's text, with which products of a few of them fit an `Int`.
enum LayerLimits {
  static let channels = 1...(1 << 24)
  static let window = 1...(1 << 11)
  static let stride = 1...(1 << 8)
  static let padding = 0...(1 << 16)
  static let factor = 1...(1 << 8)
  static let styles = 1...(1 << 10)
}

/// A number as text that `exactNumber` reads back to the last bit: in decimal if that suffices, else its
/// bits.
func exactText(_ value: Double) -> String {
  let text = "\(value)"
  if exactNumber(text) == value { return text }
  return "0x" + String(value.bitPattern, radix: 16)
}

/// Reads decimal digits with at most one point and an exponent, or "0x" and the bits of a number; nil for
/// anything else. Exact: digits that would be rounded twice are rejected. Independent of the host's locale.
func exactNumber(_ text: String) -> Double? {
  var bytes = Array(text.utf8)[...]
  if bytes.starts(with: [0x30, 0x78]) {
    return UInt64(String(text.dropFirst(2)), radix: 16).map { Double(bitPattern: $0) }
  }
  let isNegative = bytes.first == UInt8(ascii: "-")
  if isNegative { bytes.removeFirst() }
  var digits: UInt64 = 0, count = 0, power = 0, isFraction = false
  while let byte = bytes.first, byte != UInt8(ascii: "e") {
    bytes.removeFirst()
    if byte == UInt8(ascii: "."), !isFraction {
      isFraction = true
      continue
    }
    guard byte >= 0x30, byte <= 0x39, digits < 1 << 56 else { return nil }
    digits = 10 * digits + UInt64(byte - 0x30)
    count += 1
    if isFraction { power -= 1 }
  }
  guard count > 0, count < 40 else { return nil }
  if bytes.popFirst() != nil {
    guard let exponent = Int(String(decoding: bytes, as: UTF8.self)), abs(exponent) < 400 else { return nil }
    power += exponent
  }
  // Trailing zeros are not significant.
  while digits > 0, digits % 10 == 0, power < 0 {
    digits /= 10
    power += 1
  }
  // Both factors are exact, so their product or quotient is rounded once (Clinger 1990).
  guard digits < 1 << 53, digits == 0 || abs(power) <= 22 else { return nil }
  var scale = 1.0
  for _ in 0..<(digits == 0 ? 0 : abs(power)) { scale *= 10 }
  let value = power < 0 ? Double(digits) / scale : Double(digits) * scale
  return isNegative ? -value : value
}

func exactText(_ value: Float) -> String {
  let text = "\(value)"
  return exactNumber(text).map { Float($0) } == value ? text : exactText(Double(value))
}
