import Networks
import TestSupport
import Tensors
import Testing

private func half(_ bits: [UInt16]) -> [UInt8] { bits.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] } }

/// A file with a tensor of each kind and a text.
private func small() -> TensorFile {
  var file = TensorFile(metadata: [("architecture", "none"), ("made", "by hand")])
  file.add("a", [2, 3], [1, -2, 3.5, 0, .infinity, Float(bitPattern: 71362)])  // the last one subnormal
  file.add("b", "F16", [2, 2], half([0x3C00, 0xC000, 0x7BFF, 0x0001]))
  file.add("c.indices", "U8", [4], [0, 255, 1, 7])
  file.add("c.table", [256], (0..<256).map { Float($0) / 4 })
  file.add("d", "I8", [2, 2], [127, 0x81, 0, 3])
  file.add("d_scale", [2], [0.5, 2])
  return file
}

/// A file of 16 bytes of data with this header.
private func open(_ header: String, dataCount: Int = 16) -> String {
  outcome {
    try TensorFile.open(TensorFile.assemble(header: header, body: [UInt8](repeating: 0, count: dataCount)))
  }
}

private func entry(_ dtype: String = "\"F32\"", shape: String = "[4]", offsets: String = "[0,16]") -> String {
  "{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}"
}

@Suite struct WeightFileTests {
  @Test func `reads a file of every kind`() throws {
    let file = try small().weightFile()
    #expect(file.metadata == ["architecture": "none", "made": "by hand"])
    #expect(try file.tensor("a", [2, 3]).values == [1, -2, 3.5, 0, .infinity, Float(bitPattern: 71362)])
    #expect(try file.tensor("b", [2, 2]).values == [1, -2, 65504, 0x1p-24])
    #expect(try file.tensor("c", [4]).values == [0, 63.75, 0.25, 1.75])
    #expect(try file.tensor("d", [2, 2]).values == [63.5, -63.5, 0, 6])
    #expect(file.parameterCount == 6 + 4 + 4 + 4)
    #expect(file.contains("a") && file.contains("c") && !file.contains("e"))
    #expect((file.rank("a"), file.rank("c"), file.rank("e")) == (2, 1, 0))
  }

  /// Against the processor's own conversion, all of them.
  @Test func `reads all 65536 half numbers`() throws {
    let bits = (0...UInt16.max).map { $0 }
    var file = TensorFile()
    file.add("x", "F16", [65536], half(bits))
    let values = try file.weightFile().tensor("x", [65536]).values
    var wrong: [UInt16] = []
    for (bits, value) in zip(bits, values) {
      let expected = Float(Float16(bitPattern: bits))
      if value.bitPattern != expected.bitPattern && !(value.isNaN && expected.isNaN) { wrong.append(bits) }
    }
    #expect(wrong == [])
  }

  @Test func `reads subnormals, infinities and NaN of half precision`() throws {
    var file = TensorFile()
    file.add("x", "F16", [8], half([0x0001, 0x03FF, 0x0400, 0x8001, 0x7C00, 0xFC00, 0x8000, 0x7E00]))
    let values = try file.weightFile().tensor("x", [8]).values
    #expect(values[..<6] == [0x1p-24, 1023 * 0x1p-24, 0x1p-14, -0x1p-24, .infinity, -.infinity])
    #expect(values[6] == 0 && values[6].sign == .minus)
    #expect(values[7].isNaN)
  }

  @Test func `reads a single number`() throws {
    var file = TensorFile()
    file.add("one", [], [5])
    #expect(try file.weightFile().tensor("one", []).values == [5])
  }

  @Test func `refuses a tensor without numbers`() throws {
    var file = TensorFile()
    file.add("none", [0, 3], [])
    #expect(outcome { try file.weightFile() } == "badData: safetensors: none has a side of 0")
  }

  @Test func `names a tensor that is missing or of another shape`() throws {
    let file = try small().weightFile()
    #expect(outcome { try file.tensor("conv9.weight", [1]) } == "badData: weights: conv9.weight is missing")
    #expect(outcome { try file.tensor("a", [3, 2]) } == "badData: weights: a is [2, 3]; expected [3, 2]")
    #expect(outcome { try file.tensor("c", [5]) } == "badData: weights: c is [4]; expected [5]")
  }

