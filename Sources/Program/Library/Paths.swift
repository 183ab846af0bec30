import CFaceStyle
import Glibc

// To Linux a path is bytes other than 0; a `String` holds Unicode. So bytes that are not UTF-8 become scalars
// of the last private plane, U+10FE80 for 0x80 and so on, in strings from outside, and are converted back for
// the library and the system. (The idea is Python's: PEP 383.)

private let escapes: ClosedRange<UInt32> = 0x10FE80...0x10FEFF

/// The text of a path or of any other bytes from outside.
func outerText(_ bytes: UnsafePointer<CChar>) -> String {
  if let text = String(validatingCString: bytes),
    !text.unicodeScalars.contains(where: { escapes.contains($0.value) })
  {
    return text
  }
  let bytes = UnsafeBufferPointer(start: bytes, count: strlen(bytes)).map { UInt8(bitPattern: $0) }
  var text = String.UnicodeScalarView(), position = 0
  while position < bytes.count {
    let byte = bytes[position], length = byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    if position + length <= bytes.count,
      let letter = String(validating: bytes[position..<(position + length)], as: UTF8.self),
      !letter.unicodeScalars.contains(where: { escapes.contains($0.value) })
    {
      text.append(contentsOf: letter.unicodeScalars)
      position += length
    } else {
      if let escape = Unicode.Scalar(escapes.lowerBound - 0x80 + UInt32(byte)) { text.append(escape) }
      position += 1
    }
  }
  return String(text)
}

private func outerBytes(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  for scalar in text.unicodeScalars {
    if escapes.contains(scalar.value) {
      bytes.append(UInt8(scalar.value - escapes.lowerBound + 0x80))
    } else {
      bytes.append(contentsOf: String(Character(scalar)).utf8)
    }
  }
  return bytes
}

/// Passes the original bytes to C.
func withOuter<Result>(_ text: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
  let bytes = outerBytes(text).map { CChar(bitPattern: $0) } + [0]
  return bytes.withUnsafeBufferPointer { bytes in
    guard let start = bytes.baseAddress else { return text.withCString(body) }  // there is at least the 0
    return body(start)
  }
}

/// The same for an optional text; nil becomes NULL.
func withOuterOrNull<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
  guard let text else { return body(nil) }
  return withOuter(text) { body($0) }
}

/// For people to read: "�" stands for bytes that are not UTF-8.
func shown(_ text: String) -> String {
  text.unicodeScalars.contains { escapes.contains($0.value) }
    ? String(decoding: outerBytes(text), as: UTF8.self) : text
}

/// For people to read, and distinct for distinct bytes: "Andr\\xE9".
func spelled(_ text: String) -> String {
  text.unicodeScalars.map { scalar in
    escapes.contains(scalar.value)
      ? "\\x" + String(scalar.value - escapes.lowerBound + 0x80, radix: 16, uppercase: true)
      : String(Character(scalar))
  }.joined()
}

/// Prints a line to the output.
func print(_ line: some CustomStringConvertible) { Swift.print(shown(line.description)) }

// Overloads of C functions for `String`s that came from outside: they take precedence over the imported ones,
// to which Swift would pass the escapes.

func opendir(_ path: String) -> OpaquePointer? { withOuter(path) { Glibc.opendir($0) } }
func mkdir(_ path: String, _ mode: mode_t) -> Int32 { withOuter(path) { Glibc.mkdir($0, mode) } }
func access(_ path: String, _ mode: Int32) -> Int32 { withOuter(path) { Glibc.access($0, mode) } }
func fopen(_ path: String, _ mode: String) -> UnsafeMutablePointer<FILE>? {
  withOuter(path) { Glibc.fopen($0, mode) }
}

