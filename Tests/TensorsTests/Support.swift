import CSystem
import TestSupport
import Tensors

/// Sides about the widths of vectors and tiles.
let oddSides = [1, 2, 3, 5, 7, 13, 15, 16, 17, 31, 33, 127]

/// Numbers of a vector in the kernels under test.
var lanes: Int {
  switch String(cString: instructionSetName) {
  case "avx512": 16
  case "avx2": 8
  default: 4
  }
}

func window(
  _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, kernel: Int, stride: Int, pad: Int
) -> Window {
  Window(
    batch: batch, height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel,
    strideY: stride, strideX: stride, padTop: pad, padLeft: pad,
    outHeight: (height + 2 * pad - kernel) / stride + 1, outWidth: (width + 2 * pad - kernel) / stride + 1)
}

/// What is done to a sum, by its definition: the plain twin of `Finish`.
struct PlainFinish {
  var bias: [Float]?, rectify = false, slopes: [Float]?

  func callAsFunction(_ sum: Double, _ column: Int) -> Double {
    let sum = sum + Double(bias?[column] ?? 0)
    if sum < 0, rectify { return 0 }
    if sum < 0, let slopes { return sum * Double(slopes[column]) }
    return sum
  }

  func finish<Element: Scalar>(_: Element.Type = Element.self) throws -> Finish<Element> {
    try Finish(bias: bias?.map { Element($0) }, rectify: rectify, slopes: slopes?.map { Element($0) })
  }

  /// One of each kind.
  static func all(_ columns: Int, _ numbers: inout Numbers) -> [PlainFinish] {
    let bias: [Float] = numbers.array(columns), slopes: [Float] = numbers.array(columns)
    return [
      PlainFinish(), PlainFinish(bias: bias), PlainFinish(bias: bias, rectify: true),
      PlainFinish(bias: bias, slopes: slopes)
    ]
  }
}

/// A convolution with its numbers, of order 1.
struct Case: CustomStringConvertible {
  let window: Window
  let outputs, groups: Int
  let x: Tensor<Float>
  /// [groups][taps * channels / groups, outputs / groups]
  let weights: [Float]

  init(_ window: Window, _ outputs: Int, groups: Int = 1, _ numbers: inout Numbers) throws {
    self.window = window
    self.outputs = outputs
    self.groups = groups
    x = try numbers.tensor([window.batch, window.height, window.width, window.channels])
    weights = numbers.array(window.taps * window.channels / groups * outputs)
  }

  init(_ window: Window, _ outputs: Int, x: Tensor<Float>, weights: [Float]) {
    (self.window, self.outputs, groups) = (window, outputs, 1)
    (self.x, self.weights) = (x, weights)
  }

  /// Of one sum.
  var depth: Int { window.taps * window.channels / groups }

  func packed() throws -> PackedFilter<Float> {
    try PackedFilter(
      kernel: window.kernelHeight, stride: window.strideY, inputs: window.channels / groups, outputs: outputs,
      groups: groups,
      matrix: weights)
  }

  var description: String {
    "\(window.batch)x\(window.height)x\(window.width)x\(window.channels) to \(outputs) channels in \(groups) groups, "
      + "kernel \(window.kernelHeight), stride \(window.strideY), padding \(window.padTop)"
  }
}

/// The definition of convolution, term by term, in Double: the plain twin of the kernels, for as many
/// finishes as asked.
func plainConvolution(
  _ c: Case, _ finishes: [PlainFinish] = [PlainFinish()], addedTo before: [Float]? = nil
) -> [[Double]] {
  let w = c.window, inputs = w.channels / c.groups, each = c.outputs / c.groups
  var sums = before?.map(Double.init) ?? [Double](repeating: 0, count: w.outputPixels * c.outputs)
  sums.withUnsafeMutableBufferPointer { sums in
    c.weights.withUnsafeBufferPointer { weights in
      w.forEachPatch { pixel, tap, input in
        for group in 0..<c.groups {
          let target = pixel * c.outputs + group * each
          for i in 0..<inputs {
            let factor = Double(c.x[input + group * inputs + i]),
              row = ((group * w.taps + tap) * inputs + i) * each
            for j in 0..<each { sums[target + j] += factor * Double(weights[row + j]) }
          }
        }
      }
    }
  }
  return finishes.map { finish in sums.indices.map { finish(sums[$0], $0 % c.outputs) } }
}

