import Images
import Networks
import Tensors

/// What a detector searches for, and which faces it reports.
package struct DetectorOptions {
  package enum Order: Int32, CaseIterable { case largestFirst = 0, surestFirst = 1 }

  /// Side of the smallest face to find, in pixels.
  package var minFace: Float = 40
  /// Minimum scores of the three stages; nil: the detector's own. One that has a single stage takes the last.
  package var thresholds: (Float?, Float?, Float?) = (nil, nil, nil)
  /// The ratio between levels of the pyramid, for detectors whose networks find faces of one size.
  package var scaleStep: Float = 0.709
  /// The maximum number of faces to report, in order; nil: all.
  package var maxFaces: Int?
  package var order = Order.largestFirst
  /// Whether a one-pass network also looks at pictures that one face may fill at a quarter of the size.
  package var findsCloseUps = false
  /// The part of the picture to search, as if it were a separate picture; nil: all of it.
  package var region: Region?

  package init() {}

  /// The minimum score of a stage, counted from 0; nil: the detector's own.
  func threshold(ofStage stage: Int) -> Float? {
    stage == 0 ? thresholds.0 : stage == 1 ? thresholds.1 : thresholds.2
  }
}

extension DetectorOptions: Settings {
  package var settings: [Setting] {
    Setting("min face", minFace, .atLeast(12))
    Setting("first threshold", thresholds.0, .from(0, to: 1))
    Setting("second threshold", thresholds.1, .from(0, to: 1))
    Setting("third threshold", thresholds.2, .from(0, to: 1))
    Setting("scale step", scaleStep, .from(0.1, to: 0.95))
    Setting("max faces", maxFaces, .atLeast(1))
    Setting("order", order == .largestFirst ? "largest first" : "surest first")
    Setting("close-ups", findsCloseUps)
    Setting("region", region.map { "\($0.width)x\($0.height)" } ?? "none")
      .requiring(region.map { $0.width >= 1 && $0.height >= 1 } ?? true, "at least 1x1")
  }
}

/// A network that finds the faces in a picture. Threads may share it.
package protocol FaceFinder: AnyObject, Sendable {
  /// All of them, in any order, in pixels of the picture.
  func faces(in image: Image) throws(Failure) -> [Face]
  /// Whether its faces have landmarks; without them they cannot be aligned.
  var findsPoints: Bool { get }
  /// Whether it ignores colour: then the chroma of a frame is not read.
  var seesLumaAlone: Bool { get }
}

extension FaceFinder {
  package var findsPoints: Bool { true }
  package var seesLumaAlone: Bool { false }
}

/// Finds faces in pictures and frames with the network of its model, and reports the requested ones.
package final class Detector: @unchecked Sendable {
  package let model: ModelInformation
  private let finder: any FaceFinder
  private let options: DetectorOptions
  /// Upright pictures of frames.
  private let canvases = Spares<Image>(most: 8)

  package init(_ model: Model, _ options: DetectorOptions = .init()) throws(Failure) {
    try options.check()
    self.options = options
    if model.architectureName == "\(Architecture.graphName)" {
      try model.require(.yunet, .scrfd, .retinaFace, .centerFace, for: "a detector")
    } else {
      try model.require(.mtcnn, .cascade, .yunet, for: "a detector")
    }
    self.model = try ModelInformation(model)
    finder =
      switch model.registered.use {
      case .cascade: try CascadeDetector(model, options)
      case .mtcnn: try MTCNNDetector(model, options)
      default: try OnePassDetector(model, options)
      }
  }

  package var findsPoints: Bool { finder.findsPoints }

  package func faces(in image: Image) throws(Failure) -> [Face] {
    guard let region = options.region else { return reported(try finder.faces(in: image), x: 0, y: 0) }
    return reported(try finder.faces(in: image.cropped(region)), x: region.x, y: region.y)
  }

  /// Finds the same faces as in the frame's upright picture, bit for bit, and in its pixels; a finder that
  /// sees only luma finds those of the frame's luma. Reads only the searched part of the frame.
  /// - Parameter region: replaces the options' own.
  package func faces(in frame: Frame, region: Region? = nil) throws(Failure) -> [Face] {
    let region = region ?? options.region ?? frame.whole
    try region.check(inside: frame.uprightWidth, frame.uprightHeight)
    let image = try canvas(region.width, region.height)
    defer { canvases.give(image) }
    try frame.read(region, into: image, isGrey: finder.seesLumaAlone)
    return reported(try finder.faces(in: image), x: region.x, y: region.y)
  }

  /// A picture to reuse: a camera's frames have one size.
  private func canvas(_ width: Int, _ height: Int) throws(Failure) -> Image {
    if let last = canvases.take(), last.width == width, last.height == height { return last }
    return try Image(width: width, height: height)
  }

  private func reported(_ found: [Face], x: Int, y: Int) -> [Face] {
    var faces = found
    switch options.order {
    case .largestFirst: faces.sort { $0.box.width * $0.box.height > $1.box.width * $1.box.height }
    case .surestFirst: faces.sort { $0.score > $1.score }
    }
    if let most = options.maxFaces { faces.removeLast(max(0, faces.count - most)) }
    guard x != 0 || y != 0 else { return faces }
    return faces.map { $0.moved(Float(x), Float(y)) }
  }
}

extension Face {
  fileprivate func moved(_ x: Float, _ y: Float) -> Face {
    Face(
      box: Box(left: box.left + x, top: box.top + y, right: box.right + x, bottom: box.bottom + y),
      score: score,
      landmarks: landmarks.map { Point($0.x + x, $0.y + y) })
  }
}
