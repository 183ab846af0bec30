import CSystem
import Tensors

/// One change of a gallery: each step goes to the database at once, and to memory after the commit.
///
/// Embeddings belong to the caller: one after another, a row for each photo.
final class GalleryChange {
  private enum Edit {
    case add(name: String, row: Int, number: Int, created: Int64, note: String)
    case removePerson(String)
    case removePhoto(Int)
    case replacePhoto(Int)
    case setThreshold(Float)
  }

  /// The gallery before the change.
  let before: Gallery
  private let store: GalleryStore?
  private var edits: [Edit] = []
  private(set) var next: Int
  private(set) var additions = 0
  private(set) var hasRemovals = false
  /// The gallery's new threshold, if it is changed.
  private(set) var threshold: Float?

  init(_ before: Gallery, _ store: GalleryStore?, next: Int) {
    self.before = before
    self.store = store
    self.next = next
  }

  var isEmpty: Bool { edits.isEmpty }

  /// - Parameter embeddings: those of the change, which `before` has checked.
  /// - Returns: the photo's number.
  @discardableResult
  func add(
    _ name: String, _ embeddings: Span<Float>, row: Int = 0, created: Int64? = nil, note: String = ""
  ) throws(Failure) -> Int {
    let name = Name(name).text, number = next, created = created ?? Int64(time(nil))
    try store?.add(
      name, embeddings.extracting(before.place(ofRow: row)), number: number, created: created, note: note)
    edits.append(.add(name: name, row: row, number: number, created: created, note: note))
    next += 1
    additions += 1
    return number
  }

  func remove(_ name: String) throws(Failure) {
    let name = Name(name).text
    _ = try before.rows(of: name)  // throws if absent
    try store?.remove(name)
    edits.append(.removePerson(name))
    hasRemovals = true
  }

  func remove(photo number: Int) throws(Failure) {
    let name = before.entry(inRow: try before.row(ofPhoto: number)).name
    if before.photos(of: name) == 1 { return try remove(name) }
    try store?.remove(photo: number)
    edits.append(.removePhoto(number))
    hasRemovals = true
  }

  /// - Parameter embedding: the only one of the change.
  func replace(photo number: Int, _ embedding: Span<Float>) throws(Failure) {
    _ = try before.row(ofPhoto: number)
    try before.check(embedding, count: 1)
    try store?.replace(photo: number, embedding)
    edits.append(.replacePhoto(number))
    hasRemovals = true
  }

  func setThreshold(_ threshold: Float) {
    self.threshold = threshold
    edits.append(.setThreshold(threshold))
  }

  /// Applies the change to memory. Cannot fail if memory was reserved before.
  func apply(to gallery: Gallery, _ embeddings: Span<Float>) throws(Failure) {
    for edit in edits {
      switch edit {
      case .add(let name, let row, let number, let created, let note):
        try gallery.add(
          name, embeddings.extracting(gallery.place(ofRow: row)), number: number, created: created, note: note
        )
      case .removePerson(let name): try gallery.remove(name)
      case .removePhoto(let number): try gallery.remove(photo: number)
      case .replacePhoto(let number): try gallery.replace(photo: number, embeddings)
      case .setThreshold(let threshold): gallery.defaultThreshold = threshold
      }
    }
  }
}
