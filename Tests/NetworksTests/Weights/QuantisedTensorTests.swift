import Networks
import TestSupport
import Tensors
import Testing

private func reopened(_ writer: WeightFileWriter) throws -> WeightFile {
  let bytes = try writer.bytes()
  return try bytes.withSpan { try WeightFile(copying: $0) }
}

/// The numbers of weights after they were kept in 8 bits.
private func stored(_ values: [Float], rows: Int) throws -> [Float] {
  let extents = [rows, values.count / rows]
  var writer = WeightFileWriter()
  try writer.add("c.weight", Tensor(extents, values), as: .int8)
  let file = try reopened(writer)
  #expect(file.names == ["c.weight", "c.weight_scale"])
  #expect(file.parameterCount == values.count)
  return try file.tensor("c.weight", extents).values
}

@Suite struct QuantisedTensorTests {
  @Test func `keeps levels to 127 with a scale for each row, ties to even`() throws {
    // Scales of 1 and 1/2: 2.5 / 1 lies between levels, -31.75 / 0.5 = -63.5 too.
    let rows: [Float] = [127, -127, 0.5, 1.5, -2.5, 63.5, -31.75, 0, 0.25, 1]
    #expect(try stored(rows, rows: 2) == [127, -127, 0, 2, -2, 63.5, -32, 0, 0, 1])
    #expect(try stored([Float](repeating: 0, count: 6), rows: 1) == [Float](repeating: 0, count: 6))
  }

  @Test func `is at most half a level off`() throws {
    var numbers = Numbers(seed: 8)
    let each = 45, rows = 64
    let values: [Float] = (0..<rows).flatMap { row -> [Float] in
      let part: [Float] = numbers.array(each)
      return part.map { $0 * Float(row + 1) }
    }
    let found = try stored(values, rows: rows)
    for row in 0..<rows {
      let places = (row * each)..<((row + 1) * each)
      let scale = Double(values[places].map { abs($0) }.max() ?? 0) / 127
      let worst = places.map { abs(Double(values[$0]) - Double(found[$0])) }.max() ?? 0
      #expect(worst <= 0.5 * scale * (1 + Tolerance.float) && worst > 0, "row \(row)")
    }
  }

  /// The scale of the first row is rounded down by a third, that of the second to nothing.
  @Test func `bounds the levels of numbers that are hardly numbers`() throws {
    let unit = Float.leastNonzeroMagnitude
    let found = try stored([180 * unit, -180 * unit, unit, 0, 0, unit, 2 * unit, 0, 0, 0], rows: 2)
    #expect(found == [127 * unit, -127 * unit, unit, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func `names a tensor with a number that has no level`() throws {
    for value in [Float.nan, .infinity, -.infinity] {
      var writer = WeightFileWriter()
      let tensor = try Tensor<Float>([1, 6], [1, 2, 3, value, 5, 6])
      #expect(
        outcome { try writer.add("c.weight", tensor, as: .int8) }
          == "invalidArgument: \(value) in c.weight has no level of 8 bits; expected a finite number")
    }
  }

  /// Biases, statistics, weights of few inputs, for which the scales would take what the levels save.
  @Test func `leaves halves where levels save nothing`() throws {
    for (name, extents) in [
      ("a.bias", [12]), ("a.weight", [12]), ("a.running_var", [2, 6]), ("a.weight", [3, 4]),
      ("a.weight", [12, 1, 1, 1])
    ] {
      var writer = WeightFileWriter()
      let values = (0..<12).map { Float($0) + 0.0625 }
      try writer.add(name, Tensor(extents, values), as: .int8)
      let file = try reopened(writer)
      #expect(file.names == [name])
      #expect(try file.tensor(name, extents).values == values)
      #expect(file.byteCount < 200 + 3 * 12)
    }
  }

  @Test func `a file written again has the numbers of the other precision, and the same texts`() throws {
    var numbers = Numbers(seed: 9)
    var writer = WeightFileWriter()
    writer.metadata = ["architecture": "none", "threshold": "0.5"]
    let weights: [Float] = numbers.array(128 * 70), bias: [Float] = numbers.array(128)
    try writer.add("c.weight", Tensor([128, 70], weights))
    try writer.add("c.bias", Tensor([128], bias))
    try writer.add("raw", bytes: [1, 2, 3])
    let whole = try reopened(writer)
    var direct: [WeightFileWriter.Numbers: WeightFile] = [:]
    for precision in WeightFileWriter.Numbers.allCases {
      var writer = WeightFileWriter()
      try writer.add("c.weight", Tensor([128, 70], weights), as: precision)
      try writer.add("c.bias", Tensor([128], bias), as: precision)
      direct[precision] = try reopened(writer)
    }
    for precision in WeightFileWriter.Numbers.allCases {
      let again = try reopened(whole.rewritten(as: precision)), wanted = try #require(direct[precision])
      #expect(again.metadata == writer.metadata && again.parameterCount == whole.parameterCount)
      #expect(try again.bytes("raw") == [1, 2, 3])
      for (name, extents) in [("c.weight", [128, 70]), ("c.bias", [128])] {
        #expect(try again.tensor(name, extents).values == wanted.tensor(name, extents).values)
      }
      #expect((again.fingerprint == whole.fingerprint) == (precision == .float32))
      // In its own precision nothing changes.
      #expect(try reopened(again.rewritten(as: precision)).fingerprint == again.fingerprint)
      // And single precision keeps what is left.
      let wide = try reopened(again.rewritten(as: .float32))
      #expect(try wide.tensor("c.weight", [128, 70]).values == again.tensor("c.weight", [128, 70]).values)
    }
  }

  @Test func `a code book written again is numbers`() throws {
    var file = TensorFile()
    file.add("c.weight.indices", "U8", [1, 6], [0, 255, 1, 7, 100, 3])
    file.add("c.weight.table", [256], (0..<256).map { Float($0) / 4 })
    let again = try reopened(file.weightFile().rewritten(as: .float16))
    #expect(again.names == ["c.weight"])
    #expect(try again.tensor("c.weight", [1, 6]).values == [0, 63.75, 0.25, 1.75, 25, 0.75])
  }
}
