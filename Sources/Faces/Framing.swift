import Networks
import Tensors

/// How a network sees a photo.
package enum Framing {
  /// A face, with its landmarks moved to the template's.
  case aligned(AlignmentTemplate)
  /// The whole photo, stretched to the network's picture: for photos that all show the face alike and have no
  /// landmarks.
  case whole
}

extension Framing {
  /// The key of its text in models and checkpoints.
  package static var key: String { "template" }

  package var text: String {
    switch self {
    case .aligned(let template): template.text
    case .whole: Framing.wholeText
    }
  }

  private static var wholeText: String { "whole" }

  /// - Throws: `.badData` for a text not in the format of `text`.
  package init(_ text: String, side: Int) throws(Failure) {
    self = try text == Framing.wholeText ? .whole : .aligned(AlignmentTemplate(text, side: side))
  }

  /// The framing of a network whose file does not specify it: faces aligned as for the published weights if
  /// its pictures are square, else the whole photo.
  package static func published(for architecture: Architecture) -> Framing {
    architecture.side.map { .aligned(.published(for: "\(architecture.name)", side: $0)) } ?? .whole
  }

  /// The framing of networks trained here: landmarks at those of the mean face.
  package static var trained: Framing { .aligned(.meanFace) }

  /// The framing of a training: aligned by landmarks; whole photos if no photo has any.
  package static func training(on photos: PhotoSet) -> Framing {
    photos.photos.allSatisfy { $0.landmarks == nil } ? .whole : trained
  }

  /// The framing of a network trained here, but not from photos: faces if its pictures are square, else whole
  /// photos.
  package static func trained(_ architecture: Architecture) -> Framing {
    architecture.side.map { trained.scaled(to: $0) } ?? .whole
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
  /// The square from which its pictures are stretched; nil if any size is accepted.
  package var frame: Int? {
    guard let height = input.height, let width = input.width else { return nil }
    return max(height, width)
  }
}
