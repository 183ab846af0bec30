import CFaceStyle
import Glibc

// What goes to the library and the system as it came from outside, whatever its bytes: `Paths.swift` has the
// texts.

/// `withPath` for a text that may be missing: NULL.
func withPathOrNull<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
  guard let text else { return body(nil) }
  return withPath(text) { body($0) }
}

/// For people to read, and different for different bytes: "Andr\\xE9".
func spelled(_ text: String) -> String {
  text.unicodeScalars.map { scalar in
    escapes.contains(scalar.value)
      ? "\\x" + String(scalar.value - escapes.lowerBound + 0x80, radix: 16, uppercase: true)
      : String(Character(scalar))
  }.joined()
}

/// A line on the output.
func print(_ line: some CustomStringConvertible) { Swift.print(shown(line.description)) }

/// Writes what is still buffered: a full disk shows only now.
func flushOutput() throws(Failure) {
  guard fflush(nil) == 0 else { throw Failure("output: \(String(cString: strerror(errno)))") }
}

// C's functions that take what came from outside, for `String`s: these are preferred to C's own, to which
// Swift would hand the escapes.

func opendir(_ path: String) -> OpaquePointer? { withPath(path) { Glibc.opendir($0) } }
func mkdir(_ path: String, _ mode: mode_t) -> Int32 { withPath(path) { Glibc.mkdir($0, mode) } }
func access(_ path: String, _ mode: Int32) -> Int32 { withPath(path) { Glibc.access($0, mode) } }
func fopen(_ path: String, _ mode: String) -> UnsafeMutablePointer<FILE>? {
  withPath(path) { Glibc.fopen($0, mode) }
}

func fs_image_open(_ out: inout OpaquePointer?, _ path: String) -> fs_status {
  withPath(path) { CFaceStyle.fs_image_open(&out, $0) }
}
func fs_image_open_reduced(
  _ out: inout OpaquePointer?, _ path: String, _ maxPixels: UInt64, _ reduction: inout UInt32
) -> fs_status {
  withPath(path) { CFaceStyle.fs_image_open_reduced(&out, $0, maxPixels, &reduction) }
}
func fs_image_write(_ image: OpaquePointer, _ path: String) -> fs_status {
  withPath(path) { CFaceStyle.fs_image_write(image, $0) }
}
func fs_model_open(_ out: inout OpaquePointer?, _ path: String) -> fs_status {
  withPath(path) { CFaceStyle.fs_model_open(&out, $0) }
}
func fs_model_save(
  _ model: OpaquePointer, _ path: String, _ precision: fs_precision, _ texts: fs_model_texts,
  accuracy: String?, note: String?
) -> fs_status {
  withPath(path) { path in
    withPathOrNull(accuracy) { accuracy in
      withPathOrNull(note) { note in
        var texts = texts
        (texts.accuracy, texts.note) = (accuracy, note)
        return CFaceStyle.fs_model_save(model, path, precision, &texts)
      }
    }
  }
}
func fs_pairs_open(_ out: inout OpaquePointer?, _ path: String) -> fs_status {
  withPath(path) { CFaceStyle.fs_pairs_open(&out, $0) }
}
func fs_landmarks_open(_ out: inout OpaquePointer?, _ path: String) -> fs_status {
  withPath(path) { CFaceStyle.fs_landmarks_open(&out, $0) }
}
func fs_photos_add_people(
  _ photos: OpaquePointer, _ folder: String, _ landmarks: String?, _ points: [Float]?
) -> fs_status {
  withPath(folder) { folder in
    withPathOrNull(landmarks) { CFaceStyle.fs_photos_add_people(photos, folder, $0, points) }
  }
}
func fs_photos_add_folder(
  _ photos: OpaquePointer, _ folder: String, _ landmarks: String?, _ points: [Float]?
) -> fs_status {
  withPath(folder) { folder in
    withPathOrNull(landmarks) { CFaceStyle.fs_photos_add_folder(photos, folder, $0, points) }
  }
}
func fs_trainer_resume(_ trainer: OpaquePointer, _ path: String) -> fs_status {
  withPath(path) { CFaceStyle.fs_trainer_resume(trainer, $0) }
}
func fs_trainer_save_model(
  _ trainer: OpaquePointer, _ path: String, _ precision: fs_precision, _ threshold: Float, _ note: String?
) -> fs_status {
  withPath(path) { path in
    withPathOrNull(note) { note in
      var texts = fs_model_texts()
      (texts.size, texts.note) = (MemoryLayout<fs_model_texts>.size, note)
      return CFaceStyle.fs_trainer_save_model(trainer, path, precision, threshold, &texts)
    }
  }
}
func fs_style_job_load(_ job: OpaquePointer?, _ path: String) -> fs_status {
  withPath(path) { CFaceStyle.fs_style_job_load(job, $0) }
}
func fs_style_job_save(_ job: OpaquePointer?, _ path: String) -> fs_status {
  withPath(path) { CFaceStyle.fs_style_job_save(job, $0) }
}
func fs_gallery_open(
  _ out: inout OpaquePointer?, _ place: String, _ embedder: OpaquePointer?,
  _ options: inout fs_gallery_options
) -> fs_status {
  withPath(place) { CFaceStyle.fs_gallery_open(&out, $0, embedder, &options) }
}
func fs_gallery_export(_ gallery: OpaquePointer, _ path: String) -> fs_status {
  withPath(path) { CFaceStyle.fs_gallery_export(gallery, $0) }
}
func fs_gallery_import(
  _ gallery: OpaquePointer, _ path: String, _ report: inout fs_gallery_report
) -> fs_status {
  withPath(path) { CFaceStyle.fs_gallery_import(gallery, $0, &report) }
}

// Names and notes are UTF-8: the library says where one is not.

func fs_gallery_add(
  _ gallery: OpaquePointer, _ name: String, _ embedding: [Float], _ dimension: Int
) -> fs_status {
  withPath(name) { CFaceStyle.fs_gallery_add(gallery, $0, embedding, dimension) }
}
func fs_gallery_enrol(
  _ gallery: OpaquePointer, _ name: String, _ embedding: [Float], _ dimension: Int,
  _ options: inout fs_enrolment_options,
  _ enrolment: inout fs_enrolment
) -> fs_status {
  withPath(name) { CFaceStyle.fs_gallery_enrol(gallery, $0, embedding, dimension, &options, &enrolment) }
}
func fs_gallery_remove(_ gallery: OpaquePointer, _ name: String) -> fs_status {
  withPath(name) { CFaceStyle.fs_gallery_remove(gallery, $0) }
}
func fs_gallery_list_photos(
  _ gallery: OpaquePointer, _ name: String?, _ photos: inout [fs_gallery_photo], _ capacity: Int,
  _ count: inout Int
) -> fs_status {
  withPathOrNull(name) { CFaceStyle.fs_gallery_list_photos(gallery, $0, &photos, capacity, &count) }
}
