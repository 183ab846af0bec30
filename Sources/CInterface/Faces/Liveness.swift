import CFaceStyle
import Faces
import Images
import Networks
import Tensors

extension Liveness: HandleKind {
  static var kind: StaticString { "fs_liveness" }
}

@c @implementation
public func fs_liveness_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ models: UnsafePointer<OpaquePointer?>?, _ count: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    if models == nil, count == 0 {
      out.pointee = Handle.make(try Liveness())
      return
    }
    let given = try buffer(models, count, "models")
    guard count <= Liveness.maxModels else {
      throw .invalidArgument("\(count) models; expected 1 to \(Liveness.maxModels)")
    }
    var opened: [Model] = []
    for handle in given { opened.append(try model(handle, "a model")) }
    out.pointee = Handle.make(try Liveness(opened))
  }
}

extension fs_liveness_verdict: SizedStruct {
  init(_ verdict: Liveness.Verdict) {
    self.init(
      size: MemoryLayout<fs_liveness_verdict>.size, score: verdict.score, is_live: verdict.isLive ? 1 : 0)
  }
}

@c @implementation
public func fs_liveness_check(
  _ liveness: OpaquePointer?, _ image: OpaquePointer?, _ face: UnsafePointer<fs_face>?,
  _ verdict: UnsafeMutablePointer<fs_liveness_verdict>?
) -> fs_status {
  boundary { () throws(Failure) in
    let liveness = try Handle.object(liveness, Liveness.self, "liveness")
    let image = try Handle.object(image, Image.self, "image")
    try judge(liveness, .image(image), face, verdict)
  }
}

@c @implementation
public func fs_liveness_check_frame(
  _ liveness: OpaquePointer?, _ frame: UnsafePointer<fs_frame>?, _ face: UnsafePointer<fs_face>?,
  _ verdict: UnsafeMutablePointer<fs_liveness_verdict>?
) -> fs_status {
  boundary { () throws(Failure) in
    let liveness = try Handle.object(liveness, Liveness.self, "liveness")
    try judge(liveness, .frame(try Frame(frame)), face, verdict)
  }
}

private func judge(
  _ liveness: Liveness, _ photo: ImageOrFrame, _ face: UnsafePointer<fs_face>?,
  _ verdict: UnsafeMutablePointer<fs_liveness_verdict>?
) throws(Failure) {
  let face = Face(try required(face, "face").pointee)
  let target = try required(verdict, "verdict")
  try checkRoom(target, "verdict")
  try fill(target, with: fs_liveness_verdict(liveness.verdict(of: face, in: photo)), "verdict")
}

@c @implementation
public func fs_liveness_destroy(_ liveness: OpaquePointer?) { Handle.destroy(liveness, Liveness.self) }
