import CFaceStyle
import Images
import Tensors

/// Options of the library that have a counterpart in C, member by member.
protocol Exchanged {
  associatedtype InC: SizedStruct
  init()
  /// Names each option in one line, for both directions.
  mutating func exchange(_ c: inout InC, _ way: inout Exchange)
}

extension Exchanged {
  /// - Throws: `.invalidArgument` for an invalid enumerator.
  init(_ given: InC) throws(Failure) {
    self.init()
    try read(given)
  }

  mutating func read(_ given: InC) throws(Failure) {
    var given = given, way = Exchange(.fromC)
    exchange(&given, &way)
    try way.check()
  }

  var inC: InC {
    var c = InC.sized, own = self, way = Exchange(.toC)
    own.exchange(&c, &way)
    return c
  }
}

// Numbers that are narrower or wider in C, or for which a value stands for none.
extension Exchange {
  func number(_ c: inout UInt64, _ own: inout Int) {
    if direction == .toC { c = UInt64(clamping: own) } else { own = Int(clamping: c) }
  }

  func number(_ c: inout Float, _ own: inout Double) {
    if direction == .toC { c = Float(own) } else { own = Double(c) }
  }

  func number<Number: Equatable>(_ c: inout Number, _ own: inout Number?, none: Number) {
    if direction == .toC { c = own ?? none } else { own = c == none ? nil : c }
  }

  func number(_ c: inout UInt32, _ own: inout Int?, none: UInt32) {
    if direction == .toC {
      c = own.map { UInt32(clamping: $0) } ?? none
    } else {
      own = c == none ? nil : Int(c)
    }
  }

  func number(_ c: inout Float, _ own: inout Double?, none: Float) {
    if direction == .toC { c = own.map { Float($0) } ?? none } else { own = c == none ? nil : Double(c) }
  }

  mutating func choice<Own: Enumeration>(_ c: inout Own.InC, _ own: inout Own) {
    choice(&c.rawValue, &own, Own.InC.noun)
  }

  /// In C all zeros stand for the whole picture.
  func region(_ c: inout fs_region, _ own: inout Region?) {
    if direction == .fromC {
      own = c.isEmpty ? nil : Region(c)
    } else if let own {
      c = fs_region(
        x: UInt32(clamping: own.x), y: UInt32(clamping: own.y), width: UInt32(clamping: own.width),
        height: UInt32(clamping: own.height))
    } else {
      c = fs_region()
    }
  }
}
