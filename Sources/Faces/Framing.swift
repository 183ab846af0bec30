import Networks
import Tensors

/// What a network sees of a photo.
package enum Framing {
  /// A face, whose points the template brings to their places.
  case aligned(AlignmentTemplate)
  /// The whole photo, stretched to the network's picture: for photos that show the face all alike and whose
  /// points nobody knows.
  case whole
}

extension Framing {
  /// Under which models and checkpoints keep its text.
  package static var key: String { "template" }

  package var text: String {
    guard case .aligned(let template) = self else { return Framing.wholeText }
    var text = ""
    for point in template.points { text += (text.isEmpty ? "" : " ") + "\(point.x) \(point.y)" }
    return text
  }

  private static var wholeText: String { "whole" }

  /// - Throws: `.badData` for what `text` does not write.
  package init(_ text: String, side: Int) throws(Failure) {
    guard text != Framing.wholeText else {
      self = .whole
      return
    }
    let numbers = try numbers(text, count: 10...10, Framing.key)
    self = .aligned(
      AlignmentTemplate(side: side, points: (0..<5).map { Point(numbers[2 * $0], numbers[2 * $0 + 1]) }))
  }

  /// What a network sees whose file does not say so: a face as its authors' weights learnt it where its
  /// pictures are square, else the whole photo.
  package static func published(for architecture: Architecture) -> Framing {
    architecture.side.map { .aligned(.published(for: "\(architecture.name)", side: $0)) } ?? .whole
  }

  /// How a training sees photos: by their points, which come where the mean face has them; whole where no
  /// photo has any.
  package static func training(on photos: PhotoSet) -> Framing {
    photos.photos.allSatisfy { $0.landmarks == nil } ? .whole : .aligned(.meanFace)
  }

  /// The same in a square of `side` pixels.
  package func scaled(to side: Int) -> Framing {
    switch self {
    case .aligned(let template): .aligned(template.scaled(to: side))
    case .whole: .whole
    }
  }
}

extension Architecture {
  /// The square from which its pictures are stretched; nil where any size will do.
  package var frame: Int? {
    guard let height = input.height, let width = input.width else { return nil }
    return max(height, width)
  }
}
