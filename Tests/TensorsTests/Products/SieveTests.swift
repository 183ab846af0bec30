import CSystem
import Kernels
import TestSupport
import Testing

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
  import KernelsVNNI
#endif

/// The kernels of one build.
private struct Build: CustomTestStringConvertible, @unchecked Sendable {
  let testDescription: String
  let one:
    (
      Sieve, Int, Int, UnsafePointer<Int16>, Gate, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Int32>
    ) -> Int
  let shape: SieveShape
  let spread: (Sieve, Int, Int, Int, UnsafeMutableRawPointer) -> Void
  let many:
    (
      Sieve, Int, Int, UnsafeRawPointer, Int, UnsafeRawPointer, UnsafePointer<Int32>, Int,
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Int32>
    ) -> Int

  /// Those that this processor runs.
  static let here: [Build] = {
    var builds = [
      Build(
        testDescription: "baseline", one: Kernels.sieveBlock, shape: Kernels.sieveShape,
        spread: Kernels.spreadBlock, many: Kernels.sieveManyBlock)
    ]
    #if arch(x86_64)
      let level = systemProcessorLevel()
      if level >= Int32(systemAVX2) {
        builds.append(
          Build(
            testDescription: "AVX2", one: KernelsAVX2.sieveBlock, shape: KernelsAVX2.sieveShape,
            spread: KernelsAVX2.spreadBlock, many: KernelsAVX2.sieveManyBlock))
      }
      if level >= Int32(systemAVX512) {
        builds.append(
          Build(
            testDescription: "AVX-512", one: KernelsAVX512.sieveBlock, shape: KernelsAVX512.sieveShape,
            spread: KernelsAVX512.spreadBlock, many: KernelsAVX512.sieveManyBlock))
      }
      if level >= Int32(systemAVX512), systemHasVNNI() != 0 {
        builds.append(
          Build(
            testDescription: "VNNI", one: KernelsVNNI.sieveBlock, shape: KernelsVNNI.sieveShape,
            spread: KernelsVNNI.spreadBlock, many: KernelsVNNI.sieveManyBlock))
      }
    #endif
    return builds
  }()

  /// The rows that pass.
  func sieve(_ coded: Coded, _ query: Query, _ distance: Double, from first: Int, _ count: Int) -> [Int] {
    var products = [Float](repeating: 0, count: count), places = [Int32](repeating: 0, count: count)
    let found = coded.withSieve { sieve in
      one(sieve, first, count, query.padded, query.gate(distance), &products, &places)
    }
    return places.prefix(found).map { first + Int($0) }
  }

  /// For each of some queries the rows that pass.
  func sieve(
    _ coded: Coded, _ queries: [Query], _ distances: [Double], from first: Int, _ count: Int
  ) -> [[Int]] {
    let columns = (queries.count + shape.columns - 1) / shape.columns * shape.columns
    let groups = (coded.dimension + shape.group - 1) / shape.group
    let stride = (coded.dimension + codeSlack - 1) / codeSlack * codeSlack * 4 / shape.group
    var packed = [UInt8](repeating: 0, count: columns * groups * 4)
    var starts = [Int32](repeating: 0, count: columns)
    for (column, query) in queries.enumerated() {
      for i in 0..<coded.dimension {
        let number = query.padded[i]
        let place =
          (column / shape.lanes * groups + i / shape.group) * shape.lanes * 4 + column % shape.lanes * 4
        if shape.group == 4 {
          packed[place + i % 4] = UInt8(truncatingIfNeeded: number)
          starts[column] -= 128 * Int32(number)
        } else {
          packed[place + 2 * (i % 2)] = UInt8(truncatingIfNeeded: number)
          packed[place + 2 * (i % 2) + 1] = UInt8(truncatingIfNeeded: number >> 8)
        }
      }
    }
    let none = [Gate](
      repeating: Gate(reach: 0, scale: 0, limit: -.infinity), count: columns - queries.count)
    let gates = zip(queries, distances).map { $0.gate($1) } + none
    let reaches = gates.map(\.reach), scales = gates.map(\.scale), limits = gates.map(\.limit)
    var room = [UInt8](repeating: 0, count: count * stride)
    var places = [Int32](repeating: 0, count: count * columns)
    let found = coded.withSieve { sieve in
      spread(sieve, first, count, stride, &room)
      return many(
        sieve, first, count, room, stride, packed, starts, columns, reaches, scales, limits, &places)
    }
    var rows = [[Int]](repeating: [], count: columns)
    for place in places.prefix(found) { rows[Int(place) % columns].append(first + Int(place) / columns) }
    return rows.prefix(queries.count).map { $0.sorted() }
  }
}

