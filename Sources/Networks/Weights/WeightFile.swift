import CSystem
import Tensors

/// A safetensors file: named tensors and texts. The file is untrusted.
///
/// Layout: 8 bytes little-endian header length, the header in JSON, then the tensors' bytes. Every range is
/// checked against the file before anything is read; overlapping ranges, unknown types and shapes that do not
/// match their ranges are rejected. Values are F32, F16, or a code book: `name.indices` U8 with `name.table`
/// F32[256].
package final class WeightFile: @unchecked Sendable {
  package static let largest = 1 << 32
  static let largestHeader = 64 << 20

  package let metadata: [String: String]
  package let fingerprint: UInt64
  private let entries: [String: Entry]
  private let bytes: Storage<UInt8>

  private enum Kind: Int { case float32 = 4, float16 = 2, byte = 1 }

  private struct Entry {
    let kind: Kind
    let extents: [Int]
    let count, offset: Int

    /// The range of its bytes in the file.
    var place: Range<Int> { offset..<(offset + count * kind.rawValue) }
  }

  package convenience init(path: String) throws(Failure) {
    try self.init(taking: readFile(path, limit: WeightFile.largest))
  }

  package convenience init(copying bytes: Span<UInt8>) throws(Failure) {
    try self.init(taking: Storage(copying: bytes.bytes))
  }

  private init(taking bytes: Storage<UInt8>) throws(Failure) {
    let count = bytes.count
    guard count >= 10 else { throw .badData("safetensors: \(count) bytes; expected at least 10") }
    var length: UInt64 = 0
    for i in 0..<8 { length |= UInt64(bytes[i]) << UInt64(8 * i) }
    guard length <= UInt64(min(count - 8, WeightFile.largestHeader)) else {
      throw .badData(
        "safetensors: a header of \(length) bytes in a file of \(count), this is no safetensors file")
    }
    let dataStart = 8 + Int(length)
    let header = try JSON(parsing: bytes, 8..<dataStart)
    guard case .object(let members) = header else {
      throw .badData("safetensors: the header is not an object")
    }
    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]
    var ranges: [(first: Int, end: Int)] = []
    for (name, value) in members {
      guard case .object(let fields) = value else { throw .badData("safetensors: \(name) is not an object") }
      if name == "__metadata__" {
        for (key, value) in fields {
          guard case .text(let text) = value else {
            throw .badData("safetensors: metadata \(key) is not a text")
          }
          metadata[key] = text
        }
        continue
      }
      let entry = try WeightFile.entry(name, fields, dataStart: dataStart, fileCount: count)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw .badData("safetensors: \(name) appears twice")
      }
      ranges.append((entry.place.lowerBound, entry.place.upperBound))
    }
    // The format allows neither gaps nor overlaps: they indicate a damaged length.
    ranges.sort { $0.first < $1.first }
    var end = dataStart
    for range in ranges {
      guard range.first == end else {
        throw .badData(
          "safetensors: a tensor begins at byte \(range.first), the one before it ends at \(end)")
      }
      end = range.end
    }
    guard end == count else {
      throw .badData("safetensors: the tensors end at byte \(end), the file at \(count)")
    }
    self.bytes = bytes
    self.metadata = metadata
    self.entries = entries
    fingerprint = WeightFile.fingerprint(bytes, entries, metadata)
  }

  private static func entry(
    _ name: String, _ fields: [(key: String, value: JSON)], dataStart: Int, fileCount: Int
  ) throws(Failure) -> Entry {
    var kind: Kind?, extents: [Int]?, range: (Int, Int)?
    for (key, value) in fields {
      switch (key, value) {
      case ("dtype", .text(let type)):
        switch type {
        case "F32": kind = .float32
        case "F16": kind = .float16
        case "U8": kind = .byte
        default: throw .badData("safetensors: \(name) is \(type); expected F32, F16 or U8")
        }
      case ("shape", .array(let list)), ("data_offsets", .array(let list)):
        var numbers: [Int] = []
        for element in list {
          guard case .number(let number) = element else {
            throw .badData("safetensors: \(key) of \(name) is not made of numbers")
          }
          numbers.append(number)
        }
        if key == "shape" {
          extents = numbers
        } else if numbers.count == 2 {
          range = (numbers[0], numbers[1])
        }
      default: break
      }
    }
    guard let kind, let extents, let range else {
      throw .badData("safetensors: \(name) lacks dtype, shape or data_offsets")
    }
    guard extents.count <= 8 else {
      throw .badData("safetensors: \(name) has \(extents.count) axes; expected at most 8")
    }
    var size = kind.rawValue, overflow = false
    for extent in extents where !overflow { (size, overflow) = size.multipliedReportingOverflow(by: extent) }
    guard size > 0 || overflow else { throw .badData("safetensors: \(name) has a side of 0") }
    guard !overflow, range.0 <= range.1, range.1 <= fileCount - dataStart, range.1 - range.0 == size else {
      throw .badData(
        "safetensors: \(name) lies at \(range.0)..\(range.1) of \(fileCount - dataStart) bytes; expected \(overflow ? Int.max : size)"
      )
    }
    return Entry(kind: kind, extents: extents, count: size / kind.rawValue, offset: dataStart + range.0)
  }

  /// A hash of all tensors and texts, independent of their order in the file: they are added in the order of
  /// their names.
  private static func fingerprint(
    _ bytes: Storage<UInt8>, _ entries: [String: Entry], _ metadata: [String: String]
  ) -> UInt64 {
    var print = Fingerprint()
    for name in entries.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      guard let entry = entries[name] else { continue }
      print.add(name)
      print.add(UInt64(entry.kind.rawValue))
      for extent in entry.extents { print.add(UInt64(extent)) }
      bytes.withSpan { print.add($0.extracting(entry.place).bytes) }
    }
    for key in metadata.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      print.add(key)
      print.add(metadata[key] ?? "")
    }
    return print.value
  }

  /// The count of numbers in all tensors; a code book counts by its indices.
  package var parameterCount: Int {
    var count = 0
    for (name, entry) in entries where !isCodeBookTable(name) { count += entry.count }
    return count
  }

  private func isCodeBookTable(_ name: String) -> Bool {
    let suffix = ".table"
    return name.hasSuffix(suffix) && entries[String(name.dropLast(suffix.count)) + ".indices"] != nil
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
  private func entry(_ name: String, _ extents: [Int]) throws(Failure) -> Entry {
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
