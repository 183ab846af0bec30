import Tensors

/// A plain decimal number such as "-47.549": digits with at most one point, nil for anything else.
///
/// The C library's strtof depends on the host's locale, which may require a comma.
package func decimal<Bytes: Sequence>(_ text: Bytes) -> Float? where Bytes.Element == UInt8 {
  var value = 0.0, share = 1.0
  var digits = 0, isNegative = false, isFraction = false, isFirst = true
  for byte in text {
    switch byte {
    case UInt8(ascii: "-") where isFirst: isNegative = true
    case UInt8(ascii: ".") where !isFraction: isFraction = true
    case 0x30...0x39:
      digits += 1
      guard digits <= 30 else { return nil }
      value = value * 10 + Double(byte - 0x30)
      if isFraction { share *= 10 }
    default: return nil
    }
    isFirst = false
  }
  guard digits > 0 else { return nil }
  return Float((isNegative ? -value : value) / share)
}

/// Numbers separated by spaces, as in a model's metadata.
/// - Throws: `.badData` naming the key.
package func numbers(_ text: String, count: ClosedRange<Int>, _ key: String) throws(Failure) -> [Float] {
  var numbers: [Float] = []
  for word in text.utf8.split(separator: UInt8(ascii: " ")) {
    guard let number = decimal(word), number.isFinite else {
      throw .badData("model: \(key) \"\(text)\" is not made of numbers")
    }
    numbers.append(number)
  }
  guard count.contains(numbers.count) else {
    let expected = count.count == 1 ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
    throw .badData("model: \(key) has \(numbers.count) numbers; expected \(expected)")
  }
  return numbers
}