  @Test func `refuses a code book without its table`() throws {
    var file = TensorFile()
    file.add("x.indices", "U8", [2], [0, 1])
    file.add("y.indices", "U8", [1], [0])
    file.add("y.table", [255], [Float](repeating: 0, count: 255))
    file.add("z", "U8", [2], [0, 1])
    let weights = try file.weightFile()
    #expect(outcome { try weights.tensor("x", [2]) } == "badData: weights: x.table is missing")
    #expect(outcome { try weights.tensor("y", [1]) } == "badData: weights: y.table is [255]; expected [256]")
    #expect(
      outcome { try weights.tensor("z", [2]) } == "badData: weights: z is stored as bytes without a code book"
    )
  }

  @Test func `refuses levels without scales that it can multiply by`() throws {
    func reason(_ scales: [Float], _ extents: [Int] = [2], isAbsent: Bool = false) -> String {
      outcome {
        var file = TensorFile()
        file.add("x", "I8", [2, 2], [1, 0xFF, 127, 0x80])
        if !isAbsent { file.add("x_scale", extents, scales) }
        let weights = try file.weightFile()
        let checked = outcome { try weights.check("x", [2, 2]) }
        let read = outcome { _ = try weights.tensor("x", [2, 2]) }
        #expect(checked == read)
        #expect(try weights.tensor("x", [2, 2]).values == [0.5, -0.5, 254, -256])
      }
    }
    #expect(reason([0.5, 2]) == "")
    #expect(reason([], isAbsent: true) == "badData: weights: x_scale is missing")
    #expect(reason([1, 2, 3], [3]) == "badData: weights: x_scale is [3]; expected [2]")
    #expect(reason([1, 2], [2, 1]) == "badData: weights: x_scale is [2, 1]; expected [2]")
    for scale in [-1, -0.5, .nan, .infinity, 3e38] as [Float] {
      let wanted = "badData: weights: scale 1 of x is \(scale); expected a finite one of 0 or more"
      #expect(reason([1, scale]) == wanted)
    }
    var file = TensorFile()
    file.add("x", "I8", [2, 1], [1, 2])
    file.add("x_scale", "F16", [2], half([0x3C00, 0x3C00]))
    file.add("y", "I8", [], [1])
    file.add("z.indices", "I8", [2], [1, 2])
    let weights = try file.weightFile()
    #expect(
      outcome { try weights.tensor("x", [2, 1]) }
        == "badData: weights: x_scale has less than 32 bits a number")
    #expect(
      outcome { try weights.tensor("y", []) }
        == "badData: weights: y is a single level; expected a row for each scale")
    #expect(
      outcome { try weights.tensor("z", [2]) } == "badData: weights: z is stored as numbers with a code book")
    #expect(
      outcome { try weights.bytes("x") } == "badData: weights: x is stored as numbers; expected bytes")
  }

  /// Whatever `tensor` would refuse, `check` refuses before anything is read.
  @Test func `checks a tensor as strictly as it reads it`() throws {
    var file = small()
    file.add("x.indices", "U8", [2], [0, 1])
    file.add("y.indices", "U8", [1], [0])
    file.add("y.table", [255], [Float](repeating: 0, count: 255))
    file.add("z", "U8", [2], [0, 1])
    file.add("u.indices", "U8", [1], [0])
    file.add("u.table", "U8", [256], [UInt8](repeating: 0, count: 256))
    file.add("v.indices", [1], [0])
    let weights = try file.weightFile()
    for (name, extents) in [("a", [2, 3]), ("b", [2, 2]), ("c", [4]), ("d", [2, 2])] {
      #expect(outcome { try weights.check(name, extents) } == "")
    }
    for (name, extents) in [
      ("d", [1]), ("e", [1]), ("a", [3, 2]), ("a", [6]), ("c", [5]), ("x", [2]), ("y", [1]), ("z", [2]),
      ("u", [1]),
      ("v", [1])
    ] {
      let reason = outcome { try weights.check(name, extents) }
      #expect(reason.hasPrefix("badData: weights: \(name)"), "\(reason)")
      #expect(reason == outcome { try weights.tensor(name, extents) })
    }
  }

  @Test func `refuses a file cut short at any byte`() {
    let bytes = small().bytes
    for count in 0..<bytes.count {
      let reason = outcome { try TensorFile.open(Array(bytes[..<count])) }
      #expect(reason.hasPrefix("badData"), "\(count) of \(bytes.count) bytes: \(reason)")
    }
  }

  @Test(arguments: [UInt64.max, 1 << 63, UInt64.max / 2, 1 << 40, 67_108_865, 9] as [UInt64])
  func `refuses a header longer than the file`(length: UInt64) {
    let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}      ".utf8)
    #expect(
      outcome { try TensorFile.open(bytes) }.hasPrefix(
        "badData: safetensors: a header of \(length) bytes in a file of 16"))
  }

  @Test func `takes a header padded with spaces`() throws {
    #expect(try TensorFile.open(TensorFile.assemble(header: "{}      ")).parameterCount == 0)
  }

  @Test func `refuses ranges that overlap or leave gaps`() {
    func two(_ a: String, _ b: String) -> String {
      open("{\"x\":\(entry(shape: "[2]", offsets: a)),\"y\":\(entry(shape: "[2]", offsets: b))}")
    }
    #expect(two("[0,8]", "[8,16]") == "")
    #expect(two("[8,16]", "[0,8]") == "")
    for (a, b) in [("[0,8]", "[4,12]"), ("[0,8]", "[0,8]"), ("[8,16]", "[4,12]"), ("[4,12]", "[8,16]")] {
      #expect(two(a, b).hasPrefix("badData: safetensors: a tensor begins at byte"))
    }
    // Gaps before, between and behind.
    #expect(
      open("{\"x\":\(entry(shape: "[3]", offsets: "[4,16]"))}").hasPrefix(
        "badData: safetensors: a tensor begins at byte"))
    #expect(
      open("{\"x\":\(entry(shape: "[1]", offsets: "[0,4]")),\"y\":\(entry(shape: "[2]", offsets: "[8,16]"))}")
        .hasPrefix("badData: safetensors: a tensor begins"))
    #expect(
      open("{\"x\":\(entry(shape: "[3]", offsets: "[0,12]"))}").hasPrefix(
        "badData: safetensors: the tensors end at byte"))
    #expect(open("{}").hasPrefix("badData: safetensors: the tensors end at byte"))
    // One inside the other.
    #expect(
      open("{\"y\":\(entry(shape: "[1]", offsets: "[4,8]")),\"x\":\(entry())}").hasPrefix(
        "badData: safetensors: a tensor begins"))
  }

  @Test(arguments: [
    "[1,17]", "[4,20]", "[16,0]", "[0,12]", "[0,20]", "[17,33]", "[9223372036854775807,9223372036854775807]",
    "[0,9223372036854775807]", "[0]", "[]", "[0,8,16]", "[-16,0]", "[0.5,16]", "[0,16.0]", "[0,1e1]",
    "[\"0\",16]", "[0,9223372036854775808]", "7"
  ])
  func `refuses offsets outside the data or not of its size`(offsets: String) {
    #expect(open("{\"x\":\(entry(offsets: offsets))}").hasPrefix("badData: "))
  }

  @Test(arguments: [
    "[-4]", "[4.0]", "[2,-2]", "[5]", "[3]", "[4,0]", "[9223372036854775807]", "[4611686018427387904,2]",
    "[4294967296,4294967296]", "[4611686018427387904,4]", "[9223372036854775808]", "[1,1,1,1,1,1,1,1,4]",
    "[[4]]", "4", "null", "[null]", "[4,]", "[,4]"
  ])
  func `refuses shapes that do not match their bytes`(shape: String) {
    let reason = open("{\"x\":\(entry(shape: shape))}")
    #expect(reason.hasPrefix("badData: "), "\(reason)")
  }

  @Test(arguments: ["\"F64\"", "\"BF16\"", "\"f32\"", "\"\"", "32", "[\"F32\"]"])
  func `refuses types that it does not know`(type: String) {
    #expect(open("{\"x\":\(entry(type))}").hasPrefix("badData: "))
  }

  @Test(arguments: [
    "", " ", "[]", "7", "\"x\"", "{", "}", "{}{}", "{\"x\"}", "{\"x\":}", "{\"x\":7}", "{\"x\":{}}", "{x:{}}",
    "{\"x\":{},}", "{\"__metadata__\":7}",
    "{\"__metadata__\":{\"a\":7}}", "{\"__metadata__\":{\"a\":null}}", "{\"__metadata__\":{\"a\":\"b\"}",
    "{\"a\":true}", "\u{feff}{}",
    "{\"x\":{\"dtype\":\"F32\",\"shape\":[4]}}"
  ])
  func `refuses headers that are no tensors`(header: String) {
    #expect(open(header).hasPrefix("badData: "))
  }

  @Test func `refuses a name that appears twice`() {
    let twice =
      "{\"x\":\(entry(shape: "[1]", offsets: "[0,4]")),\"x\":\(entry(shape: "[1]", offsets: "[4,8]"))}"
    #expect(open(twice) == "badData: safetensors: x appears twice")
  }

  @Test func `refuses an empty buffer`() {
    #expect(
      outcome { try WeightFile(copying: [UInt8]().span) }.hasPrefix("badData"))
  }

  @Test func `gives the system's reason for a file that is not there`() {
    #expect(
      outcome { try WeightFile(path: "/nowhere/x.safetensors") }
        == "io: /nowhere/x.safetensors: No such file or directory")
  }

  /// Whatever the bytes, a file is refused with `.badData` or read without harm.
  @Test func `stands two thousand mutations`() throws {
    let original = small().bytes
    var numbers = Numbers(seed: 2000)
    func random(_ bound: Int) -> Int { Int((numbers.next() + 1) / 2 * Double(bound)) }
    let signs = Array("{}[]\",:\\u0123456789-+.eE F3216UI8\0\u{1f}".utf8)
    var opened = 0, other: [String] = []
    for _ in 0..<2000 {
      var bytes = original
      for _ in 0...random(4) {
        // The header, where structure lies, three times as often as the whole file.
        let place = random(4) == 0 ? random(bytes.count) : random(min(bytes.count, 600))
        switch random(5) {
        case 0: bytes[place] = UInt8(random(256))
        case 1: bytes[place] ^= 1 << UInt8(random(8))
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(signs[random(signs.count)], at: place)
        default: bytes[place] = signs[random(signs.count)]
        }
      }
      let reason = outcome {
        let file = try TensorFile.open(bytes)
        opened += 1
        _ = file.parameterCount
        for (name, extents) in [("a", [2, 3]), ("b", [2, 2]), ("c", [4]), ("d", [2, 2])] {
          _ = try file.tensor(name, extents)
        }
      }
      if reason != "" && !reason.hasPrefix("badData") { other.append(reason) }
    }
    #expect(other == [], "seed 2000")
    #expect(opened > 0 && opened < 2000)
  }

  @Test func `the fingerprint changes with any byte`() throws {
    var file = TensorFile(metadata: [("text", "abcdefgh")])
    file.add("x", "U8", [21], (0..<21).map { UInt8($0) })
    let bytes = file.bytes
    let fingerprint = try TensorFile.open(bytes).fingerprint
    #expect(try TensorFile.open(bytes).fingerprint == fingerprint)
    // The data, every bit, and the text in the header; the rest of the header does not stand a change.
    let text = try #require(bytes.indices.first { bytes[$0...].starts(with: "abcdefgh".utf8) })
    var seen: Set<UInt64> = [fingerprint]
    for place in Array(bytes.count - 21..<bytes.count) {
      for bit in 0..<8 {
        var changed = bytes
        changed[place] ^= 1 << UInt8(bit)
        #expect(seen.insert(try TensorFile.open(changed).fingerprint).inserted)
      }
    }
    for place in text..<text + 8 {
      var changed = bytes
      changed[place] = UInt8(ascii: "z")
      #expect(seen.insert(try TensorFile.open(changed).fingerprint).inserted)
    }
    // The name, the type and the shape count, and the border between texts.
    for change in [("y", "U8", [21], "text"), ("x", "U8", [7, 3], "text"), ("x", "U8", [21], "texts")] {
      var other = TensorFile(metadata: [(change.3, "abcdefgh")])
      other.add(change.0, change.1, change.2, (0..<21).map { UInt8($0) })
      #expect(seen.insert(try other.weightFile().fingerprint).inserted)
    }
  }

  @Test func `the fingerprint is of what can change a result, not of texts for people`() throws {
    func fingerprint(_ texts: [(String, String)]) throws -> UInt64 {
      try TensorFile(metadata: [("architecture", "none")] + texts).weightFile().fingerprint
    }
    let plain = try fingerprint([])
    let words = ["name", "licence", "accuracy", "note", "source"].map { ($0, "any") }
    #expect(try fingerprint(words) == plain)
    #expect(try fingerprint([("threshold", "any")]) != plain)
  }

  @Test func `the fingerprint is the same whatever the order in the file`() throws {
    var one = TensorFile(metadata: [("a", "1"), ("b", "2")]),
      other = TensorFile(metadata: [("b", "2"), ("a", "1")])
    one.add("x", [2], [1, 2])
    one.add("y", [1], [3])
    other.add("y", [1], [3])
    other.add("x", [2], [1, 2])
    #expect(one.bytes != other.bytes)
    #expect(try one.weightFile().fingerprint == other.weightFile().fingerprint)
  }
}