/// Rows and their codes.
private struct Coded {
  let dimension: Int
  let rows: [[Float]]
  private(set) var codes: [Int8], scales: [Float], losses: [Float], lows: [Float]

  init(_ rows: [[Float]]) {
    (self.rows, dimension) = (rows, rows[0].count)
    codes = [Int8](repeating: 0, count: rows.count * dimension + codeSlack)
    scales = [Float](repeating: -1, count: rows.count)
    (losses, lows) = (scales, scales)
    encodeBlock(rows.flatMap { $0 }, dimension, rows.count, &codes, &scales, &losses, &lows)
  }

  func withSieve<Result>(_ body: (Sieve) -> Result) -> Result {
    codes.withUnsafeBufferPointer { codes in
      scales.withUnsafeBufferPointer { scales in
        losses.withUnsafeBufferPointer { losses in
          lows.withUnsafeBufferPointer { lows in
            body(
              Sieve(
                codes: codes.baseAddress, scales: scales.baseAddress, losses: losses.baseAddress,
                lows: lows.baseAddress, dimension: dimension))
          }
        }
      }
    }
  }

  /// What the codes of a row stand for.
  func shown(_ row: Int) -> [Double] {
    codes[(row * dimension)..<((row + 1) * dimension)].map { Double(scales[row]) * Double($0) }
  }
}

private func length(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
}

private func doubles(_ numbers: [Float]) -> [Double] { numbers.map { Double($0) } }

/// A query in whole numbers.
private struct Query {
  let numbers: [Float]
  let scale: Float
  let padded: [Int16]

  init(_ numbers: [Float], most: Int) {
    self.numbers = numbers
    let scale = (numbers.map { abs($0) }.max() ?? 0) / Float(most)
    self.scale = scale
    padded = numbers.map { Int16(($0 / scale).rounded()) } + [Int16](repeating: 0, count: codeSlack)
  }

  var shown: [Double] { numbers.indices.map { Double(scale) * Double(padded[$0]) } }
  var loss: Double { length(shown, doubles(numbers)) }

  /// By the formula of `Sources/Kernels/Sieve.swift`, in Double and 1e-6 wider.
  func gate(_ distance: Double) -> Gate {
    let reach = (distance + loss) * (1 + 1e-6)
    let square = shown.reduce(0) { $0 + $1 * $1 }
    return Gate(
      reach: Float(2 * reach), scale: 2 * scale, limit: Float(reach * reach - square + 1e-6 * square))
  }
}

@Suite struct SieveTests {
  private static let dimensions = [1, 2, 3, 7, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 500]

  @Test(arguments: dimensions, [Float(1), 1e-8, 1e14])
  func `a row is as far from its codes as its loss says, which is half a step a number at most`(
    dimension: Int, scale: Float
  ) {
    var numbers = Numbers(seed: UInt64(dimension))
    let coded = Coded((0..<50).map { _ in (numbers.array(dimension) as [Float]).map { $0 * scale } })
    for (row, values) in coded.rows.enumerated() {
      let step = Double(coded.scales[row]), loss = Double(coded.losses[row])
      let shown = coded.shown(row), lost = length(shown, doubles(values))
      #expect(abs(step - Double(values.map { abs($0) }.max() ?? 0) / 127) <= 1e-6 * step)
      // Roundings alone are left of a number that is a code itself.
      #expect(lost <= loss && loss <= lost * 1.001 + 1e-4 * step)
      #expect(lost <= 0.5001 * step * Double(dimension).squareRoot())
      let square = shown.reduce(0) { $0 + $1 * $1 }, low = Double(coded.lows[row])
      #expect(low < square - loss * loss && low > square - loss * loss - 1e-6 * (square + loss * loss))
    }
  }

