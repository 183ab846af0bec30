import Networks
import Testing

@Suite struct DecimalTests {
  @Test(arguments: [("0.6", Float(0.6)), ("-47.54918", -47.54918), ("150", 150), (".5", 0.5), ("7.", 7)])
  func `reads plain numbers`(text: String, value: Float) { #expect(decimal(text.utf8) == value) }

  @Test(arguments: [
    "", "-", ".", "1e5", "1,5", "nan", "0x10", " 1", "1.2.3", "5-", String(repeating: "9", count: 31)
  ])
  func `reads nothing else`(text: String) { #expect(decimal(text.utf8) == nil) }
}
