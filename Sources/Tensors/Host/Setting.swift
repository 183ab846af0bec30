/// One member of an options struct: its name, its value as text, and its fault, if any.
package struct Setting {
  package let name: String
  package let text: String
  /// "NAME VALUE; expected RANGE"; nil if the value is in range.
  package let fault: String?

  /// A setting that accepts every value of its type.
  package init<Value: CustomStringConvertible>(_ name: String, _ value: Value) {
    self.init(name, value.description)
  }

  package init(_ name: String, _ isSet: Bool) { self.init(name, isSet ? "yes" : "no") }

  @inline(never)
  package init(_ name: String, _ text: String, fault: String? = nil) {
    (self.name, self.text, self.fault) = (name, text, fault)
  }

  @inline(never)
  package init<Number>(_ name: String, _ value: Number, _ limits: Limits<Number>) {
    let text = value.description
    self.init(
      name, text, fault: limits.contains(value) ? nil : "\(name) \(text); expected \(limits.description)")
  }

  /// An optional number.
  @inline(never)
  package init<Number>(_ name: String, _ value: Number?, _ limits: Limits<Number>) {
    guard let value else {
      self.init(name, "none")
      return
    }
    self.init(name, value, limits)
  }

  /// The same setting, at fault if a condition across several settings does not hold.
  @inline(never)
  package func requiring(_ holds: Bool, _ expected: String) -> Setting {
    guard fault == nil, !holds else { return self }
    return Setting(name, text, fault: "\(name) \(text); expected \(expected)")
  }
}

/// The range of a setting.
package struct Limits<Number: Comparable & CustomStringConvertible> {
  private let lower: Number, upper: Number
  private let isLowerIn: Bool, isUpperIn: Bool
  /// Whether there is no upper limit; descriptions then omit it.
  private let isOpen: Bool

  private init(_ lower: Number, _ upper: Number, isLowerIn: Bool = true, isUpperIn: Bool = true, isOpen: Bool)
  {
    (self.lower, self.upper, self.isOpen) = (lower, upper, isOpen)
    (self.isLowerIn, self.isUpperIn) = (isLowerIn, isUpperIn)
  }

  package static func from(_ lower: Number, to upper: Number) -> Limits {
    Limits(lower, upper, isOpen: false)
  }

  package static func from(_ lower: Number, below upper: Number) -> Limits {
    Limits(lower, upper, isUpperIn: false, isOpen: false)
  }

  package static func above(_ lower: Number, to upper: Number) -> Limits {
    Limits(lower, upper, isLowerIn: false, isOpen: false)
  }

  package static func above(_ lower: Number, below upper: Number) -> Limits {
    Limits(lower, upper, isLowerIn: false, isUpperIn: false, isOpen: false)
  }

  /// NaN is outside all limits.
  package func contains(_ value: Number) -> Bool {
    (isLowerIn ? value >= lower : value > lower) && (isUpperIn ? value <= upper : value < upper)
  }

  /// "0 to 1", "0 or more", "more than 0, at most 1".
  package var description: String {
    let from = Limits.plain(lower), to = Limits.plain(upper)
    guard !isOpen else { return isLowerIn ? "\(from) or more" : "more than \(from)" }
    guard isLowerIn else { return "more than \(from), \(isUpperIn ? "at most" : "less than") \(to)" }
    return isUpperIn ? "\(from) to \(to)" : "\(from) or more, less than \(to)"
  }

  /// "1" for 1.0.
  private static func plain(_ number: Number) -> String {
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}

extension Limits where Number: BinaryFloatingPoint {
  /// Finite.
  package static func atLeast(_ lower: Number) -> Limits {
    Limits(lower, .greatestFiniteMagnitude, isOpen: true)
  }

  package static func above(_ lower: Number) -> Limits {
    Limits(lower, .greatestFiniteMagnitude, isLowerIn: false, isOpen: true)
  }

  /// For settings in which infinity means never.
  package static func atLeastOrInfinite(_ lower: Number) -> Limits { Limits(lower, .infinity, isOpen: true) }

  package static func aboveOrInfinite(_ lower: Number) -> Limits {
    Limits(lower, .infinity, isLowerIn: false, isOpen: true)
  }
}

extension Limits where Number: FixedWidthInteger {
  package static func atLeast(_ lower: Number) -> Limits { Limits(lower, .max, isOpen: true) }
}

/// Options that list each of their settings once. The list yields the range checks with their messages, and
/// what a checkpoint or fingerprint stores. Tests compare the lists with the members.
package protocol Settings {
  @SettingList var settings: [Setting] { get }
}

extension Settings {
  /// - Throws: `.invalidArgument` naming the first setting that is out of range.
  package func check() throws(Failure) {
    for setting in settings { if let fault = setting.fault { throw .invalidArgument(fault) } }
  }

  /// Values by their names.
  package var texts: [String: String] {
    var texts: [String: String] = [:]
    for setting in settings { texts[setting.name] = setting.text }
    return texts
  }
}

/// Builds a list with one setting per line, the settings of nested options, `switch` and `if`.
@resultBuilder
package enum SettingList {
  package static func buildExpression(_ setting: Setting) -> [Setting] { [setting] }
  package static func buildExpression(_ part: [Setting]) -> [Setting] { part }
  @inline(never)
  package static func buildBlock(_ parts: [Setting]...) -> [Setting] {
    var all: [Setting] = []
    for part in parts { all += part }
    return all
  }
  package static func buildEither(first part: [Setting]) -> [Setting] { part }
  package static func buildEither(second part: [Setting]) -> [Setting] { part }
  package static func buildOptional(_ part: [Setting]?) -> [Setting] { part ?? [] }
}