  @Test func `a row of zeros is its code, and rows without a bound always pass`() {
    var rows = [[Float]](repeating: [Float](repeating: 1, count: 40), count: 6)
    rows[0] = [Float](repeating: 0, count: 40)
    rows[1][17] = .nan
    rows[2][39] = -.infinity
    rows[3][5] = 1e16
    rows[4] = [Float](repeating: 1e-13, count: 40)
    let coded = Coded(rows)
    #expect(coded.losses[0] == 0 && coded.lows[0] == 0)
    #expect(coded.lows[1...4].allSatisfy { $0 == -.infinity } && coded.lows[5] > 39)
    for build in Build.here {
      // The zeros are 632 from it, the ones 626.
      let query = Query([Float](repeating: 100, count: 40), most: build.shape.most)
      #expect(build.sieve(coded, query, 1, from: 0, 6) == [1, 2, 3, 4])
      #expect(
        build.sieve(coded, [query, query], [1, 629], from: 0, 6) == [[1, 2, 3, 4], [1, 2, 3, 4, 5]])
    }
  }

  @Test(arguments: dimensions, Build.here)
  private func `all rows within a distance pass, and none that is farther by more than twice the losses`(
    dimension: Int, build: Build
  ) {
    var numbers = Numbers(seed: UInt64(dimension) + 50)
    let coded = Coded((0..<131).map { _ in numbers.array(dimension) })
    // As fine as its sums with 127 leave an Int32, or as the tile takes them.
    let most = min(build.shape.most, Int(Int32.max) / (127 * dimension))
    let queries = (0..<19).map { _ in Query(numbers.array(dimension), most: most) }
    let distances = queries.map { query in
      coded.rows.map { length(doubles($0), doubles(query.numbers)) }
    }
    // A third of the rows lies within.
    let limits = distances.map { $0.sorted()[40] }
    for (first, count) in [(0, 131), (0, 1), (3, 2), (64, 64), (5, 16), (7, 6), (130, 1)] {
      let passed = zip(queries, limits).map { build.sieve(coded, $0, $1, from: first, count) }
      #expect(build.sieve(coded, queries, limits, from: first, count) == passed)
      for query in queries.indices {
        for row in first..<(first + count) {
          let loss = Double(coded.losses[row]) + queries[query].loss, distance = distances[query][row]
          if distance <= limits[query] {
            #expect(passed[query].contains(row))
          } else if distance > (limits[query] + 2 * loss) * 1.00001 {
            #expect(!passed[query].contains(row))
          }
        }
      }
    }
  }

  @Test(arguments: Build.here)
  private func `the largest products in the largest dimension leave no sum`(build: Build) {
    let dimension = 1 << 17
    var rows = [1, -1, 1].map { [Float](repeating: $0, count: dimension) }
    rows[2][dimension - 1] = 0
    let coded = Coded(rows)
    // 127 * 129 * 2^17 = 2147352576 is the largest below 2^31.
    let padded = [Int16](repeating: 129, count: dimension) + [Int16](repeating: 0, count: codeSlack)
    var products = [Float](repeating: 0, count: 3), places = [Int32](repeating: 0, count: 3)
    let gate = Gate(reach: 0, scale: 1, limit: .infinity)
    coded.withSieve { sieve in
      #expect(build.one(sieve, 0, 3, padded, gate, &products, &places) == 3)
    }
    let sum = 127 * 129 * dimension
    #expect(products == [Float(sum), -Float(sum), Float(sum - 127 * 129)])
    // And by the tile: the first row is the query, and the second one far from it.
    let query = Query([Float](repeating: 1, count: dimension), most: min(build.shape.most, 129))
    #expect(build.sieve(coded, [query, query], [1, 700], from: 0, 2) == [[0], [0]])
    #expect(build.sieve(coded, [query], [725], from: 0, 2) == [[0, 1]])
  }
}
