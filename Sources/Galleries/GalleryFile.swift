import Networks
import Tensors

/// Galleries as files for other programs: CSV tables, and safetensors.
///
/// A table has a line per photo, `name,created,note,model,0,1,...`: seconds since 1970, the model's
/// fingerprint as sixteen hexadecimal digits, then the embedding, each number with enough digits to identify
/// it. Texts with a comma, a quote or a line break are quoted (RFC 4180).
///
/// A safetensors file has `embeddings` [photos, dimension], and `names`, `notes`, `created` as bytes: a text
/// per photo, each terminated by a 0. Model, dimension and threshold are metadata.
package enum GalleryFile {
  case table, tensors

  /// - Throws: `.invalidArgument` for endings other than .csv and .safetensors, ignoring case.
  package init(of path: String) throws(Failure) {
    if ends(path, in: ".csv") {
      self = .table
    } else if ends(path, in: ".safetensors") {
      self = .tensors
    } else {
      throw .invalidArgument("\(path); expected a name that ends in .csv or .safetensors")
    }
  }

  package func write(_ gallery: Gallery, to path: String) throws(Failure) {
    switch self {
    case .table:
      let text = try Storage(copying: GalleryFile.table(gallery))
      try text.withBytes { text throws(Failure) in try writeFile(path, text) }
    case .tensors:
      try GalleryFile.tensors(gallery).write(path: path)
    }
  }

  /// Reads the photos of a file, for a gallery like `model`.
  /// - Throws: `.wrongModel` for embeddings of another model; `.badData` if it is not such a file.
  package func read(_ path: String, like model: Gallery) throws(Failure) -> Gallery {
    switch self {
    case .table:
      return try readText(path, limit: 1 << 34) { text throws(Failure) in
        try GalleryFile.parse(text.span, path, like: model)
      }
    case .tensors:
      return try GalleryFile.gallery(WeightFile(path: path), path, like: model)
    }
  }

  // MARK: Tables

  private static func table(_ gallery: Gallery) throws(Failure) -> [UInt8] {
    let comma = UInt8(ascii: ",")
    var text = Array("name,created,note,model".utf8)
    for i in 0..<gallery.dimension { text += [comma] + Array("\(i)".utf8) }
    text.append(0x0A)
    let model = Array(hexadecimal(gallery.fingerprint).utf8)
    for row in 0..<gallery.photos {
      let photo = gallery.entry(inRow: row)
      // A number has at most 16 characters, and quotes are doubled.
      try text.makeRoom(
        for: 2 * (photo.name.utf8.count + photo.note.utf8.count) + 64 + 17 * gallery.dimension)
      append(photo.name, to: &text)
      text.append(comma)
      text += Array("\(photo.created)".utf8)
      text.append(comma)
      append(photo.note, to: &text)
      text.append(comma)
      text += model
      gallery.withEmbedding(inRow: row) { embedding in
        for i in embedding.indices {
          text.append(comma)
          text.append(contentsOf: "\(embedding[i])".utf8)
        }
      }
      text.append(0x0A)
    }
    return text
  }

  private static func append(_ field: String, to text: inout [UInt8]) {
    let quote = UInt8(ascii: "\"")
    guard field.utf8.contains(where: { $0 == quote || $0 == UInt8(ascii: ",") || $0 == 0x0A || $0 == 0x0D })
    else {
      text.append(contentsOf: field.utf8)
      return
    }
    text.append(quote)
    for byte in field.utf8 {
      if byte == quote { text.append(quote) }
      text.append(byte)
    }
    text.append(quote)
  }

  private static func parse(
    _ bytes: Span<UInt8>, _ path: String, like model: Gallery
  ) throws(Failure) -> Gallery {
    let gallery = try Gallery(
      dimension: model.dimension, fingerprint: model.fingerprint, defaultThreshold: model.defaultThreshold)
    var values = [Float](repeating: 0, count: model.dimension)
    var lines = CSV(path, from: markLength(bytes))
    let columns = 4 + model.dimension
    let head = try lines.fields(of: bytes, max: 4 + 1 << 20)
    guard head.prefix(4).map({ String(decoding: $0, as: UTF8.self) }) == ["name", "created", "note", "model"]
    else {
      throw .badData("\(path): no table of a gallery, its first line is not name,created,note,model,...")
    }
    guard head.count == columns else {
      throw .badData(
        "\(path): embeddings of \(max(0, head.count - 4)) numbers, the gallery's have \(model.dimension)")
    }
    while lines.position < bytes.count {
      let fields = try lines.fields(of: bytes, max: columns)
      if fields.count == 1, fields[0].allSatisfy({ isBlank($0) }) { continue }
      func refuse(_ what: String) -> Failure { .badData("\(path): line \(lines.line): \(what)") }
      guard fields.count == columns else { throw refuse("\(fields.count) fields; expected \(columns)") }
      guard let name = text(fields[0]), name.utf8.count >= 1, name.utf8.count <= SharedGallery.maxNameBytes
      else {
        throw refuse(
          "a name of \(fields[0].count) bytes; expected 1 to \(SharedGallery.maxNameBytes) of UTF-8")
      }
      guard let note = text(fields[2]), note.utf8.count <= SharedGallery.maxNoteBytes else {
        throw refuse(
          "a note of \(fields[2].count) bytes; expected at most \(SharedGallery.maxNoteBytes) of UTF-8")
      }
      guard let created = wholeNumber(fields[1]) else { throw refuse("created is no whole number") }
      guard fields[3].elementsEqual(hexadecimal(model.fingerprint).utf8) else {
        throw .wrongModel(
          "\(path): line \(lines.line): a photo of model \(String(decoding: fields[3].prefix(32), as: UTF8.self)), the gallery's is \(hexadecimal(model.fingerprint))"
        )
      }
      for i in 0..<model.dimension {
        guard let number = single(fields[4 + i]) else {
          throw refuse("\"\(String(decoding: fields[4 + i].prefix(32), as: UTF8.self))\" is no number")
        }
        values[i] = number
      }
      try gallery.add(name, values.span, created: created, note: note)
    }
    return gallery
  }

  // MARK: Tensors

  private static func tensors(_ gallery: Gallery) throws(Failure) -> WeightFileWriter {
    var writer = WeightFileWriter()
    writer.metadata = [
      "gallery": "1", "model": hexadecimal(gallery.fingerprint), "dimension": "\(gallery.dimension)",
      "threshold": "\(gallery.defaultThreshold)"
    ]
    guard gallery.photos > 0 else { return writer }
    let embeddings = try Tensor<Float>([gallery.photos, gallery.dimension])
    var names: [UInt8] = [], notes: [UInt8] = [], created: [UInt8] = []
    gallery.withEmbeddings { embeddings.storage.copy($0.bytes) }
    for row in 0..<gallery.photos {
      let photo = gallery.entry(inRow: row)
      names.append(contentsOf: photo.name.utf8)
      names.append(0)
      notes.append(contentsOf: photo.note.utf8)
      notes.append(0)
      created.append(contentsOf: "\(photo.created)".utf8)
      created.append(0)
    }
    try writer.add("embeddings", embeddings)
    try writer.add("names", bytes: names)
    try writer.add("notes", bytes: notes)
    try writer.add("created", bytes: created)
    return writer
  }

  private static func gallery(
    _ file: WeightFile, _ path: String, like model: Gallery
  ) throws(Failure) -> Gallery {
    guard file.metadata["gallery"] == "1" else {
      throw .badData("\(path): no gallery of version 1, its metadata has no \"gallery\"")
    }
    let fingerprint = file.metadata["model"] ?? ""
    guard fingerprint.utf8.elementsEqual(hexadecimal(model.fingerprint).utf8) else {
      throw .wrongModel(
        "\(path): photos of model \(fingerprint), the gallery's is \(hexadecimal(model.fingerprint))")
    }
    let gallery = try Gallery(
      dimension: model.dimension, fingerprint: model.fingerprint, defaultThreshold: model.defaultThreshold)
    guard file.contains("names") else { return gallery }
    let names = try texts(file, "names", path), notes = try texts(file, "notes", path),
      created = try texts(file, "created", path)
    guard notes.count == names.count, created.count == names.count else {
      throw .badData(
        "\(path): \(names.count) names, \(notes.count) notes, \(created.count) times; expected as many of each"
      )
    }
    let embeddings = try file.tensor("embeddings", [names.count, model.dimension])
    for (i, name) in names.enumerated() {
      guard name.utf8.count >= 1, name.utf8.count <= SharedGallery.maxNameBytes,
        notes[i].utf8.count <= SharedGallery.maxNoteBytes,
        let created = wholeNumber(Array(created[i].utf8)[...])
      else { throw .badData("\(path): photo \(i) has a name, a note or a time that no gallery has") }
      try embeddings.storage.withSpan { embeddings throws(Failure) in
        try gallery.add(
          name, embeddings.extracting(gallery.place(ofRow: i)), created: created, note: notes[i])
      }
    }
    return gallery
  }

  private static func texts(_ file: WeightFile, _ name: String, _ path: String) throws(Failure) -> [String] {
    let bytes = try file.bytes(name)
    var texts: [String] = [], start = 0
    for (i, byte) in bytes.enumerated() where byte == 0 {
      guard let text = text(bytes[start..<i]) else { throw .badData("\(path): \(name) is not UTF-8") }
      texts.append(text)
      start = i + 1
    }
    guard start == bytes.count else { throw .badData("\(path): \(name) does not end with a 0") }
    return texts
  }

  // MARK: Words

  /// nil if it is not UTF-8, or contains a 0, which terminates a string in C.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }

  static func wholeNumber(_ bytes: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0, isNegative = false
    for (i, byte) in bytes.enumerated() {
      if i == 0, byte == UInt8(ascii: "-") {
        isNegative = true
        continue
      }
      guard byte >= 0x30, byte <= 0x39, value < Int64.max / 10 - 1 else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    return bytes.isEmpty || (isNegative && bytes.count == 1) ? nil : isNegative ? -value : value
  }

  /// A number as `description` writes it, "-1.5e-07": up to 15 digits and powers of ten that a `Double` holds
  /// exactly are rounded once to `Double`, and then to the original `Float`.
  static func single(_ bytes: ArraySlice<UInt8>) -> Float? {
    var value = 0.0, power = 0, digits = 0
    var isNegative = false, isFraction = false, exponent: ArraySlice<UInt8>?
    for (i, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "-") where i == 0: isNegative = true
      case UInt8(ascii: ".") where !isFraction: isFraction = true
      case UInt8(ascii: "e") where digits > 0, UInt8(ascii: "E") where digits > 0:
        exponent = bytes.dropFirst(i + 1)
      case 0x30...0x39:
        digits += 1
        guard digits <= 60 else { return nil }
        value = value * 10 + Double(byte - 0x30)
        if isFraction { power -= 1 }
      default: return nil
      }
      if exponent != nil { break }
    }
    guard digits > 0 else { return nil }
    if var exponent {
      if exponent.first == UInt8(ascii: "+") { exponent = exponent.dropFirst() }
      guard let number = wholeNumber(exponent), abs(number) < 400 else { return nil }
      power += Int(number)
    }
    var scale = 1.0
    for _ in 0..<abs(power) { scale *= 10 }
    let size = Float(power < 0 ? value / scale : value * scale)
    return size.isFinite ? (isNegative ? -size : size) : nil
  }
}

