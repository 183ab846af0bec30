/// A plain decimal number such as "-47.549": digits with at most one point, nil for anything else.
///
/// The C library's strtof reads by the host's locale, which may want a comma.
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
