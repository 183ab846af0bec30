import CFaceStyle
import Tensors

/// Copies options between a struct in C and the library's own, member by member, in either direction: one
/// line names each option.
struct Exchange {
  enum Direction { case toC, fromC }

  let direction: Direction
  /// What is wrong with the first invalid enumerator.
  private(set) var fault: String?

  init(_ direction: Direction) { self.direction = direction }

  func number<Number>(_ c: inout Number, _ own: inout Number) {
    if direction == .toC { c = own } else { own = c }
  }

  func number(_ c: inout UInt32, _ own: inout Int) {
    if direction == .toC { c = UInt32(clamping: own) } else { own = Int(c) }
  }

  func truth(_ c: inout Int32, _ own: inout Bool) {
    if direction == .toC { c = own ? 1 : 0 } else { own = c != 0 }
  }

  /// - Parameter c: the raw value of a C enumeration.
  mutating func choice<Own: RawRepresentable & CaseIterable>(
    _ c: inout UInt32, _ own: inout Own, _ name: StaticString
  ) where Own.RawValue == Int32 {
    if direction == .toC {
      c = UInt32(bitPattern: own.rawValue)
    } else if let known = Own(rawValue: Int32(bitPattern: c)) {
      own = known
    } else if fault == nil {
      let count = Own.allCases.count
      fault = "\(name) \(c); expected \(count == 2 ? "0 or 1" : "0 to \(count - 1)")"
    }
  }

  /// - Throws: `.invalidArgument` for the first invalid enumerator.
  func check() throws(Failure) {
    if let fault { throw .invalidArgument(fault) }
  }
}
