import Networks
import Tensors

/// Writes safetensors files for tests, in memory.
package struct TensorFile {
  private var header = ""
  private var body: [UInt8] = []
  private let metadata: [(String, String)]

  package init(metadata: [(String, String)] = []) { self.metadata = metadata }

  package mutating func add(_ name: String, _ extents: [Int], _ values: [Float]) {
    add(
      name, "F32", extents,
      values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } })
  }

  package mutating func add(_ name: String, _ tensor: Tensor<Float>) {
    add(
      name, "F32", tensor.shape.extents,
      Array(UnsafeRawBufferPointer(start: tensor.pointer, count: 4 * tensor.count)))
    withExtendedLifetime(tensor) {}
  }

  package mutating func add(_ name: String, _ type: String, _ extents: [Int], _ bytes: [UInt8]) {
    let shape = extents.map { "\($0)" }.joined(separator: ",")
    header +=
      ",\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(body.count),\(body.count + bytes.count)]}"
    body += bytes
  }

  package var bytes: [UInt8] {
    let texts = metadata.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
    return TensorFile.assemble(header: "{\"__metadata__\":{\(texts)}\(header)}", body: body)
  }

  /// A file with any text for a header.
  package static func assemble(header: String, body: [UInt8] = []) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + body
  }

  package func weightFile() throws -> WeightFile { try TensorFile.open(bytes) }

  package static func open(_ bytes: [UInt8]) throws -> WeightFile {
    try WeightFile(copying: bytes.span)
  }
}
