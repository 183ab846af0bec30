import CFaceStyle
import Faces
import Galleries
import Images
import Tensors

@c @implementation
public func fs_distance(
  _ a: UnsafePointer<Float>?, _ b: UnsafePointer<Float>?, _ dimension: Int,
  _ distance: UnsafeMutablePointer<Float>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(distance, "distance")
    guard dimension != 0 else { throw .invalidArgument("a dimension of 0; expected at least 1") }
    let a = try buffer(a, dimension, "a"), b = try buffer(b, dimension, "b")
    let distance = euclideanDistance(a.span, b.span)
    guard distance.isFinite else {
      throw .invalidArgument(
        "the distance is \(distance); expected finite numbers, no farther apart than a float reaches")
    }
    target.pointee = distance
  }
}

@c @implementation
public func fs_compare_photos(
  _ embedder: OpaquePointer?, _ detector: OpaquePointer?, _ a: OpaquePointer?, _ b: OpaquePointer?,
  _ threshold: Float,
  _ verdict: UnsafeMutablePointer<fs_verdict>?
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let detector = try embedder.detector(detector)
    let a = try Handle.object(a, Image.self, "a"), b = try Handle.object(b, Image.self, "b")
    let target = try required(verdict, "verdict")
    target.pointee = try compared(a, b, embedder, detector, threshold)
  }
}

/// Compares the main faces of two photos.
func compared(
  _ a: Image, _ b: Image, _ embedder: Embedder, _ detector: Detector?, _ threshold: Float
) throws(Failure) -> fs_verdict {
  let threshold = try chosenThreshold(chosen(threshold), default: embedder.threshold)
  let first = try embedder.judged(photo: a, detector), second = try embedder.judged(photo: b, detector)
  let distance = first.embedding.withSpan { first in
    second.embedding.withSpan { euclideanDistance(first, $0) }
  }
  return fs_verdict(Verdict(distance: distance, threshold: threshold), first.reasons, second.reasons)
}

extension fs_verdict {
  /// - Parameters:
  ///   - first: the reasons against the face in the first photo; none without a photo.
  ///   - second: those of the second.
  init(_ verdict: Verdict, _ first: FaceQuality.Reasons = [], _ second: FaceQuality.Reasons = []) {
    self.init(
      distance: verdict.distance, threshold: verdict.threshold, same: verdict.isSame ? 1 : 0,
      reasons: (first.rawValue, second.rawValue))
  }
}
