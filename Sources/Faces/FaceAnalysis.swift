import Images
import Networks
import Tensors

/// A detector and an embedder that fit together: they find, judge and embed the faces of a photo.
package final class FaceAnalysis: Sendable {
  /// nil if the embedder sees whole photos.
  package let detector: Detector?
  package let embedder: Embedder

  package struct Options {
    /// Names or paths of models; nil: the best that are installed.
    package var detector: String?
    package var embedder: String?
    package var minFace = DetectorOptions().minFace
    package var maxFaces: Int?
    package init() {}
  }

  package init(_ detector: Detector?, _ embedder: Embedder) throws(Failure) {
    if embedder.isAligning {
      guard let detector else {
        throw .invalidArgument("no detector; expected one: the embedder sees aligned faces")
      }
      guard detector.findsPoints else {
        throw .wrongModel(
          "the detector \"\(detector.model.name.text)\" finds no points; expected one that does, to align faces by"
        )
      }
    }
    self.detector = embedder.isAligning ? detector : nil
    self.embedder = embedder
  }

  package convenience init(_ options: Options = .init()) throws(Failure) {
    var finding = DetectorOptions()
    finding.minFace = options.minFace
    finding.maxFaces = options.maxFaces
    try finding.check()
    let embedder = try Embedder(Model(opening: options.embedder ?? ModelRole.faces.name))
    let detector =
      try embedder.isAligning
      ? Detector(Model(opening: options.detector ?? ModelRole.facesWithPoints.name), finding) : nil
    try self.init(detector, embedder)
  }

  /// The faces of a photo.
  package struct Faces {
    /// In the detector's order.
    package let faces: [Face]
    /// One for each face; nil for a whole photo.
    package let qualities: [FaceQuality?]
    /// One after another, each of the embedder's dimension.
    package let embeddings: Storage<Float>
    /// The index of the main face; nil if there is none.
    package let main: Int?
  }

  /// All faces of a photo; for an embedder that sees whole photos, the photo.
  package func faces(in photo: Image) throws(Failure) -> Faces {
    guard let detector else {
      let embedding = try embedder.embed(count: 1) { _ throws(Failure) in try embedder.chip(photo, nil) }
      return Faces(faces: [.whole(photo)], qualities: [nil], embeddings: embedding, main: 0)
    }
    let faces = try detector.faces(in: photo)
    var qualities: [FaceQuality?] = []
    for face in faces { qualities.append(try FaceQuality(of: face, in: photo, .init())) }
    let embeddings = try embedder.embed(count: faces.count) { i throws(Failure) in
      try embedder.chip(photo, faces[i])
    }
    return Faces(faces: faces, qualities: qualities, embeddings: embeddings, main: faces.mainIndex(in: photo))
  }
}

extension Embedder {
  /// The embedding of a photo's main face, and the reasons against relying on it.
  package func judged(
    photo: Image, _ detector: Detector?
  ) throws(Failure) -> (embedding: Storage<Float>, reasons: FaceQuality.Reasons) {
    let (face, embedding) = try embed(photo: photo, detector)
    guard isAligning else { return (embedding, []) }
    return (embedding, try FaceQuality(of: face, in: photo, .init()).reasons(by: .forAnswers))
  }
}
