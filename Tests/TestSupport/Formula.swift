import Foundation
import Images
import Networks
import Tensors

/// Weights and pictures that scripts of Fixtures/reference and a test both work out, from names.
package enum Formula {
  /// Numbers in -1..<1 that depend on a name and an index.
  package static func numbers(_ name: String, _ count: Int) -> [Double] {
    let seed = name.utf8.reduce(UInt32(0)) { 31 &* $0 &+ UInt32($1) }
    return (0..<count).map { i in
      var z = seed &+ UInt32(truncatingIfNeeded: i) &* 2_654_435_761
      z ^= z >> 16
      z = z &* 0x45D_9F3B
      z ^= z >> 16
      return Double(z) / Double(1 << 31) - 1
    }
  }

  /// Weights of unit gain, the others near what they are in a trained network.
  package static func add(_ file: inout TensorFile, _ tensors: [TensorSpecification]) {
    for tensor in tensors {
      let u = numbers(tensor.name, tensor.count)
      let values: [Double]
      switch tensor.kind {
      case .weight:
        let gain = (6 / Double(tensor.count / tensor.extents[0])).squareRoot()
        values = u.map { $0 * gain }
      case .bias, .beta, .mean: values = u.map { 0.2 * $0 }
      case .gamma: values = u.map { 1 + 0.2 * $0 }
      case .variance: values = u.map { 1 + 0.5 * $0 }
      case .slope: values = u.map { 0.25 + 0.2 * $0 }
      }
      file.add(tensor.name, tensor.extents, values.map { Float($0) })
    }
  }

  package static func picture(_ name: String, width: Int, height: Int) throws -> Image {
    let levels = numbers(name, 3 * width * height).map { UInt8(min(255, ($0 + 1) * 128)) }
    return try Image(width: width, height: height) { y, row in
      for i in 0..<(3 * width) { row[i] = levels[3 * y * width + i] }
    }
  }
}

package func plain(_ width: Int, _ height: Int, level: UInt8) throws -> Image {
  try Image(width: width, height: height) { _, row in row.update(repeating: level) }
}

/// What a script of Fixtures/reference wrote; nothing where it wrote no numbers of this name.
package func fixture(_ name: String, _ key: String) throws -> [Double] {
  let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  let data = try Data(contentsOf: tests.appendingPathComponent("Fixtures/" + name))
  let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
  return (object?[key] as? [NSNumber] ?? []).map(\.doubleValue)
}

/// The largest difference, in levels, of a picture from numbers in 0...`white`, which are held within it.
package func levelDifference(_ image: Image, _ expected: [Double], white: Double) -> Double {
  let levels = (0..<image.height).flatMap { image.row($0).map(Double.init) }
  return largestDifference(levels, expected.map { min(max($0 / white, 0), 1) * 255 })
}
