import Tensors

/// The header of a safetensors file: its texts, and where its tensors lie. The file is untrusted.
///
/// Layout: 8 bytes little-endian header length, the header in JSON, then the tensors' bytes. Every range is
/// checked against the file; overlapping ranges, unknown types and shapes that do not match their ranges are
/// rejected.
package struct WeightHeader {
  /// How a tensor is stored. The raw values are part of fingerprints.
  enum Kind: Int, CaseIterable {
    case float32 = 4, float16 = 2, level = 3, byte = 1

    /// Bytes per number.
    var width: Int {
      switch self {
      case .float32: 4
      case .float16: 2
      case .level, .byte: 1
      }
    }

    /// In the format.
    var name: String {
      switch self {
      case .float32: "F32"
      case .float16: "F16"
      case .level: "I8"
      case .byte: "U8"
      }
    }
  }

  struct Entry {
    let kind: Kind
    let extents: [Int]
    let count, offset: Int

    /// The range of its bytes in the file.
    var place: Range<Int> { offset..<(offset + count * kind.width) }
  }

  package let metadata: [String: String]
  let entries: [String: Entry]
  /// Of the whole file.
  package let byteCount: Int

  /// Reads a file's header only.
  package init(path: String) throws(Failure) { try self.init(OpenFile(path)) }

  /// - Parameter file: is read to the end of the header.
  init(_ file: OpenFile) throws(Failure) {
    guard file.size >= 10 else { throw WeightHeader.tooShort(file.size) }
    let first = try file.next(8), length = try WeightHeader.length(first, fileCount: file.size)
    let start = try Storage<UInt8>(count: 8 + length), rest = try file.next(length)
    first.withSpan { start.copy($0.bytes) }
    rest.withSpan { start.copy($0.bytes, atByte: 8) }
    try self.init(start, fileCount: file.size)
  }

  /// - Parameter file: all its bytes.
  init(of file: Span<UInt8>) throws(Failure) {
    guard file.count >= 10 else { throw WeightHeader.tooShort(file.count) }
    let length = try WeightHeader.length(Storage(copying: file.extracting(..<8).bytes), fileCount: file.count)
    try self.init(Storage(copying: file.extracting(..<(8 + length)).bytes), fileCount: file.count)
  }

  /// - Parameter bytes: the file's, to the end of the header.
  private init(_ bytes: Storage<UInt8>, fileCount: Int) throws(Failure) {
    let dataStart = bytes.count
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
      let entry = try WeightHeader.entry(name, fields, dataStart: dataStart, fileCount: fileCount)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw .badData("safetensors: \(name) appears twice")
      }
      ranges.append((entry.place.lowerBound, entry.place.upperBound))
    }
    try WeightHeader.check(&ranges, dataStart: dataStart, fileCount: fileCount)
    self.metadata = metadata
    self.entries = entries
    byteCount = fileCount
  }

  private static func tooShort(_ count: Int) -> Failure {
    .badData("safetensors: \(count) bytes; expected at least 10")
  }

  /// The header's, from the first 8 bytes.
  private static func length(_ bytes: Storage<UInt8>, fileCount: Int) throws(Failure) -> Int {
    var length: UInt64 = 0
    for i in 0..<8 { length |= UInt64(bytes[i]) << UInt64(8 * i) }
    guard length <= UInt64(min(max(fileCount - 8, 0), WeightFile.largestHeader)) else {
      throw .badData(
        "safetensors: a header of \(length) bytes in a file of \(fileCount), this is no safetensors file")
    }
    return Int(length)
  }

  /// The format allows neither gaps nor overlaps: they indicate a damaged length.
  private static func check(
    _ ranges: inout [(first: Int, end: Int)], dataStart: Int, fileCount: Int
  ) throws(Failure) {
    ranges.sort { $0.first < $1.first }
    var end = dataStart
    for range in ranges {
      guard range.first == end else {
        throw .badData(
          "safetensors: a tensor begins at byte \(range.first), the one before it ends at \(end)")
      }
      end = range.end
    }
    guard end == fileCount else {
      throw .badData("safetensors: the tensors end at byte \(end), the file at \(fileCount)")
    }
  }

  private static func entry(
    _ name: String, _ fields: [(key: String, value: JSON)], dataStart: Int, fileCount: Int
  ) throws(Failure) -> Entry {
    var kind: Kind?, extents: [Int]?, range: (Int, Int)?
    for (key, value) in fields {
      switch (key, value) {
      case ("dtype", .text(let type)):
        kind = Kind.allCases.first { $0.name == type }
        guard kind != nil else {
          throw .badData("safetensors: \(name) is \(type); expected F32, F16, I8 or U8")
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
    var size = kind.width, overflow = false
    for extent in extents where !overflow { (size, overflow) = size.multipliedReportingOverflow(by: extent) }
    guard size > 0 || overflow else { throw .badData("safetensors: \(name) has a side of 0") }
    guard !overflow, range.0 <= range.1, range.1 <= fileCount - dataStart, range.1 - range.0 == size else {
      throw .badData(
        "safetensors: \(name) lies at \(range.0)..\(range.1) of \(fileCount - dataStart) bytes; expected \(overflow ? Int.max : size)"
      )
    }
    return Entry(kind: kind, extents: extents, count: size / kind.width, offset: dataStart + range.0)
  }

  /// The count of numbers in all tensors, without those that tell what others' bytes mean.
  package var parameterCount: Int {
    var count = 0
    for (name, entry) in entries where !isKey(name) { count += entry.count }
    return count
  }

  /// Whether a tensor tells what another one's bytes mean: a code book's table, or the scales of levels.
  func isKey(_ name: String) -> Bool {
    if let base = name.without(ending: ".table") { return entries[base + ".indices"] != nil }
    if let base = name.without(ending: QuantisedTensor.scaleEnding) { return entries[base]?.kind == .level }
    return false
  }
}

extension String {
  /// What is before this ending; nil if the text does not have it.
  func without(ending: String) -> String? { hasSuffix(ending) ? String(dropLast(ending.count)) : nil }
}