/// A 2x2 pooling with stride 2 of rectified pictures, and which pixel of each window its gradient flows to:
/// the plain twin of the kernels, in their own kind of number, since no rounding but that of an average is in
/// it.
func plainPooling(_ w: Window, _ pooling: Int, _ x: [Float]) -> (values: [Float], codes: [UInt8]) {
  let height = (w.height + 1) / 2, width = (w.width + 1) / 2
  var values: [Float] = [], codes: [UInt8] = []
  for place in 0..<w.batch * height * width * w.channels {
    let c = place % w.channels, column = place / w.channels % width
    let row = place / w.channels / width % height, picture = place / w.channels / width / height
    var sum: Float = 0, largest: Float = -.infinity, winner: UInt8 = 0, open: UInt8 = 0, covered: Float = 0
    for number in 0..<4 {
      let i = number / 2, j = number % 2
      guard 2 * row + i < w.height, 2 * column + j < w.width else { continue }
      let value = x[((picture * w.height + 2 * row + i) * w.width + 2 * column + j) * w.channels + c]
      sum += value
      covered += 1
      if value > 0 { open |= 1 << UInt8(number) }
      if value.isNaN || value > largest {
        if !largest.isNaN { (largest, winner) = (value, 1 << UInt8(number)) }
      }
    }
    values.append(pooling == poolingAverage ? sum / covered : largest)
    codes.append(pooling == poolingAverage ? open : largest > 0 ? winner : 0)
  }
  return (values, codes)
}

/// Four bits a number as the kernels keep them: of each vector the bits 0 of all lanes, then the bits 1, ...
func packedCodes(_ codes: [UInt8]) -> [UInt8] {
  var packed = [UInt8](repeating: 0, count: codes.count / 2)
  for (i, code) in codes.enumerated() {
    for bit in 0..<4 where code & 1 << UInt8(bit) != 0 {
      let place = i / lanes * 4 * lanes + bit * lanes + i % lanes
      packed[place / 8] |= 1 << UInt8(place % 8)
    }
  }
  return packed
}

/// One byte a number, from the codes of whole vectors.
func unpackedCodes(_ packed: [UInt8]) -> [UInt8] {
  (0..<2 * packed.count).map { i in
    (0..<4).reduce(0) { code, bit in
      let place = i / lanes * 4 * lanes + bit * lanes + i % lanes
      return code | (packed[place / 8] >> UInt8(place % 8) & 1) << UInt8(bit)
    }
  }
}

/// A picture whose pixels are `stride` apart, with a result's columns from `first` on: nothing else may be
/// written.
struct Slice {
  let pixels, columns, first, stride: Int
  let values: Tensor<Float>
  /// Half as many bytes as numbers, beginning at the first number's.
  let codes: Tensor<UInt8>
  private let sentinel: Float = 77, codeSentinel: UInt8 = 0xA5

  init(pixels: Int, columns: Int, before: [Float]? = nil) throws {
    self.pixels = pixels
    self.columns = columns
    first = 3
    stride = columns + 5
    values = try Tensor([pixels, stride], repeating: sentinel)
    codes = try Tensor([pixels, stride], repeating: codeSentinel)
    for i in 0..<pixels * columns { values.pointer[place(i)] = before?[i] ?? .nan }
  }

  private func place(_ i: Int) -> Int { i / columns * stride + first + i % columns }

  func target(accumulate: Bool = false, pooling: Int = Int(poolingNone), withCodes: Bool = false) -> Target {
    Target(
      values: values.pointer + first, stride: stride, accumulate: accumulate ? 1 : 0, pooling: pooling,
      codes: withCodes ? codes.pointer : nil)
  }

  var result: [Float] { (0..<pixels * columns).map { values[place($0)] } }

  private var codePlaces: [Int] {
    (0..<pixels).flatMap { pixel in firstCode(pixel)..<firstCode(pixel) + columns / 2 }
  }
  private func firstCode(_ pixel: Int) -> Int { pixel * stride / 2 }

  /// One byte a number.
  var resultCodes: [UInt8] { unpackedCodes(codePlaces.map { codes[$0] }) }
  var hasNoCodes: Bool { codes.values.allSatisfy { $0 == codeSentinel } }

  /// Whether nothing but the slice was written.
  var isWhole: Bool {
    let isCode = Set(codePlaces)
    return (0..<pixels * stride).allSatisfy {
      ((first..<first + columns).contains($0 % stride) || values[$0] == sentinel)
        && (isCode.contains($0) || codes[$0] == codeSentinel)
    }
  }
}

/// Whether a work gives the same bits for one to four threads.
func givesSameBits(_ body: () throws -> [Float]) throws -> Bool {
  var results: [[UInt32]] = []
  for threads in 1...4 {
    try withPool(threads: threads) { results.append(try body().map(\.bitPattern)) }
  }
  return results.allSatisfy { $0 == results[0] }
}

func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
