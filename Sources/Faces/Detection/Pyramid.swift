import Images
import Tensors

/// The sizes at which a one-pass detector looks at a picture, and the parts of each that it looks at.
package struct Pyramid {
  /// The side of the smallest face to find, in pixels of the picture.
  package let minFace: Float
  /// The side of the smallest face that the network finds, and the longer side of the largest pictures of its
  /// training.
  package var networkMinFace: Float = 20, networkMaxSide: Float = 640

  /// Whether a face may fill the picture: then the last level is small enough for it.
  package var findsCloseUps = false

  /// The longer side of pictures that a face may fill: networks that look once find faces of up to about 300
  /// pixels surely.
  private static let maxCloseUp: Float = 256
  /// Enlarging adds nothing to see, and costs time by its square.
  private static let maxScale: Double = 2
  /// Between levels: the network finds faces from its smallest to twenty times that, so that each face
  /// is found at least at one level; a sixteenth is added to the time.
  private static let step: Double = 4
  /// The most pixels that a picture is enlarged to.
  private static let maxEnlarged = Double(1 << 27)

  package init(minFace: Float) { self.minFace = minFace }

  package struct Level: Equatable {
    package let width, height: Int

    package init(width: Int, height: Int) { (self.width, self.height) = (width, height) }
  }

  /// The largest level first.
  package func levels(width: Int, height: Int) -> [Level] {
    let longest = Double(max(width, height)), pixels = Double(width) * Double(height)
    var scale = min(Double(networkMinFace / minFace), Pyramid.maxScale)
    if scale > 1 {
      scale = max(1, min(scale, Double(Image.maxSide) / longest))
      scale = max(1, min(scale, (Pyramid.maxEnlarged / pixels).squareRoot().rounded(.down)))
    }
    var levels: [Level] = []
    while true {
      let level = Level(width: side(width, scale), height: side(height, scale))
      levels.append(level)
      if Float(max(level.width, level.height)) <= maxLastSide { return levels }
      scale /= Pyramid.step
    }
  }

  private var maxLastSide: Float {
    findsCloseUps ? min(networkMaxSide, Pyramid.maxCloseUp) : networkMaxSide
  }

  private func side(_ side: Int, _ scale: Double) -> Int { max(1, Int((Double(side) * scale).rounded())) }

  // MARK: Parts

  /// A part of a side, looked at by itself.
  package struct Part: Equatable {
    package let pixels: Range<Int>
    /// Where the centres of its faces lie; another part sees the others better.
    package let centres: Range<Float>

    package func has(_ centre: Float) -> Bool { centres.contains(centre) }
  }

  /// A larger part needs more memory than there need be, and more than a processor's cache.
  private static let maxPart = 1536
  /// A face on the seam lies in both parts as a whole if it is smaller than half of this; larger ones are
  /// found at the next level.
  private static let overlap = 256

  /// The parts of a side: as few as possible, of about one length.
  package static func parts(of side: Int) -> [Part] {
    let count = side <= maxPart ? 1 : (side - overlap + maxPart - overlap - 1) / (maxPart - overlap)
    func start(_ i: Int) -> Int { i * (side - overlap) / count }
    return (0..<count).map { i in
      let pixels = start(i)..<min(side, start(i + 1) + overlap)
      let lower = i == 0 ? -Float.infinity : Float(pixels.lowerBound + overlap / 2)
      let upper = i == count - 1 ? Float.infinity : Float(start(i + 1) + overlap / 2)
      return Part(pixels: pixels, centres: lower..<upper)
    }
  }
}
