import Faces
import Images
import Networks

/// A grey-blue photo with red faces: ellipses within their boxes, a white left eye and a yellow right one.
/// Red is nowhere else.
func redFaces(_ width: Int, _ height: Int, _ boxes: [[Float]]) throws -> Image {
  try Image(width: width, height: height) { y, row in
    for x in 0..<width {
      var colour: (UInt8, UInt8, UInt8) = (40, 60, UInt8(90 + (x * 7 + y * 3) % 40))
      let (px, py) = (Float(x) + 0.5, Float(y) + 0.5)
      for box in boxes {
        let (cx, cy) = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        let (a, b) = ((box[2] - box[0]) / 2, (box[3] - box[1]) / 2)
        let (dx, dy) = ((px - cx) / a, (py - cy) / b)
        if dx * dx + dy * dy < 1 { colour = (230, 30, 30) }
        let eyes = facePoints(box)
        for eye in 0..<2 {
          let (ex, ey) = ((px - eyes[2 * eye]) / a, (py - eyes[2 * eye + 1]) / b)
          if ex * ex + ey * ey < 0.03 { colour = eye == 0 ? (240, 240, 240) : (240, 240, 20) }
        }
      }
      (row[3 * x], row[3 * x + 1], row[3 * x + 2]) = colour
    }
  }
}

/// Five points of the face in a box.
func facePoints(_ box: [Float]) -> [Float] {
  let (w, h) = (box[2] - box[0], box[3] - box[1])
  let places: [(Float, Float)] = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75)]
  return places.flatMap { [box[0] + $0.0 * w, box[1] + $0.1 * h] }
}

/// A picture without faces, green and blue.
func faceless(_ width: Int, _ height: Int, seed: Int) throws -> Image {
  try Image(width: width, height: height) { y, row in
    for x in 0..<width {
      row[3 * x] = 20
      row[3 * x + 1] = UInt8(60 + (x * (3 + seed) + y) % 120)
      row[3 * x + 2] = UInt8(60 + (x + y * (5 + seed)) % 120)
    }
  }
}

/// A folder of photos with faces, labelled in labels.json, and one of photos without.
struct ScenePhotosFolder {
  static let boxes: [[[Float]]] = [
    [[60, 40, 110, 100]], [[20, 30, 50, 70], [120, 50, 170, 110]], [[30, 20, 130, 140]]
  ]
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    var labels: [String] = []
    for (i, boxes) in Self.boxes.enumerated() {
      try folder.write("scenes/\(i).png", redFaces(200, 160, boxes))
      let faces = boxes.map { "[" + ($0 + facePoints($0)).map { "\($0)" }.joined(separator: ", ") + "]" }
      labels.append("\"\(i).png\": [" + faces.joined(separator: ", ") + "]")
    }
    try folder.write("labels.json", Array(("{" + labels.joined(separator: ",\n") + "}").utf8))
    for i in 0..<2 { try folder.write("without/\(i).png", faceless(150, 120, seed: i)) }
  }

  func set(backgrounds: Bool = true) throws -> SceneSet {
    var set = SceneSet()
    try set.add(folder: folder.path + "/scenes", labels: folder.path + "/labels.json")
    if backgrounds { try set.addBackgrounds(folder: folder.path + "/without") }
    return set
  }
}
