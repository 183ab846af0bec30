import CFaceStyle

/// A value of JSON (RFC 8259); `description` is its text on one line.
enum JSON: CustomStringConvertible {
  case number(Double)
  case single(Float)
  case integer(Int)
  case bool(Bool)
  case string(String)
  case null
  case array([JSON])
  case object(KeyValuePairs<String, JSON>)
  /// An object whose members depend on what was asked.
  case members([(String, JSON)])

  /// A pair of coordinates.
  static func point(_ point: fs_point) -> JSON { .array([.single(point.x), .single(point.y)]) }

  var description: String {
    switch self {
    // JSON has neither infinity nor NaN.
    case .number(let value): value.isFinite ? "\(value)" : "null"
    case .single(let value): value.isFinite ? "\(value)" : "null"
    case .integer(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let value): quoted(value)
    case .null: "null"
    case .array(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\(quoted($0.key)): \($0.value)" }.joined(separator: ", ") + "}"
    case .members(let members):
      "{" + members.map { "\(quoted($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
    }
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20:
        let code = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