/// The lines of a table, field by field.
private struct CSV {
  private let path: String
  /// Where the next line begins.
  private(set) var position: Int
  /// The line of the last fields.
  private(set) var line = 0

  init(_ path: String, from position: Int) { (self.path, self.position) = (path, position) }

  /// The fields of the next line.
  /// - Parameters:
  ///   - bytes: the whole table.
  ///   - max: lines with more fields are rejected.
  mutating func fields(of bytes: Span<UInt8>, max: Int) throws(Failure) -> [ArraySlice<UInt8>] {
    line += 1
    var fields: [ArraySlice<UInt8>] = [], field: [UInt8] = []
    var isQuoted = false, wasQuoted = false
    let quote = UInt8(ascii: "\"")
    var place = position
    defer { position = place }
    while true {
      guard place < bytes.count else {
        guard !isQuoted else { throw .badData("\(path): line \(line): a quote that does not end") }
        break
      }
      let byte = bytes[place]
      place += 1
      if isQuoted {
        if byte != quote {
          field.append(byte)
        } else if place < bytes.count, bytes[place] == quote {
          field.append(quote)
          place += 1
        } else {
          (isQuoted, wasQuoted) = (false, true)
        }
        continue
      }
      if byte == 0x0A { break }
      if byte == 0x0D, place < bytes.count, bytes[place] == 0x0A { continue }
      if byte == quote, field.isEmpty, !wasQuoted {
        isQuoted = true
      } else if byte == UInt8(ascii: ",") {
        fields.append(field[...])
        guard fields.count < max else { throw .badData("\(path): line \(line): more than \(max) fields") }
        field = []
        wasQuoted = false
      } else {
        guard !wasQuoted else { throw .badData("\(path): line \(line): something after a quote's end") }
        field.append(byte)
      }
    }
    fields.append(field[...])
    return fields
  }
}
