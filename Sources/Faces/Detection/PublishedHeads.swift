import Networks
import Tensors

/// The results of a published detector's network, which are found by their names: "score8" is the score at
/// the cells of 8 pixels, "box8" and "points8" are where the face is.
///
/// A cell may have several faces, its anchors; their numbers lie one after another.
struct PublishedHeads {
  /// The names in the order of the executor's answers: for each stride its parts.
  let outputs: [String]
  let hasPoints: Bool
  private let kind: GraphKind
  private let parts: [Part]
  private let anchors: Int

  /// A result that there is for each stride.
  private struct Part {
    let name: StaticString
    /// Of each face of a cell.
    let numbers: Int
  }

  private static let maxAnchors = 8

  /// - Throws: `.badData` unless the network takes colour pictures of any size and has the results of its
  ///   kind.
  init(_ kind: GraphKind, _ architecture: Architecture) throws(Failure) {
    guard architecture.input == Extent(height: nil, width: nil, channels: 3) else {
      throw .badData(
        "model: a \(kind.name) for pictures of \(architecture.input.description); expected colour pictures of any size"
      )
    }
    // Two by three of the largest cells: exchanged sides are seen.
    let height = 2 * YuNet.sideStep, width = 3 * YuNet.sideStep
    func extent(_ name: StaticString, _ stride: Int) -> Extent? {
      architecture.graph.extent(
        of: "\(name)\(stride)", for: Extent(height: height, width: width, channels: 3))
    }
    let score = kind.scorePart, finest = kind.strides[0]
    anchors = (extent(score.name, finest)?.channels ?? 0) / score.numbers
    hasPoints = kind != .scrfd || extent("points", finest) != nil
    guard kind == .scrfd ? (1...PublishedHeads.maxAnchors).contains(anchors) : anchors == kind.anchors else {
      throw .badData(
        "model: output \(score.name)\(finest) of \(anchors) faces a cell; expected \(kind.anchors)")
    }
    var parts = [Part(name: score.name, numbers: score.numbers), Part(name: "box", numbers: 4)]
    if kind == .yunet { parts.append(Part(name: "object", numbers: 1)) }
    if hasPoints { parts.append(Part(name: "points", numbers: 10)) }
    var outputs: [String] = []
    for stride in kind.strides {
      for part in parts {
        let wanted = Extent(
          height: height / stride, width: width / stride, channels: anchors * part.numbers)
        let found = extent(part.name, stride)
        guard found == wanted else {
          throw .badData(
            "model: output \(part.name)\(stride) is \(found.map { $0.description } ?? "missing") of a picture of "
              + "\(width)x\(height); expected \(wanted.description)")
        }
        outputs.append("\(part.name)\(stride)")
      }
    }
    (self.kind, self.parts, self.outputs) = (kind, parts, outputs)
  }

  /// The numbers at the cells of one size.
  struct Cells {
    let stride: Int
    let rows, columns: Int
    let anchors: Int
    let score, box: UnsafePointer<Float>
    /// Of YuNet: whether there is any object.
    let object: UnsafePointer<Float>?
    let points: UnsafePointer<Float>?
  }

  /// Calls `use` for every face with at least a score. A cell whose numbers make no face is left out.
  /// - Parameters:
  ///   - height, width: of the network's picture.
  ///   - place: from the network's picture to the searched one.
  /// - Throws: `.badData` if the results have another size than that of their cells.
  func forEachFace(
    _ answers: Executor.Answers, height: Int, width: Int, minScore: Float, _ place: CellGrid.Mapping,
    _ use: (Face) -> Void
  ) throws(Failure) {
    for (i, stride) in kind.strides.enumerated() {
      let first = i * parts.count, rows = height / stride, columns = width / stride
      for (j, part) in parts.enumerated() {
        let found = answers.extents(first + j), numbers = anchors * part.numbers
        guard found == [1, rows, columns, numbers] else {
          throw .badData(
            "model: output \(part.name)\(stride) is no picture of \(columns)x\(rows)x\(numbers); expected one for a "
              + "picture of \(width)x\(height)")
        }
      }
      let cells = Cells(
        stride: stride, rows: rows, columns: columns, anchors: anchors, score: answers[first],
        box: answers[first + 1], object: kind == .yunet ? answers[first + 2] : nil,
        points: hasPoints ? answers[first + parts.count - 1] : nil)
      switch kind {
      case .yunet: cells.forEachYuNetFace(minScore: minScore, place, use)
      case .scrfd: cells.forEachSCRFDFace(minScore: minScore, place, use)
      case .retinaFace: cells.forEachRetinaFace(minScore: minScore, place, use)
      case .centerFace: cells.forEachCenterFace(minScore: minScore, place, use)
      case .liveness, .landmarks, .fastStyle: break  // which have no cells
      }
    }
  }
}

extension GraphKind {
  /// The result that holds a face's score, and its numbers of each face.
  fileprivate var scorePart: (name: StaticString, numbers: Int) {
    switch self {
    case .yunet: ("class", 1)
    case .retinaFace: ("score", 2)
    default: ("score", 1)
    }
  }

  /// Faces of a cell, as published; SCRFD's may be others.
  fileprivate var anchors: Int {
    switch self {
    case .scrfd, .retinaFace: 2
    default: 1
    }
  }

  fileprivate var strides: [Int] {
    switch self {
    case .centerFace: [4]
    default: [8, 16, 32]
    }
  }

  /// Boxes with a larger intersection over union belong to one face, as the authors have it.
  var maxOverlap: Float {
    switch self {
    case .scrfd, .retinaFace: 0.4
    default: 0.3
    }
  }
}
