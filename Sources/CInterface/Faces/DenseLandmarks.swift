import CFaceStyle
import Faces
import Images
import Tensors

extension DenseLandmarks: HandleKind {
  static var kind: StaticString { "fs_dense_landmarks" }
}

@c @implementation
public func fs_dense_landmarks_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try DenseLandmarks(model(handle)))
  }
}

@c @implementation
public func fs_dense_landmarks_count(_ landmarks: OpaquePointer?) -> Int {
  Handle.find(landmarks, DenseLandmarks.self)?.count ?? 0
}

@c @implementation
public func fs_dense_landmarks_find(
  _ landmarks: OpaquePointer?, _ image: OpaquePointer?, _ face: UnsafePointer<fs_face>?,
  _ points: UnsafeMutablePointer<fs_point>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let landmarks = try Handle.object(landmarks, DenseLandmarks.self, "landmarks")
    let image = try Handle.object(image, Image.self, "image")
    try find(landmarks, .image(image), face, points, capacity)
  }
}

@c @implementation
public func fs_dense_landmarks_find_frame(
  _ landmarks: OpaquePointer?, _ frame: UnsafePointer<fs_frame>?, _ face: UnsafePointer<fs_face>?,
  _ points: UnsafeMutablePointer<fs_point>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let landmarks = try Handle.object(landmarks, DenseLandmarks.self, "landmarks")
    try find(landmarks, .frame(try Frame(frame)), face, points, capacity)
  }
}

private func find(
  _ landmarks: DenseLandmarks, _ photo: ImageOrFrame, _ face: UnsafePointer<fs_face>?,
  _ points: UnsafeMutablePointer<fs_point>?, _ capacity: Int
) throws(Failure) {
  let face = Face(try required(face, "face").pointee)
  let target = try output(points, capacity: capacity, needed: landmarks.count, "points")
  for (i, point) in try landmarks.points(of: face, in: photo).enumerated() {
    target[i] = fs_point(x: point.x, y: point.y)
  }
}

@c @implementation
public func fs_face_openness_get(
  _ points: UnsafePointer<fs_point>?, _ count: Int, _ openness: UnsafeMutablePointer<fs_face_openness>?
) -> fs_status {
  boundary { () throws(Failure) in
    let openness = try required(openness, "openness")
    let points = try buffer(points, count, "points").map { Point($0.x, $0.y) }
    let found = try FaceOpenness(points)
    openness.pointee = fs_face_openness(
      left_eye: found.leftEye, right_eye: found.rightEye, mouth: found.mouth)
  }
}

@c @implementation
public func fs_dense_landmarks_destroy(_ landmarks: OpaquePointer?) {
  Handle.destroy(landmarks, DenseLandmarks.self)
}
