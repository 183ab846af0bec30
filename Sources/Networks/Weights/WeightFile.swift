import CSystem
import Tensors

/// A safetensors file: named tensors and texts. The file is untrusted.
///
/// Values are F32, F16, levels (`QuantisedTensor`), or a code book: `name.indices` U8 with `name.table`
/// F32[256].
package final class WeightFile: @unchecked Sendable {
  package static let largest = 1 << 32
  static let largestHeader = 64 << 20

  package let fingerprint: UInt64
  /// The count of numbers in all tensors, without those that tell what others' bytes mean.
  package var parameterCount: Int { header.parameterCount }
  private let header: WeightHeader
  /// The tensors' bytes. Each has its own: they go when the last reader has gone, so that a network keeps
  /// those that it has not packed yet, and no others.
  private let contents: [String: Storage<UInt8>]

  package convenience init(path: String) throws(Failure) {
    let file = try OpenFile(path, limit: WeightFile.largest), header = try WeightHeader(file)
    // Each thread reads tensors of its own.
    let entries = header.entries.sorted { $0.value.offset < $1.value.offset }
    let read = PoolResults(repeating: Result<Content?, Failure>.success(nil), count: entries.count)
    ThreadPool.shared.run(entries.count) { task, _ in
      read[task] = Result { () throws(Failure) in Content(try file.bytes(entries[task].value.place)) }
    }
    var contents: [String: Content] = [:]
    for (i, entry) in entries.enumerated() { contents[entry.key] = try read[i].get() }
    self.init(header, contents)
  }

  package convenience init(copying bytes: Span<UInt8>) throws(Failure) {
    let header = try WeightHeader(of: bytes)
    var contents: [String: Content] = [:]
    for (name, entry) in header.entries {
      contents[name] = Content(try Storage(copying: bytes.extracting(entry.place).bytes))
    }
    self.init(header, contents)
  }

  private init(_ header: WeightHeader, _ contents: [String: Content]) {
    self.header = header
    self.contents = contents.mapValues { $0.bytes }
    fingerprint = WeightFile.fingerprint(header, contents)
  }

  /// The bytes of a tensor, and what they add to the fingerprint: taken while they are in the cache.
  private struct Content {
    let bytes: Storage<UInt8>
    let run: Fingerprint.Run

    init(_ bytes: Storage<UInt8>) {
      (self.bytes, run) = (bytes, bytes.withSpan { Fingerprint.Run($0.bytes) })
    }
  }

  package var metadata: [String: String] { header.metadata }
  private var entries: [String: WeightHeader.Entry] { header.entries }

  /// Of the whole file.
  package var byteCount: Int { header.byteCount }

  /// A hash of all tensors, and of the texts that can change a result, independent of their order in the
  /// file: they are added in the order of their names.
  private static func fingerprint(_ header: WeightHeader, _ contents: [String: Content]) -> UInt64 {
    var print = Fingerprint()
    for name in header.entries.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      guard let entry = header.entries[name], let content = contents[name] else { continue }
      print.add(name)
      print.add(UInt64(entry.kind.rawValue))
      for extent in entry.extents { print.add(UInt64(extent)) }
      print.add(content.run)
    }
    let metadata = header.metadata
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
    switch try entry(name, extents).kind {
    case .float32, .float16: break
    case .level: _ = try scales(name, extents)
    case .byte: try check(name + ".table", [256])
    }
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
    let numbers: WeightReader.Numbers, stored = entries[name] == nil ? name + ".indices" : name
    switch entry.kind {
    case .float32: numbers = .singles
    case .float16: numbers = .halves
    case .level: numbers = .levels(scales: try scales(name, extents))
    case .byte: numbers = .codes(table: try tensor(name + ".table", [256]))
    }
    return WeightReader(bytes: try content(stored), numbers: numbers)
  }

  /// The scales of a tensor that is stored as levels: one for each row of its first axis.
  private func scales(_ name: String, _ extents: [Int]) throws(Failure) -> Tensor<Float> {
    guard let rows = extents.first else {
      throw .badData("weights: \(name) is a single level; expected a row for each scale")
    }
    let own = name + QuantisedTensor.scaleEnding
    guard try entry(own, [rows]).kind == .float32 else {
      throw .badData("weights: \(own) has less than 32 bits a number")
    }
    let scales = try tensor(own, [rows])
    for row in 0..<rows where !(scales[row] >= 0 && (128 * scales[row]).isFinite) {
      throw .badData("weights: scale \(row) of \(name) is \(scales[row]); expected a finite one of 0 or more")
    }
    return scales
  }

  /// A tensor as it is stored, if that is in levels.
  private func quantised(_ name: String) throws(Failure) -> QuantisedTensor? {
    guard let entry = entries[name], entry.kind == .level else { return nil }
    return QuantisedTensor(
      extents: entry.extents, levels: try content(name), scales: try scales(name, entry.extents))
  }

  /// The same tensors and texts, to be written with other numbers. Bytes without a code book stay.
  package func rewritten(as numbers: WeightFileWriter.Numbers) throws(Failure) -> WeightFileWriter {
    var writer = WeightFileWriter()
    writer.metadata = metadata
    for stored in names where !header.isKey(stored) {
      let name = stored.without(ending: ".indices") ?? stored
      guard let entry = entries[stored] else { continue }
      if numbers == .int8, let levels = try quantised(stored) {
        try writer.add(name, levels)
      } else if entry.kind == .byte, entries[name + ".table"] == nil {
        try writer.add(stored, bytes: bytes(stored))
      } else {
        try writer.add(name, tensor(name, entry.extents), as: numbers)
      }
    }
    return writer
  }

  private func content(_ stored: String) throws(Failure) -> Storage<UInt8> {
    guard let bytes = contents[stored] else { throw .internalError("no bytes of \(stored) were read") }
    return bytes
  }

  /// Whether this tensor has less than 32 bits per number.
  func isNarrow(_ name: String) -> Bool {
    entries[name].map { $0.kind == .float16 || $0.kind == .level } ?? (entries[name + ".indices"] != nil)
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
    return try content(name).withSpan { $0.array }
  }
}
