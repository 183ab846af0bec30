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
    switch self {
    case .aligned(let template): template.text
    case .whole: Framing.wholeText
    }
  }

  private static var wholeText: String { "whole" }

  /// - Throws: `.badData` for what `text` does not write.
  package init(_ text: String, side: Int) throws(Failure) {
    self = try text == Framing.wholeText ? .whole : .aligned(AlignmentTemplate(text, side: side))
  }

  /// What a network sees whose file does not say so: a face as its authors' weights learnt it where its
  /// pictures are square, else the whole photo.
  package static func published(for architecture: Architecture) -> Framing {
    architecture.side.map { .aligned(.published(for: "\(architecture.name)", side: $0)) } ?? .whole
  }

  /// How networks are trained here to see faces: the points come where the mean face has them.
  package static var trained: Framing { .aligned(.meanFace) }

  /// How a training sees photos: by their points; whole where no photo has any.
  package static func training(on photos: PhotoSet) -> Framing {
    photos.photos.allSatisfy { $0.landmarks == nil } ? .whole : trained
  }

  /// What a network is to see that was trained here, but not from photos: a face where its pictures are
  /// square, else the whole photo.
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
  /// The square from which its pictures are stretched; nil where any size will do.
  package var frame: Int? {
    guard let height = input.height, let width = input.width else { return nil }
    return max(height, width)
  }
}
