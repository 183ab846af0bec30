import CSystem
import Images

/// The direction in which a face looks, in degrees, estimated from five landmarks. 0, 0, 0 looks straight
/// into the camera.
///
/// The face gets two axes: from the left eye to the right one, and perpendicular to it downwards, with the
/// origin half-way between the eyes. In these axes the nose is at (x, y), the middle of the mouth at (m, v),
/// and e is the distance of the eyes. The tip of the nose is p = 0.4 e in front of the plane of eyes and
/// mouth, and in a frontal view it lies on the line from eyes to mouth at the fraction q = 0.56. If the head
/// turns, it moves away from that place: `yaw = atan((x - q m) / 0.4 e)`, `pitch = atan((y - q v) / 0.38 v)`;
/// `roll` is the angle of the line of the eyes. In both quotients the same cosine cancels, so that the scale
/// of the face does not matter.
///
/// q and v / e = 1.05 are means over the 3811 faces of Labeled Faces in the Wild's test pairs, whose q has a
/// standard deviation of 0.047 between people, or 7 degrees of pitch. p is 25 mm for 63 mm between adult
/// pupils. A detector's landmarks are unreliable beyond 60 degrees, and the angles are those of a rigid mean
/// face: they sort faces by direction and do not measure heads.
package struct Pose: Equatable {
  /// Positive when the nose points to the right of the picture.
  package let yaw: Float
  /// Positive when it points downwards.
  package let pitch: Float
  /// Positive when the head is turned clockwise in the picture.
  package let roll: Float

  package static let noseDepth = 0.4, noseHeight = 0.56, mouthHeight = 1.05

  /// - Parameter landmarks: five finite points.
  package init(_ landmarks: [Point]) {
    func place(_ i: Int) -> (x: Double, y: Double) {
      landmarks.indices.contains(i) ? (Double(landmarks[i].x), Double(landmarks[i].y)) : (0, 0)
    }
    let (left, right, nose) = (place(0), place(1), place(2))
    let across = (x: right.x - left.x, y: right.y - left.y)
    let eyes = (across.x * across.x + across.y * across.y).squareRoot()
    let unit = eyes > 0 ? (x: across.x / eyes, y: across.y / eyes) : (x: 1.0, y: 0.0)
    func inFace(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
      let dx = x - (left.x + right.x) / 2, dy = y - (left.y + right.y) / 2
      return (dx * unit.x + dy * unit.y, dy * unit.x - dx * unit.y)
    }
    let tip = inFace(nose.x, nose.y)
    let mouth = inFace((place(3).x + place(4).x) / 2, (place(3).y + place(4).y) / 2)
    let degrees = 180 / Double.pi
    let depth = Pose.noseDepth / Pose.mouthHeight  // as a part of the way from eyes to mouth
    yaw = Float(degrees * atan2(tip.x - Pose.noseHeight * mouth.x, Pose.noseDepth * eyes))
    pitch = Float(degrees * atan2(tip.y - Pose.noseHeight * mouth.y, depth * mouth.y))
    roll = Float(degrees * atan2(unit.y, unit.x))
  }
}
