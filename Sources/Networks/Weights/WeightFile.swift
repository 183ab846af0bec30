import CSystem
import Tensors

/// A safetensors file: named tensors and texts. The file is untrusted.
///
/// Values are F32, F16, or a code book: `name.indices` U8 with `name.table` F32[256].
package final class WeightFile: @unchecked Sendable {
  package static let largest = 1 << 32
  static let largestHeader = 64 << 20

  package let metadata: [String: String]
  package let fingerprint: UInt64
  /// The count of numbers in all tensors; a code book counts by its indices.
  package let parameterCount: Int
  private let entries: [String: WeightHeader.Entry]
  private let bytes: Storage<UInt8>

  package convenience init(path: String) throws(Failure) {
    try self.init(taking: readFile(path, limit: WeightFile.largest))
  }

  package convenience init(copying bytes: Span<UInt8>) throws(Failure) {
    try self.init(taking: Storage(copying: bytes.bytes))
  }

  private init(taking bytes: Storage<UInt8>) throws(Failure) {
    let header = try WeightHeader(bytes, fileCount: bytes.count)
    self.bytes = bytes
    metadata = header.metadata
    parameterCount = header.parameterCount
    entries = header.entries
    fingerprint = WeightFile.fingerprint(bytes, entries, metadata)
  }

  /// Of the whole file.
  package var byteCount: Int { bytes.count }

  /// A hash of all tensors, and of the texts that can change a result, independent of their order in the
  /// file: they are added in the order of their names.
  private static func fingerprint(
    _ bytes: Storage<UInt8>, _ entries: [String: WeightHeader.Entry], _ metadata: [String: String]
  ) -> UInt64 {
    var print = Fingerprint()
    for name in entries.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      guard let entry = entries[name] else { continue }
      print.add(name)
      print.add(UInt64(entry.kind.rawValue))
      for extent in entry.extents { print.add(UInt64(extent)) }
      bytes.withSpan { print.add($0.extracting(entry.place).bytes) }
    }
    for key in metadata.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    where !ModelTexts.isDescription(key) {
      print.add(key)
      print.add(metadata[key] ?? "")
    }
    return print.value
  }

  package func contains(_ name: String) -> Bool { entries[name] != nil || entries[name + ".indices"] != nil }

  /// Of a tensor; nil if it is absent.
  package func extents(_ name: String) -> [Int]? { (entries[name] ?? entries[name + ".indices"])?.extents }

  /// The number of a tensor's axes; 0 if it is absent.
  package func rank(_ name: String) -> Int { extents(name)?.count ?? 0 }

  /// - Throws: `.badData` if `tensor` would.
  package func check(_ name: String, _ extents: [Int]) throws(Failure) {
    if try entry(name, extents).kind == .byte { try check(name + ".table", [256]) }
  }

  /// Byte tensors are the indices of a code book, and vice versa.
  private func entry(_ name: String, _ extents: [Int]) throws(Failure) -> WeightHeader.Entry {
    let (entry, isCodeBook) =
      if let plain = entries[name] { (plain, false) } else if let coded = entries[name + ".indices"] {
        (coded, true)
      } else { throw .badData("weights: \(name) is missing") }
    guard entry.extents == extents else {
      throw .badData(
        "weights: \(name) is \(try Shape(entry.extents).description); expected \(try Shape(extents).description)"
      )
    }
    guard isCodeBook == (entry.kind == .byte) else {
      throw .badData(
        "weights: \(name) is stored as \(isCodeBook ? "numbers with" : "bytes without") a code book")
    }
    return entry
  }

  /// The tensor of this name, in any storage type.
  /// - Throws: `.badData` if it is absent or has another shape.
  func reader(_ name: String, _ extents: [Int]) throws(Failure) -> WeightReader {
    let entry = try entry(name, extents)
    let numbers: WeightReader.Numbers
    switch entry.kind {
    case .float32: numbers = .singles
    case .float16: numbers = .halves
    case .byte: numbers = .codes(table: try tensor(name + ".table", [256]))
    }
    return WeightReader(bytes: bytes, place: entry.place, numbers: numbers)
  }

  /// Whether this tensor has less than 32 bits per number.
  func isNarrow(_ name: String) -> Bool {
    entries[name].map { $0.kind == .float16 } ?? (entries[name + ".indices"] != nil)
  }

  /// The tensor of this name as Float.
  /// - Throws: `.badData` if it is absent or has another shape.
  package func tensor(_ name: String, _ extents: [Int]) throws(Failure) -> Tensor<Float> {
    let reader = try reader(name, extents)
    let tensor = try Tensor<Float>(extents)
    tensor.withPointer { reader.read(0, tensor.count, into: $0) }
    return tensor
  }

  /// Names of all stored tensors, in order.
  package var names: [String] { entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// Bytes that are not numbers of the format; the caller defines their meaning.
  /// - Throws: `.badData` if they are absent or stored as numbers.
  package func bytes(_ name: String) throws(Failure) -> [UInt8] {
    guard let entry = entries[name] else { throw .badData("weights: \(name) is missing") }
    guard entry.kind == .byte else { throw .badData("weights: \(name) is stored as numbers; expected bytes") }
    return bytes.withSpan { $0.extracting(entry.place).array }
  }
}
