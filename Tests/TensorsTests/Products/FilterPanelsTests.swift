import CSystem
import TestSupport
import Tensors
import Testing

/// Weights as files have them, [outputs, inputs / groups, kernel, kernel], and the matrices that they stand
/// for.
private struct Weights<Number: BitwiseCopyable> {
  let numbers: [Number]
  let kernel, inputs, outputs, groups: Int

  init(kernel: Int, inputs: Int, outputs: Int, groups: Int = 1, _ number: (Int) -> Number) {
    (self.kernel, self.inputs, self.outputs, self.groups) = (kernel, inputs, outputs, groups)
    numbers = (0..<kernel * kernel * inputs / groups * outputs).map(number)
  }

  var each: Int { numbers.count / outputs }

  func read(_ output: Int, _ first: Int, _ count: Int, _ target: UnsafeMutablePointer<Number>) {
    for i in 0..<count { target[i] = numbers[output * each + first + i] }
  }

  func shape(isTurned: Bool, isNarrow: Bool = false) -> FilterShape {
    FilterShape(
      kernel: kernel, inputs: (isTurned ? outputs : inputs) / groups, outputs: isTurned ? inputs : outputs,
      groups: groups,
      isNarrow: isNarrow)
  }

  /// Group after group `m[t I + i, o] = w[o, i, t]`, or turned `m[t O + o, i] = w[o, i, T - 1 - t]`.
  func matrix(isTurned: Bool) -> [Number] {
    let taps = kernel * kernel, length = inputs / groups, some = outputs / groups
    let (rows, columns) = isTurned ? (some, length) : (length, some)
    return (0..<numbers.count).map { place in
      let column = place % columns, row = place / columns % rows, t = place / columns / rows % taps
      let group = place / columns / rows / taps, (o, i) = isTurned ? (row, column) : (column, row)
      return numbers[(group * some + o) * each + i * taps + (isTurned ? taps - 1 - t : t)]
    }
  }
}

/// A convolution of seeded numbers by a filter.
private func convolved<Element: Scalar>(
  _ filter: PackedFilter<Element>, height: Int = 6, width: Int = 5
) throws -> [Element] {
  let shape = filter.shape, channels = shape.inputs * shape.groups
  let w = window(1, height, width, channels, kernel: shape.kernel, stride: 1, pad: shape.kernel / 2)
  var numbers = Numbers(seed: 6)
  let x: Tensor<Element> = try numbers.tensor([1, height, width, channels])
  let y = try Tensor<Element>([w.outputPixels, shape.outputs], repeating: .nan)
  try Element.convolve(w, x.pointer, filter, y.pointer, .nothing, Workspace())
  return y.values
}

@Suite struct FilterPanelsTests {
  @Test(
    arguments: [
      (1, 1, 1, 1), (1, 127, 33, 1), (3, 3, 17, 1), (3, 17, 3, 1), (5, 31, 16, 1), (7, 13, 2, 1),
      (3, 32, 48, 1), (3, 6, 4, 2),
      (3, 33, 66, 3), (5, 17, 34, 17), (3, 21, 21, 21), (1, 5, 5, 5), (3, 4, 2, 2)
    ], [false, true])
  func `weights become the matrices that they stand for`(
    sides: (kernel: Int, inputs: Int, outputs: Int, groups: Int), isTurned: Bool
  ) throws {
    func check<Element: Scalar>(_: Element.Type) throws -> Bool {
      var numbers = Numbers(seed: UInt64(sides.inputs))
      let weights = Weights<Element>(
        kernel: sides.kernel, inputs: sides.inputs, outputs: sides.outputs, groups: sides.groups
      ) { _ in
        Element(numbers.next())
      }
      let shape = weights.shape(isTurned: isTurned)
      let byMatrix = try PackedFilter<Element>(
        kernel: shape.kernel, stride: 1, inputs: shape.inputs, outputs: shape.outputs, groups: shape.groups,
        matrix: weights.matrix(isTurned: isTurned))
      return try convolved(PackedFilter(shape, isTurned: isTurned, read: weights.read)) == convolved(byMatrix)
    }
    #expect(try check(Float.self))
    #expect(try check(Double.self))
  }
}

/// Weights in a byte or two, against the same weights as numbers: widening them rounds nothing, so no bit may
/// differ.
@Suite struct NarrowMatrixTests {
  /// A product, padded rows, a sweep, a few channels; Winograd's method in chunks, in phases with a kept
  /// filter and without.
  @Test(
    arguments: [
      (6, 5, 40, 21, 1), (6, 5, 3, 21, 5), (6, 5, 18, 17, 3), (6, 5, 40, 3, 3), (1, 1, 127, 1, 1),
      (29, 31, 32, 48, 3),
      (20, 21, 144, 144, 3), (20, 21, 272, 144, 3)
    ], [false, true])
  func `a convolution by narrow weights has the bits of one by wide weights`(
    sides: (height: Int, width: Int, inputs: Int, outputs: Int, kernel: Int), isTurned: Bool
  ) throws {
    func weights<Number: BitwiseCopyable>(_ number: (Int) -> Number) -> Weights<Number> {
      Weights(kernel: sides.kernel, inputs: sides.inputs, outputs: sides.outputs, number)
    }
    func result(_ filter: PackedFilter<Float>) throws -> [UInt32] {
      bits(try convolved(filter, height: sides.height, width: sides.width))
    }
    func wide(_ numbers: [Float]) throws -> PackedFilter<Float> {
      let weights = weights { numbers[$0] }
      return try PackedFilter(weights.shape(isTurned: isTurned), isTurned: isTurned, read: weights.read)
    }
    var numbers = Numbers(seed: UInt64(sides.inputs))
    let codes = weights { UInt8(truncatingIfNeeded: $0 &* 7919 / 13) },
      shape = codes.shape(isTurned: isTurned, isNarrow: true)
    let entries: [Float] = numbers.array(256), table = try Storage<Float>(count: 256)
    for (i, entry) in entries.enumerated() { table.pointer[i] = entry }
    let byCodes = try NarrowMatrix(shape, isTurned: isTurned, table: table, codes: codes.read)
    #expect(
      try result(Float.filter(shape, narrow: byCodes)) == result(wide(codes.numbers.map { entries[Int($0)] }))
    )

    // Halves between 2^-8 and 2 of both signs.
    let halves = weights { UInt16(0x1C00 + $0 &* 7919 % 0x2400) | UInt16($0 % 3 == 0 ? 0x8000 : 0) }
    let byHalves = try NarrowMatrix(shape, isTurned: isTurned, halves: halves.read)
    #expect(
      try result(Float.filter(shape, narrow: byHalves))
        == result(wide(halves.numbers.map { float(half: $0) })))

    // Signed levels, with a scale for each output of the stored weights.
    let levels = weights { UInt8(bitPattern: Int8($0 &* 7919 % 255 - 127)) }
    let factors: [Float] = numbers.array(sides.outputs),
      scales = try Storage<Float>(count: factors.count)
    for (i, factor) in factors.enumerated() { scales.pointer[i] = factor }
    let byLevels = try NarrowMatrix(shape, isTurned: isTurned, scales: scales, levels: levels.read)
    let widened = levels.numbers.enumerated().map { place, level in
      factors[place / levels.each] * Float(Int8(bitPattern: level))
    }
    #expect(try result(Float.filter(shape, narrow: byLevels)) == result(wide(widened)))
  }
}
