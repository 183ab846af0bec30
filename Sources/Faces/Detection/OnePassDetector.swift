import CSystem
import Images
import Networks
import Tensors

/// Finds faces with a network that looks at a picture once: one of YuNet's kind that was trained here, or a
/// published one that was converted.
///
/// The picture is first made smaller or larger, so that the smallest face to find gets the size of the
/// smallest one that the network finds. A picture that is then larger than those of the training is also
/// looked at at a quarter of the size, and so on: the network knows no larger faces either. Zeros fill up the
/// last cells; large pictures are looked at in parts. If the model asks for it, each face is looked at again.
package final class OnePassDetector: FaceFinder, @unchecked Sendable {
  private let network: Executor
  private let architecture: Architecture
  private let pyramid: Pyramid
  private let decoding: Decoding
  private let threshold: Float
  /// Boxes with a larger intersection over union belong to one face.
  private let maxOverlap: Float
  private let minSide: Float
  /// Nil for a model that does not ask for it.
  private let secondLook: SecondLook?

  /// How the network's numbers become faces.
  private enum Decoding {
    /// - Parameter minLogit: of a face.
    case own(minLogit: Float)
    case published(PublishedHeads)
  }

  /// The longer side of a face that is reported, as a part of the smallest one to find: sides are estimates.
  private static let minPart: Float = 0.6
  /// The score of a face if the model does not specify "threshold", and the largest overlap of two faces.
  private static let usualThreshold: Float = 0.5, ownOverlap: Float = 0.3

  /// - Throws: `.badData` for a model without a tensor, with metadata out of range, or whose outputs are not
  ///   those of its kind.
  package init(_ model: Model, _ options: DetectorOptions) throws(Failure) {
    let own = try model.metadata("threshold", 0...1) ?? OnePassDetector.usualThreshold
    threshold = options.threshold(ofStage: 2) ?? own
    minSide = OnePassDetector.minPart * options.minFace
    var pyramid = Pyramid(minFace: options.minFace)
    if let side = try model.metadata("min_face", 4...128) { pyramid.networkMinFace = side }
    if let side = try model.metadata("max_side", 128...4096) { pyramid.networkMaxSide = side }
    pyramid.findsCloseUps = options.findsCloseUps
    self.pyramid = pyramid
    let architecture = try model.architecture(), network: Executor
    if let kind = model.kind {
      let heads = try PublishedHeads(kind, architecture)
      maxOverlap = kind.maxOverlap
      decoding = .published(heads)
      network = Executor(try model.network(), .init(heads.outputs))
      secondLook = nil
    } else {
      let faceSide = try model.metadata("second_look", 32...112)
      let alignedLook = try AlignedLook(model)
      guard faceSide != nil || alignedLook == nil else {
        throw .badData("model: aligned_look without second_look; expected both")
      }
      let first =
        faceSide == nil
        ? threshold : SecondLook.minFirstScore(for: threshold, hasAlignedLook: alignedLook != nil)
      maxOverlap = OnePassDetector.ownOverlap
      // Infinite for 0 and 1.
      decoding = .own(minLogit: Float(log(Double(first) / (1 - Double(first)))))
      network = Executor(
        try model.network(), .init(YuNet.cellSides.map { YuNet.cells(ofSide: $0) }))
      secondLook = faceSide.map {
        SecondLook(network: network, architecture: architecture, faceSide: $0, alignedLook: alignedLook)
      }
    }
    (self.architecture, self.network) = (architecture, network)
  }

  package var findsPoints: Bool {
    switch decoding {
    case .own: true
    case .published(let heads): heads.hasPoints
    }
  }

  /// The faces of a picture, highest score first.
  package func faces(in image: Image) throws(Failure) -> [Face] {
    var found: [Candidate] = []
    for level in pyramid.levels(width: image.width, height: image.height) {
      found += try candidates(in: image, at: level)
    }
    found = found.suppressed(maxOverlap)
    guard let secondLook else { return found.map { $0.face } }
    return try secondLook.faces(found, in: image, minScore: threshold)
      .filter { max($0.box.width, $0.box.height) >= minSide }.suppressed(maxOverlap)
  }

  private func candidates(in image: Image, at level: Pyramid.Level) throws(Failure) -> [Candidate] {
    let rows = Pyramid.parts(of: level.height), columns = Pyramid.parts(of: level.width)
    // A part is copied from a picture of the level's size; a level of one part needs none if it is smaller.
    let isReduced = level.width < image.width || level.height < image.height
    let isDirect = isReduced && rows.count == 1 && columns.count == 1
    let picture =
      isDirect
      ? image
      : try image.resized(
        width: level.width, height: level.height, filter: isReduced ? .area : .bilinear)
    var found: [Candidate] = []
    for row in rows {
      for column in columns {
        let height = PaddedInput.side(row.pixels.count), width = PaddedInput.side(column.pixels.count)
        try network.run(batch: 1, height: height, width: width) { numbers throws(Failure) in
          let input = PaddedInput(numbers: numbers, height: height, width: width, format: architecture)
          if isDirect {
            try input.write(picture, reducedTo: level)
          } else {
            input.write(picture, row.pixels, column.pixels)
          }
        } _: { answers throws(Failure) in
          let place = CellGrid.Mapping(
            across: Float(image.width) / Float(level.width), down: Float(image.height) / Float(level.height),
            left: Float(column.pixels.lowerBound), top: Float(row.pixels.lowerBound))
          try forEachFace(answers, height: row.pixels.count, width: column.pixels.count, place) { face in
            let side = max(face.box.width, face.box.height)
            guard side >= minSide else { return }
            let x = (face.box.left + face.box.right) / 2, y = (face.box.top + face.box.bottom) / 2
            if column.has(x / place.across), row.has(y / place.down) {
              let seen = side / max(place.across, place.down)
              found.append(
                Candidate(face: face, wasSeenWell: secondLook?.seesWell(face, side: seen) ?? false))
            }
          }
        }
      }
    }
    return found.surestOfLevel()
  }

  /// - Parameters:
  ///   - height, width: of the picture without the zeros.
  private func forEachFace(
    _ answers: Executor.Answers, height: Int, width: Int, _ place: CellGrid.Mapping, _ use: (Face) -> Void
  ) throws(Failure) {
    switch decoding {
    case .own(let minLogit):
      for (i, side) in YuNet.cellSides.enumerated() {
        let grid = CellGrid(
          numbers: answers[i], side: side, columns: answers.extents(i)[2], height: height, width: width)
        grid.forEachFace(minLogit: minLogit, place, use)
      }
    case .published(let heads):
      try heads.forEachFace(
        answers, height: PaddedInput.side(height), width: PaddedInput.side(width), minScore: threshold, place,
        use)
    }
  }
}
