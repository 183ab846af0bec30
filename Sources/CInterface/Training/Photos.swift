import CFaceStyle
import CSystem
import Faces
import Images
import Tensors

/// Training photos, as a host gathers them.
final class PhotosHandle: HandleKind {
  static var kind: StaticString { "fs_photos" }

  private let lock = Lock()
  private var set = PhotoSet()
  /// Reported by the last training that read the photos.
  private var unreadable: [LeftOut] = []

  var photos: PhotoSet { lock.hold { set } }
  var leftOut: [LeftOut] { lock.hold { set.leftOut + unreadable } }

  func append(_ other: PhotoSet) { lock.hold { set.append(other) } }
  func keep(_ people: Range<Int>) { lock.hold { set = set.people(people) } }
  func set(unreadable: [LeftOut]) { lock.hold { self.unreadable = unreadable } }
}

@c @implementation
public func fs_photos_create(_ out: UnsafeMutablePointer<OpaquePointer?>?) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(PhotosHandle())
  }
}

@c @implementation
public func fs_photos_destroy(_ photos: OpaquePointer?) { Handle.destroy(photos, PhotosHandle.self) }

@c @implementation
public func fs_photos_add_people(
  _ photos: OpaquePointer?, _ folder: UnsafePointer<CChar>?, _ landmarks: UnsafePointer<CChar>?,
  _ points: UnsafePointer<Float>?
) -> fs_status {
  boundary { () throws(Failure) in
    try add(to: photos, folder, landmarks, points) { path throws(Failure) in try PhotoSet(peopleIn: path) }
  }
}

@c @implementation
public func fs_photos_add_folder(
  _ photos: OpaquePointer?, _ folder: UnsafePointer<CChar>?, _ landmarks: UnsafePointer<CChar>?,
  _ points: UnsafePointer<Float>?
) -> fs_status {
  boundary { () throws(Failure) in
    try add(to: photos, folder, landmarks, points) { path throws(Failure) in try PhotoSet(photosIn: path) }
  }
}

@c @implementation
public func fs_photos_add_strangers(
  _ photos: OpaquePointer?, _ folder: UnsafePointer<CChar>?, _ landmarks: UnsafePointer<CChar>?,
  _ points: UnsafePointer<Float>?
) -> fs_status {
  boundary { () throws(Failure) in
    try add(to: photos, folder, landmarks, points) { path throws(Failure) in try PhotoSet(strangersIn: path) }
  }
}

/// Adds the photos that `read` finds in a folder.
private func add(
  to photos: OpaquePointer?, _ folder: UnsafePointer<CChar>?, _ landmarks: UnsafePointer<CChar>?,
  _ points: UnsafePointer<Float>?, _ read: (String) throws(Failure) -> PhotoSet
) throws(Failure) {
  let photos = try Handle.object(photos, PhotosHandle.self, "photos")
  var set = try read(pathText(folder, "folder"))
  try set.setLandmarks(landmarks, points)
  photos.append(set)
}

extension PhotoSet {
  fileprivate mutating func setLandmarks(
    _ file: UnsafePointer<CChar>?, _ points: UnsafePointer<Float>?
  ) throws(Failure) {
    guard file == nil || points == nil else {
      throw .invalidArgument("landmarks and points; expected one of them")
    }
    if file != nil { setLandmarks(from: try LandmarkFile(path: pathText(file, "landmarks"))) }
    if let points { try setLandmarks((0..<5).map { Point(points[2 * $0], points[2 * $0 + 1]) }) }
  }
}

@c @implementation
public func fs_photos_keep_people(_ photos: OpaquePointer?, _ first: Int, _ count: Int) -> fs_status {
  boundary { () throws(Failure) in
    let photos = try Handle.object(photos, PhotosHandle.self, "photos")
    let people = photos.photos.people.count
    let (end, overflow) = first.addingReportingOverflow(count)
    guard first >= 0, count >= 1, !overflow, end <= people else {
      throw .invalidArgument(
        "\(UInt(bitPattern: count)) people from number \(UInt(bitPattern: first)), there are \(people)")
    }
    photos.keep(first..<end)
  }
}

@c @implementation
public func fs_photos_count(_ photos: OpaquePointer?) -> Int {
  Handle.find(photos, PhotosHandle.self)?.photos.photos.count ?? 0
}

@c @implementation
public func fs_photos_person_count(_ photos: OpaquePointer?) -> Int {
  Handle.find(photos, PhotosHandle.self)?.photos.people.count ?? 0
}

@c @implementation
public func fs_photos_left_out_count(_ photos: OpaquePointer?) -> Int {
  Handle.find(photos, PhotosHandle.self)?.leftOut.count ?? 0
}

@c @implementation
public func fs_photos_left_out(
  _ photos: OpaquePointer?, _ index: Int, _ path: UnsafeMutablePointer<CChar>?, _ path_capacity: Int,
  _ reason: UnsafeMutablePointer<CChar>?, _ reason_capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try writeLeftOut(
      Handle.object(photos, PhotosHandle.self, "photos").leftOut, index, path, path_capacity, reason,
      reason_capacity)
  }
}

/// Writes which file was left out, and why.
func writeLeftOut(
  _ leftOut: [LeftOut], _ index: Int, _ path: UnsafeMutablePointer<CChar>?, _ pathCapacity: Int,
  _ reason: UnsafeMutablePointer<CChar>?, _ reasonCapacity: Int
) throws(Failure) {
  guard leftOut.indices.contains(index) else {
    throw .invalidArgument(
      "number \(UInt(bitPattern: index)) of \(leftOut.count) photos that were left out")
  }
  if path != nil { _ = try output(path, capacity: pathCapacity, needed: 1, "path") }
  if reason != nil { _ = try output(reason, capacity: reasonCapacity, needed: 1, "reason") }
  if let path { write(pathBytes(leftOut[index].path), to: path, pathCapacity) }
  if let reason { write(Array(shown(leftOut[index].reason).utf8), to: reason, reasonCapacity) }
}

/// Writes as many whole characters as fit, and a terminating zero.
private func write(_ text: [UInt8], to target: UnsafeMutablePointer<CChar>, _ capacity: Int) {
  var length = min(text.count, capacity - 1)
  // A continuation byte of UTF-8 begins with the bits 10.
  while length > 0, length < text.count, text[length] & 0xC0 == 0x80 { length -= 1 }
  for i in 0..<length { target[i] = CChar(bitPattern: text[i]) }
  target[length] = 0
}
