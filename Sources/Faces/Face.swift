import Images
import Tensors

/// A position in a picture: pixels from its top left corner; the centre of the first pixel is (0, 0).
package struct Point: Equatable {
  package var x, y: Float

  package init(_ x: Float, _ y: Float) {
    self.x = x
    self.y = y
  }

  func distance(to other: Point) -> Float {
    ((x - other.x) * (x - other.x) + (y - other.y) * (y - other.y)).squareRoot()
  }
}

/// A face as a detector reports it.
package struct Face {
  package var box: Box
  /// 0 to 1; higher is more certain.
  package var score: Float
  /// Left eye, right eye, nose, left and right corner of the mouth, as seen; empty if the detector finds
  /// none.
  package var landmarks: [Point]

  package init(box: Box, score: Float, landmarks: [Point]) {
    self.box = box
    self.score = score
    self.landmarks = landmarks
  }
}

extension Face {
  /// The landmarks' order in a mirror: eyes and corners of the mouth change sides.
  static var mirroredLandmarks: [Int] { [1, 0, 2, 4, 3] }

  /// The whole photo as a face without landmarks.
  static func whole(_ photo: Image) -> Face {
    Face(
      box: Box(left: 0, top: 0, right: Float(photo.width), bottom: Float(photo.height)), score: 1,
      landmarks: [])
  }
}

extension [Face] {
  /// The main face of a photo, large and near its centre: that with the largest area, minus twice the squared
  /// distance of its centre from the photo's.
  func mainIndex(in photo: Image) -> Int? {
    func prominence(_ face: Face) -> Float {
      let x = (face.box.left + face.box.right - Float(photo.width)) / 2
      let y = (face.box.top + face.box.bottom - Float(photo.height)) / 2
      return face.box.width * face.box.height - 2 * (x * x + y * y)
    }
    return indices.max { prominence(self[$0]) < prominence(self[$1]) }
  }
}

/// A rectangle given by its corners; may extend past the picture.
package struct Box: Equatable {
  package var left, top, right, bottom: Float

  package init(left: Float, top: Float, right: Float, bottom: Float) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  package var width: Float { right - left }
  package var height: Float { bottom - top }

  /// The square around the same centre with the longer of the two sides.
  var squared: Box {
    let side = max(width, height)
    let x = left + width * 0.5 - side * 0.5, y = top + height * 0.5 - side * 0.5
    return Box(left: x, top: y, right: x + side, bottom: y + side)
  }

  /// Moved by a network's regression: each edge by a fraction of the box's size.
  func moved(by shift: (Float, Float, Float, Float), _ width: Float, _ height: Float) -> Box {
    Box(
      left: left + shift.0 * width, top: top + shift.1 * height, right: right + shift.2 * width,
      bottom: bottom + shift.3 * height)
  }
}

extension Box {
  /// - Throws: `.invalidArgument` unless the box has an area, and a place that pictures can have.
  func checkArea() throws(Failure) {
    for side in [left, top, right, bottom] where !(side.magnitude <= 1e6) {
      throw .invalidArgument(
        "a face in a box of \(width)x\(height) at (\(left), \(top)); expected numbers up to 1e6")
    }
    guard width > 0, height > 0 else {
      throw .invalidArgument("a face in a box of \(width)x\(height) at (\(left), \(top)); expected an area")
    }
  }
}