func fs_image_open(_ out: inout OpaquePointer?, _ path: String) -> fs_status {
  withOuter(path) { CFaceStyle.fs_image_open(&out, $0) }
}
func fs_image_write(_ image: OpaquePointer, _ path: String) -> fs_status {
  withOuter(path) { CFaceStyle.fs_image_write(image, $0) }
}
func fs_model_open(_ out: inout OpaquePointer?, _ path: String) -> fs_status {
  withOuter(path) { CFaceStyle.fs_model_open(&out, $0) }
}
func fs_pairs_open(_ out: inout OpaquePointer?, _ path: String) -> fs_status {
  withOuter(path) { CFaceStyle.fs_pairs_open(&out, $0) }
}
func fs_landmarks_open(_ out: inout OpaquePointer?, _ path: String) -> fs_status {
  withOuter(path) { CFaceStyle.fs_landmarks_open(&out, $0) }
}
func fs_photos_add_people(
  _ photos: OpaquePointer, _ folder: String, _ landmarks: String?, _ points: [Float]?
) -> fs_status {
  withOuter(folder) { folder in
    withOuterOrNull(landmarks) { CFaceStyle.fs_photos_add_people(photos, folder, $0, points) }
  }
}
func fs_photos_add_folder(
  _ photos: OpaquePointer, _ folder: String, _ landmarks: String?, _ points: [Float]?
) -> fs_status {
  withOuter(folder) { folder in
    withOuterOrNull(landmarks) { CFaceStyle.fs_photos_add_folder(photos, folder, $0, points) }
  }
}
func fs_trainer_resume(_ trainer: OpaquePointer, _ path: String) -> fs_status {
  withOuter(path) { CFaceStyle.fs_trainer_resume(trainer, $0) }
}
func fs_trainer_save_model(
  _ trainer: OpaquePointer, _ path: String, _ precision: fs_precision, _ threshold: Float, _ note: String?
) -> fs_status {
  withOuter(path) { path in
    withOuterOrNull(note) { CFaceStyle.fs_trainer_save_model(trainer, path, precision, threshold, $0) }
  }
}
func fs_style_job_load(_ job: OpaquePointer?, _ path: String) -> fs_status {
  withOuter(path) { CFaceStyle.fs_style_job_load(job, $0) }
}
func fs_style_job_save(_ job: OpaquePointer?, _ path: String) -> fs_status {
  withOuter(path) { CFaceStyle.fs_style_job_save(job, $0) }
}
func fs_gallery_open(
  _ out: inout OpaquePointer?, _ place: String, _ embedder: OpaquePointer?,
  _ options: inout fs_gallery_options
) -> fs_status {
  withOuter(place) { CFaceStyle.fs_gallery_open(&out, $0, embedder, &options) }
}
func fs_gallery_export(_ gallery: OpaquePointer, _ path: String) -> fs_status {
  withOuter(path) { CFaceStyle.fs_gallery_export(gallery, $0) }
}
func fs_gallery_import(
  _ gallery: OpaquePointer, _ path: String, _ report: inout fs_gallery_report
) -> fs_status {
  withOuter(path) { CFaceStyle.fs_gallery_import(gallery, $0, &report) }
}

// Names and notes are UTF-8: the library reports where one is not.

func fs_gallery_add(
  _ gallery: OpaquePointer, _ name: String, _ embedding: [Float], _ dimension: Int
) -> fs_status {
  withOuter(name) { CFaceStyle.fs_gallery_add(gallery, $0, embedding, dimension) }
}
func fs_gallery_enrol(
  _ gallery: OpaquePointer, _ name: String, _ embedding: [Float], _ dimension: Int,
  _ options: inout fs_enrolment_options,
  _ enrolment: inout fs_enrolment
) -> fs_status {
  withOuter(name) { CFaceStyle.fs_gallery_enrol(gallery, $0, embedding, dimension, &options, &enrolment) }
}
func fs_gallery_remove(_ gallery: OpaquePointer, _ name: String) -> fs_status {
  withOuter(name) { CFaceStyle.fs_gallery_remove(gallery, $0) }
}
func fs_gallery_list_photos(
  _ gallery: OpaquePointer, _ name: String, _ photos: inout [fs_gallery_photo], _ capacity: Int,
  _ count: inout Int
) -> fs_status {
  withOuter(name) { CFaceStyle.fs_gallery_list_photos(gallery, $0, &photos, capacity, &count) }
}
