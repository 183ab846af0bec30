import CFaceStyle
import Faces
import Images
import Tensors

@c @implementation
public func fs_mark_options_init(
  _ options: UnsafeMutablePointer<fs_mark_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_mark_options: SizedStruct {
  static var standard: fs_mark_options { FaceMarks.Options().inC }
}

extension FaceMarks.Options: Exchanged {
  mutating func exchange(_ c: inout fs_mark_options, _ way: inout Exchange) {
    way.number(&c.letter_height, &letterHeight, none: 0)
    way.number(&c.line_width, &lineWidth, none: 0)
    way.truth(&c.points, &showsPoints)
  }
}

@c @implementation
public func fs_image_mark_faces(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ image: OpaquePointer?, _ faces: UnsafePointer<fs_face>?,
  _ count: Int, _ options: UnsafePointer<fs_mark_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let image = try Handle.object(image, Image.self, "image")
    let faces = try buffer(faces, count, "faces").map { Face($0) }
    let given = try known(options)
    var options = try FaceMarks.Options(given)
    if let people = given.people { options.people = try buffer(people, count, "people").map { Int($0) } }
    if let labels = given.labels { options.labels = try texts(labels, count) }
    out.pointee = Handle.make(try FaceMarks(of: faces, in: image, options).drawn(on: image))
  }
}

@c @implementation
public func fs_image_mark_points(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ image: OpaquePointer?, _ points: UnsafePointer<fs_point>?,
  _ count: Int, _ radius: Float
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let image = try Handle.object(image, Image.self, "image")
    let points = try buffer(points, count, "points").map { Point($0.x, $0.y) }
    out.pointee = Handle.make(try image.marked(at: points, radius: radius == 0 ? nil : radius))
  }
}

/// A caller's texts; NULL stands for "".
private func texts(
  _ labels: UnsafePointer<UnsafePointer<CChar>?>, _ count: Int
) throws(Failure) -> [String] {
  var texts: [String] = []
  for label in try buffer(labels, count, "labels") {
    if let label, label.pointee != 0 {
      texts.append(try text(label, "a label", limit: 1024))
    } else {
      texts.append("")
    }
  }
  return texts
}
