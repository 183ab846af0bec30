import Tensors

/// Writes a safetensors file that `WeightFile` reads back bit for bit.
///
/// Tensors are ordered like in the format's own implementation: the widest types first, signed before
/// unsigned, then by name; the header is padded with spaces to a multiple of 8 bytes. The same tensors and
/// texts give the same bytes in whatever order they are added.
package struct WeightFileWriter {
  package enum Numbers: Int32, CaseIterable { case float32 = 0, float16 = 1, int8 = 2 }

  /// Free texts, the file's `__metadata__`.
  package var metadata: [String: String] = [:]
  private var entries: [Entry] = []
  private var names: Set<String> = []

  private enum Content {
    case singles(Tensor<Float>), halves(Tensor<Float>), levels(Storage<UInt8>), bytes([UInt8])

    var kind: WeightHeader.Kind {
      switch self {
      case .singles: return .float32
      case .halves: return .float16
      case .levels: return .level
      case .bytes: return .byte
      }
    }
  }

  private struct Entry {
    let name: String
    let extents: [Int]
    let content: Content
    let byteCount: Int
  }

  package init() {}

  /// Adds numbers, read when the file is made: the tensor is retained, not copied.
  ///
  /// - Parameter numbers: halves are rounded to the nearest, ties to even; 8 bits are levels of weights that
  ///   suit a `QuantisedTensor`, made now, and halves of all else.
  /// - Throws: `.invalidArgument` for a name that is taken or reserved, for a shape that the reader rejects
  ///   (a side of 0, more than 8 axes), and for a number that has no level.
  package mutating func add(
    _ name: String, _ tensor: Tensor<Float>, as numbers: Numbers = .float32
  ) throws(Failure) {
    let extents = tensor.shape.extents
    switch numbers {
    case .float32: try add(name, extents, tensor.count, .singles(tensor))
    case .int8 where QuantisedTensor.suits(name, extents, count: tensor.count):
      try add(name, QuantisedTensor(tensor, name: name))
    case .float16, .int8: try add(name, extents, tensor.count, .halves(tensor))
    }
  }

  /// Adds levels and their scales.
  mutating func add(_ name: String, _ tensor: QuantisedTensor) throws(Failure) {
    try add(name, tensor.extents, tensor.levels.count, .levels(tensor.levels))
    try add(name + QuantisedTensor.scaleEnding, tensor.scales)
  }

  /// Adds bytes whose meaning the caller defines, [count]; at least one.
  package mutating func add(_ name: String, bytes: [UInt8]) throws(Failure) {
    try add(name, [bytes.count], bytes.count, .bytes(bytes))
  }

  private mutating func add(
    _ name: String, _ extents: [Int], _ count: Int, _ content: Content
  ) throws(Failure) {
    guard name != "__metadata__" else {
      throw .invalidArgument("a tensor named __metadata__, which safetensors keeps for texts")
    }
    guard count > 0 else { throw .invalidArgument("tensor \(name) has a side of 0") }
    guard extents.count <= 8 else {
      throw .invalidArgument("tensor \(name) has \(extents.count) axes; expected at most 8")
    }
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: content.kind.width)
    guard !overflow, byteCount <= WeightFile.largest else {
      throw .invalidArgument(
        "tensor \(name) has \(count) numbers, a file holds at most \(WeightFile.largest) bytes")
    }
    guard names.insert(name).inserted else { throw .invalidArgument("two tensors named \(name)") }
    entries.append(Entry(name: name, extents: extents, content: content, byteCount: byteCount))
  }

  /// The whole file.
  /// - Throws: `.invalidArgument` if a number does not fit half precision, or the file exceeds the reader's
  ///   limit.
  package func bytes() throws(Failure) -> Storage<UInt8> {
    let ordered = entries.sorted {
      let kinds = ($0.content.kind, $1.content.kind)
      return kinds.0 != kinds.1
        ? (kinds.0.width, kinds.0.rawValue) > (kinds.1.width, kinds.1.rawValue)
        : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    let header = header(ordered)
    var size = 8 + header.count
    for entry in ordered { size += entry.byteCount }
    guard size <= WeightFile.largest, header.count <= WeightFile.largestHeader else {
      throw .invalidArgument(
        "a weight file of \(size) bytes, \(header.count) of them names, is larger than can be read")
    }
    let file = try Storage<UInt8>(count: size)
    for i in 0..<8 { file[i] = UInt8(UInt64(header.count) >> UInt64(8 * i) & 0xFF) }
    file.copy(header.span.bytes, atByte: 8)
    var place = 8 + header.count
    for entry in ordered {
      try WeightFileWriter.write(entry, to: file, at: place)
      place += entry.byteCount
    }
    return file
  }

  /// Writes the file atomically: a full disk or a killed process leaves an older one intact.
  /// - Throws: `.io` with the system's reason, and the errors of `bytes`.
  package func write(path: String) throws(Failure) {
    let file = try bytes()
    try file.withBytes { bytes throws(Failure) in try writeFile(path, bytes) }
  }

  private func header(_ ordered: [Entry]) -> [UInt8] {
    var text: [UInt8] = Array("{".utf8)
    if !metadata.isEmpty {
      text += Array("\"__metadata__\":{".utf8)
      for (i, key) in metadata.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }).enumerated() {
        if i > 0 { text.append(UInt8(ascii: ",")) }
        text += JSON.quoted(key) + [UInt8(ascii: ":")] + JSON.quoted(metadata[key] ?? "")
      }
      text.append(UInt8(ascii: "}"))
    }
    var offset = 0
    for entry in ordered {
      if text.count > 1 { text.append(UInt8(ascii: ",")) }
      var shape = ""
      for (axis, extent) in entry.extents.enumerated() { shape += (axis == 0 ? "" : ",") + "\(extent)" }
      let end = offset + entry.byteCount
      text += JSON.quoted(entry.name)
      text += Array(
        ":{\"dtype\":\"\(entry.content.kind.name)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
          .utf8
      )
      offset = end
    }
    text.append(UInt8(ascii: "}"))
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    return text
  }

  private static func write(_ entry: Entry, to file: Storage<UInt8>, at place: Int) throws(Failure) {
    switch entry.content {
    case .singles(let tensor):
      // All supported machines are little-endian, like the format.
      tensor.storage.withSpan { file.copy($0.bytes, atByte: place) }
    case .halves(let tensor):
      for i in 0..<tensor.count {
        guard let bits = half(float: tensor[i]) else {
          throw .invalidArgument(
            "\(tensor[i]) in \(entry.name) has no half precision number; expected at most 65504")
        }
        file[place + 2 * i] = UInt8(truncatingIfNeeded: bits)
        file[place + 2 * i + 1] = UInt8(truncatingIfNeeded: bits >> 8)
      }
    case .levels(let levels):
      levels.withSpan { file.copy($0.bytes, atByte: place) }
    case .bytes(let bytes):
      file.copy(bytes.span.bytes, atByte: place)
    }
  }
}
