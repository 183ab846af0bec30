import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// What the safetensors package made: Tests/Fixtures/reference/safetensors_reference.py.
private struct Reference: Decodable {
  let numbers: [Float]
  let file: String

  static func load() throws -> Reference { try fixture("safetensors.json") }
}

private func reopened(_ writer: WeightFileWriter) throws -> WeightFile {
  let bytes = try writer.bytes()
  return try bytes.withSpan { try WeightFile(copying: $0) }
}

@Suite struct WeightFileWriterTests {
  @Test func `writes the bytes that the safetensors package writes`() throws {
    let reference = try Reference.load()
    var writer = WeightFileWriter()
    writer.metadata["text"] = "line\nquote \" slash / back \\ tab\t bell\u{7} ünï 🙂"
    try writer.add("counter", bytes: [0, 1, 2])
    try writer.add("näme \"with\" \\ and\n", Tensor([2], [1, 2]), as: .float16)
    try writer.add("b.half", Tensor([16], reference.numbers), as: .float16)
    try writer.add("b.weight", Tensor([2, 8], reference.numbers))
    try writer.add("a", Tensor([], [7.5]))
    let hexadecimal = try writer.bytes().values.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(hexadecimal == reference.file)
  }

  @Test func `is read back bit for bit`() throws {
    var numbers = Numbers(seed: 5)
    let special: [Float] = [
      0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, -.greatestFiniteMagnitude, .nan
    ]
    let values: [Float] = special + numbers.array(1000)
    let bytes = (0..<777).map { UInt8(truncatingIfNeeded: $0 * 13) }
    var writer = WeightFileWriter()
    writer.metadata = ["a": "", "": "b", "quote\"": "\u{0}\u{1f}\\\\"]
    try writer.add("x", Tensor([values.count], values))
    try writer.add("raw", bytes: bytes)
    let file = try reopened(writer)
    #expect(file.metadata == writer.metadata)
    #expect(file.names == ["raw", "x"])
    #expect(try file.tensor("x", [values.count]).values.map { $0.bitPattern } == values.map { $0.bitPattern })
    #expect(try file.bytes("raw") == bytes)
  }

  /// Against the processor's own conversion.
  @Test func `rounds to the nearest half, ties to even`() throws {
    var numbers = Numbers(seed: 6)
    var values: [Float] = []
    for bits in UInt16.min...UInt16.max {
      let number = Float(Float16(bitPattern: bits))
      guard number.isFinite, abs(number) < 65504 else { continue }
      // The number, the border to the next one, both sides of it, and a number between.
      let next = Float(Float16(bitPattern: bits + 1))
      let border = (number + next) / 2
      values += [
        number, border, border.nextUp, border.nextDown,
        number + (next - number) * Float(numbers.next() + 1) / 2
      ]
    }
    values += [65504, 65519.996, .infinity, -.infinity, .leastNonzeroMagnitude, -1e-30]
    var writer = WeightFileWriter()
    try writer.add("x", Tensor([values.count], values), as: .float16)
    let stored = try reopened(writer).tensor("x", [values.count]).values
    var wrong: [Float] = []
    for (value, stored) in zip(values, stored) where stored.bitPattern != Float(Float16(value)).bitPattern {
      wrong.append(value)
    }
    #expect(wrong == [])
  }

  @Test func `names the tensor whose number has no half`() throws {
    for value: Float in [65520, -65536, 3e38] {
      var writer = WeightFileWriter()
      try writer.add("conv1.weight", Tensor([2], [1, value]), as: .float16)
      #expect(
        outcome { try writer.bytes() }
          == "invalidArgument: \(value) in conv1.weight has no half precision number; expected at most 65504")
    }
    var writer = WeightFileWriter()
    try writer.add("x", Tensor([1], [.nan]), as: .float16)
    #expect(try reopened(writer).tensor("x", [1])[0].isNaN)
  }

  @Test func `refuses what the reader would refuse`() throws {
    var writer = WeightFileWriter()
    try writer.add("x", Tensor([1], [1]))
    #expect(outcome { try writer.add("x", bytes: [1]) } == "invalidArgument: two tensors named x")
    #expect(outcome { try writer.add("y", bytes: []) } == "invalidArgument: tensor y has a side of 0")
    #expect(
      outcome { try writer.add("y", Tensor([0, 3], [])) } == "invalidArgument: tensor y has a side of 0")
    #expect(
      outcome { try writer.add("y", Tensor([1, 1, 1, 1, 1, 1, 1, 1, 1], [0])) }.hasSuffix(
        "9 axes; expected at most 8"))
    #expect(
      outcome { try writer.add("__metadata__", bytes: [1]) }.hasPrefix(
        "invalidArgument: a tensor named __metadata__"))
    let file = try reopened(writer)
    #expect(outcome { try file.bytes("x") } == "badData: weights: x is stored as numbers; expected bytes")
    #expect(outcome { try file.bytes("y") } == "badData: weights: y is missing")
  }

  @Test func `is an empty file that can be read`() throws {
    #expect(try reopened(WeightFileWriter()).names == [])
  }

  @Test func `replaces a file and leaves an old one whole where it cannot`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "facestyle-\(UUID().uuidString)"
    ).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/weights.safetensors"
    for value: Float in [1, 2] {
      var writer = WeightFileWriter()
      try writer.add("x", Tensor([1], [value]))
      try writer.write(path: path)
      #expect(try WeightFile(path: path).tensor("x", [1]).values == [value])
    }
    var writer = WeightFileWriter()
    try writer.add("x", Tensor([1], [1e6]), as: .float16)
    #expect(outcome { try writer.write(path: path) }.hasPrefix("invalidArgument"))
    #expect(try WeightFile(path: path).tensor("x", [1]).values == [2])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["weights.safetensors"])
    #expect(
      outcome { try WeightFileWriter().write(path: "/nowhere/x") }
        == "io: /nowhere/x: No such file or directory")
  }
}
