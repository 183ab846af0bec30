import Networks
import TestSupport
import Tensors
import Testing

/// The parser is the weight file's own: it is tested through a header's texts.
private func text(_ json: String) throws -> String? {
  try TensorFile.open(TensorFile.assemble(header: "{\"__metadata__\":{\"t\":\(json)}}")).metadata["t"]
}

private func refusal(_ header: String) -> String {
  outcome { try TensorFile.open(TensorFile.assemble(header: header)) }
}

@Suite struct JSONTests {
  @Test(arguments: [
    ("\"\"", ""), ("\"abc\"", "abc"), ("\"\\\"\\\\\\/\\n\\t\\r\\b\\f\"", "\"\\/\n\t\r\u{8}\u{c}"),
    ("\"\\u0041\\u00e9\\u20AC\"", "A\u{e9}\u{20ac}"),
    ("\"\\uD83D\\uDE00\"", "\u{1F600}"), ("\"\\ud800\\udc00\"", "\u{10000}"),
    ("\"\\uDBFF\\uDFFF\"", "\u{10FFFF}"),
    ("\"\u{1F600}\"", "\u{1F600}"), ("\"\u{7f}\"", "\u{7f}")
  ])
  func `reads texts with their escapes`(json: String, wanted: String) throws {
    #expect(try text(json) == wanted)
  }

  @Test(arguments: [
    "\"", "\"abc", "\"\\", "\"\\x\"", "\"\\u\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\uD83D\"", "\"\\uD83Dx\"",
    "\"\\uD83D\\n\"", "\"\\uD83D\\u0041\"",
    "\"\\uD83D\\uD83D\"", "\"\\uDE00\"", "\"\\uD83D\\u\"", "\"a\nb\"", "\"a\u{0}b\"", "\"\\u+123\"", "'a'"
  ])
  func `refuses texts that are none`(json: String) {
    #expect(outcome { try text(json) }.hasPrefix("badData: "))
  }

  @Test func `bytes that are no UTF-8 do no harm`() throws {
    var header = Array("{\"__metadata__\":{\"t\":\"".utf8)
    header += [0xFF, 0xC3, 0xED, 0xA0, 0x80, 0xF8]
    header += Array("\"}}".utf8)
    let bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    let file = try TensorFile.open(bytes)
    #expect(file.metadata["t"] != nil)
  }

  @Test func `allows white space between everything`() throws {
    let header =
      " \t\r\n{ \"__metadata__\" : { \"t\" : \"x\" } , \"y\" : { \"dtype\" : \"U8\" , \"shape\" : [ 1 , 3 ] , \"data_offsets\" : [ 0 , 3 ] } } \n"
    let file = try TensorFile.open(TensorFile.assemble(header: header, body: [1, 2, 3]))
    #expect(file.metadata == ["t": "x"])
    #expect(file.rank("y") == 2)
  }

  @Test func `ignores members that it does not know`() throws {
    let header =
      "{\"y\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"note\":{\"a\":[1,[2],\"b\"]}}}"
    #expect(try TensorFile.open(TensorFile.assemble(header: header, body: [7])).rank("y") == 1)
  }

  @Test(arguments: [9, 100, 100_000])
  func `refuses deep nesting without a deep stack`(depth: Int) {
    for (opening, closing) in [("[", "]"), ("{\"a\":", "}")] {
      let nested = String(repeating: opening, count: depth) + "0" + String(repeating: closing, count: depth)
      #expect(refusal("{\"x\":{\"dtype\":\(nested)}}").hasPrefix("badData: header nests deeper than 8"))
      #expect(refusal(String(repeating: opening, count: depth)).hasPrefix("badData: "))
    }
  }

  @Test(arguments: [
    "-1", "1.5", "1e3", "0x10", "+1", "NaN", "99999999999999999999", "9223372036854775808", "true", "null",
    ".5"
  ])
  func `refuses numbers that are not whole, small and positive`(number: String) {
    #expect(
      refusal("{\"x\":{\"shape\":[\(number)],\"dtype\":\"F32\",\"data_offsets\":[0,0]}}").hasPrefix(
        "badData: "))
  }

  @Test(arguments: [
    ("0", 0), ("12", 12), ("-7", -7), ("105.98", 105.98), ("-0.25", -0.25), ("1e3", 1000), ("2.5E-2", 0.025),
    ("1e+2", 100),
    ("0.1", 0.1), ("12345678901234567890.0", 12345678901234567890), ("1e-400", 0)
  ])
  func `reads numbers with sign, point and exponent`(text: String, wanted: Double) throws {
    let bytes = Array(text.utf8)
    let value = try #require(try JSON(parsing: Storage(copying: bytes)).double)
    // Exactly, up to 15 digits; a rounding or two beyond.
    #expect(abs(value - wanted) <= (text.utf8.count > 15 ? 1e-15 * wanted : 0))
  }

  @Test(arguments: [
    "-", "1.", "1.x", "1e", "1e-", "-.5", "1e999", "1.5.5", "--1", String(repeating: "9", count: 400) + ".0"
  ])
  func `refuses numbers that JSON does not know, or no one can hold`(text: String) {
    let bytes = Array(text.utf8)
    #expect(
      outcome { try JSON(parsing: Storage(copying: bytes), nil, "points") }.hasPrefix(
        "badData: points "))
  }

  @Test func `names the byte at which it stops`() {
    #expect(refusal("{\"x\" 7}") == "badData: header has byte 55 at 5; expected a colon")
    #expect(
      refusal("{\"x\":") == "badData: header ends at byte 5; expected an object, a list, a text or a number")
  }
}
