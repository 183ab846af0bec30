import CFaceStyle
import Faces
import Images
import Networks
import Tensors

/// A face analysis with the handles of its parts, which callers borrow.
final class FaceAnalysisHandle: HandleKind {
  static var kind: StaticString { "fs_face_analysis" }

  let analysis: FaceAnalysis
  let detector: OpaquePointer?
  let embedder: OpaquePointer?

  init(_ analysis: FaceAnalysis) {
    self.analysis = analysis
    detector = analysis.detector.flatMap { Handle.make($0) }
    embedder = Handle.make(analysis.embedder)
  }

  deinit {
    Handle.destroy(detector, Detector.self)
    Handle.destroy(embedder, Embedder.self)
  }
}

/// The faces of a photo, whose embeddings callers borrow.
final class FacesHandle: HandleKind {
  static var kind: StaticString { "fs_faces" }

  let faces: [fs_analysed_face]
  private let embeddings: Storage<Float>

  init(_ found: FaceAnalysis.Faces, dimension: Int) {
    embeddings = found.embeddings
    let start = found.embeddings.pointer
    faces = found.faces.indices.map { i in
      fs_analysed_face(
        size: MemoryLayout<fs_analysed_face>.size, embedding: UnsafePointer(start + i * dimension),
        dimension: dimension, face: fs_face(found.faces[i]), quality: found.qualities[i]?.score ?? 0,
        reasons: found.qualities[i]?.reasons(by: .forAnswers).rawValue ?? 0, is_main: i == found.main ? 1 : 0)
    }
  }
}

extension fs_analysed_face: SizedStruct {}

extension fs_face_analysis_options: SizedStruct {
  static var standard: fs_face_analysis_options {
    var standard = sized
    standard.min_face = FaceAnalysis.Options().minFace
    return standard
  }
}

@c @implementation
public func fs_face_analysis_options_init(
  _ options: UnsafeMutablePointer<fs_face_analysis_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

@c @implementation
public func fs_face_analysis_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ options: UnsafePointer<fs_face_analysis_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let given = try known(options)
    var options = FaceAnalysis.Options()
    if given.detector != nil { options.detector = try pathText(given.detector, "detector") }
    if given.embedder != nil { options.embedder = try pathText(given.embedder, "embedder") }
    options.minFace = given.min_face
    options.maxFaces = given.max_faces == 0 ? nil : Int(given.max_faces)
    out.pointee = Handle.make(FaceAnalysisHandle(try FaceAnalysis(options)))
  }
}

@c @implementation
public func fs_face_analysis_detector(_ analysis: OpaquePointer?) -> OpaquePointer? {
  Handle.find(analysis, FaceAnalysisHandle.self)?.detector
}

@c @implementation
public func fs_face_analysis_embedder(_ analysis: OpaquePointer?) -> OpaquePointer? {
  Handle.find(analysis, FaceAnalysisHandle.self)?.embedder
}

@c @implementation
public func fs_face_analysis_run(
  _ analysis: OpaquePointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?, _ photo: OpaquePointer?
) -> fs_status {
  boundary { () throws(Failure) in
    let analysis = try Handle.object(analysis, FaceAnalysisHandle.self, "analysis").analysis
    let out = try required(out, "out")
    let photo = try Handle.object(photo, Image.self, "photo")
    let found = try analysis.faces(in: photo)
    out.pointee = Handle.make(FacesHandle(found, dimension: analysis.embedder.dimension))
  }
}

@c @implementation
public func fs_faces_count(_ faces: OpaquePointer?) -> Int {
  Handle.find(faces, FacesHandle.self)?.faces.count ?? 0
}

@c @implementation
public func fs_faces_get(
  _ faces: OpaquePointer?, _ index: Int, _ face: UnsafeMutablePointer<fs_analysed_face>?
) -> fs_status {
  boundary { () throws(Failure) in
    let faces = try Handle.object(faces, FacesHandle.self, "faces").faces
    try fill(face, with: element(faces, index, "face"), "face")
  }
}

@c @implementation
public func fs_faces_destroy(_ faces: OpaquePointer?) { Handle.destroy(faces, FacesHandle.self) }

@c @implementation
public func fs_face_analysis_compare(
  _ analysis: OpaquePointer?, _ a: OpaquePointer?, _ b: OpaquePointer?, _ threshold: Float,
  _ verdict: UnsafeMutablePointer<fs_verdict>?
) -> fs_status {
  boundary { () throws(Failure) in
    let analysis = try Handle.object(analysis, FaceAnalysisHandle.self, "analysis").analysis
    let a = try Handle.object(a, Image.self, "a"), b = try Handle.object(b, Image.self, "b")
    let target = try required(verdict, "verdict")
    target.pointee = try compared(a, b, analysis.embedder, analysis.detector, threshold)
  }
}

@c @implementation
public func fs_face_analysis_destroy(_ analysis: OpaquePointer?) {
  Handle.destroy(analysis, FaceAnalysisHandle.self)
}
