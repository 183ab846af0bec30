import Glibc

/// `value` with `decimals` decimals: `fixed(0.379, 2)` is "0.38".
func fixed(_ value: some BinaryFloatingPoint, _ decimals: Int) -> String {
  formatted("%.\(decimals)f", Double(value))
}

/// `value` with three significant digits: "6.39e+09".
func scientific(_ value: Double) -> String { formatted("%.2e", value) }

/// "1:05", or "1:02:03" from an hour on.
func clock(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e8 else { return "-:--" }
  let whole = Int(max(0, seconds.rounded()))
  let minutes = whole / 60
  let (hours, tail) = (minutes / 60, padded(whole % 60, 2, "0"))
  return hours > 0 ? "\(hours):\(padded(minutes % 60, 2, "0")):\(tail)" : "\(minutes):\(tail)"
}

/// With commas as thousands separators: "3,000".
func grouped(_ value: Int) -> String {
  let digits = Array("\(value.magnitude)")
  let text = digits.enumerated().map { i, digit in
    i > 0 && (digits.count - i).isMultiple(of: 3) ? ",\(digit)" : "\(digit)"
  }
  return (value < 0 ? "-" : "") + text.joined()
}

/// "1 face", "2 faces".
func counted(_ count: Int, _ one: String, _ many: String) -> String {
  "\(grouped(count)) \(count == 1 ? one : many)"
}

/// Padded on the left to `width` characters.
func padded(_ value: some CustomStringConvertible, _ width: Int, _ filler: String = " ") -> String {
  let text = value.description
  return String(repeating: filler, count: max(0, width - text.count)) + text
}

/// Padded on the right.
func leftAligned(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

/// Lines of at most `width` characters, broken at blanks; a longer word has a line of its own.
func wrapped(_ text: String, to width: Int) -> [String] {
  var lines: [String] = [], line = ""
  for word in text.split(whereSeparator: \.isWhitespace) {
    if !line.isEmpty, line.count + 1 + word.count > width {
      lines.append(line)
      line = ""
    }
    line += (line.isEmpty ? "" : " ") + word
  }
  return line.isEmpty ? lines : lines + [line]
}

private func formatted(_ format: String, _ value: Double) -> String {
  // The longest Double in decimal has 309 digits before the point.
  var buffer = [CChar](repeating: 0, count: 400)
  let count = withVaList([value]) { vsnprintf(&buffer, buffer.count, format, $0) }
  return String(decoding: buffer.prefix(Int(max(0, count))).map(UInt8.init(bitPattern:)), as: UTF8.self)
}
