import CSystem
import Faces
import Foundation
import Images
import Tensors

/// A folder that goes with its owner.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/facestyle-data-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and the folders above it.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = path + "/" + name
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
  }

  func write(_ name: String, _ image: Image) throws {
    let file = try image.encode(as: FileFormat(path: name))
    try write(name, Array(UnsafeBufferPointer(file.buffer)))
  }
}

/// A picture that is smooth, and another for each seed.
func face(_ width: Int, _ height: Int, seed: Int = 0) throws -> Image {
  try Image(width: width, height: height) { y, row in
    for x in 0..<width {
      for c in 0..<3 {
        let wave =
          sin(Double(x) * 0.11 + Double(seed)) + cos(Double(y) * 0.07 + Double(c) + Double(seed) * 0.5)
        row[3 * x + c] = UInt8(127 + 50 * wave)
      }
    }
  }
}

extension Image {
  var bytes: [UInt8] { pixels.withBuffer { Array($0) } }
}

extension AlignmentTemplate {
  /// In the square that the template speaks of.
  func chip(_ image: Image, _ landmarks: [Point]) throws(Failure) -> Image {
    try chip(image, landmarks, width: side, height: side)
  }

  func chip(_ frame: Frame, _ landmarks: [Point]) throws(Failure) -> Image {
    try chip(frame, landmarks, width: side, height: side)
  }
}

/// The points of the mean face in a photo of 150x150.
let meanPoints = AlignmentTemplate.meanFace.points

/// `people` folders with `photos` pictures each, already aligned.
func peopleFolder(_ people: Int, photos: Int, side: Int = 160) throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  for person in 0..<people {
    for photo in 0..<photos {
      try folder.write("p\(person)/\(photo).png", face(side, side, seed: 10 * person + photo))
    }
  }
  return folder
}

/// Crops of such a folder.
func peopleCrops(
  _ people: Int, photos: Int, _ change: (inout Crops.Options) -> Void = { _ in }
) throws -> Crops {
  let folder = try peopleFolder(people, photos: photos)
  var set = try PhotoSet(peopleIn: folder.path)
  try set.setLandmarks(meanPoints)
  var options = Crops.Options()
  options.frame = 60
  options.margin = 6
  change(&options)
  return try Crops(set, options)
}
