import Images
import Networks
import Tensors

/// Photos with the boxes of their faces, and photos without faces, for a detector to learn from.
package struct SceneSet {
  package struct Scene: Equatable {
    /// The path that opens it.
    package let path: String
    /// Its name in the file of labels.
    package let name: String
    /// In pixels of the photo from its top left corner; empty for a photo without faces.
    package var faces: [FaceTarget]
  }

  /// Photos with faces, in the order of their files.
  package private(set) var scenes: [Scene] = []
  /// Photos without faces.
  package private(set) var backgrounds: [Scene] = []
  package private(set) var leftOut: [LeftOut] = []

  package init() {}

  /// Adds the photos of a file of labels; those with an empty list are photos without faces.
  /// - Parameters:
  ///   - folder: to which the names in the file are relative.
  ///   - labels: see `SceneFile`.
  /// - Throws: the errors of `SceneFile`; nothing is added then.
  package mutating func add(folder: String, labels: String) throws(Failure) {
    for (name, faces) in try SceneFile.read(path: labels) {
      let scene = Scene(path: folder + "/" + name, name: name, faces: faces)
      if faces.isEmpty { backgrounds.append(scene) } else { scenes.append(scene) }
    }
  }

  /// Adds the photos of a flat folder, none of which shows a face.
  /// - Throws: `.io` if the folder cannot be read.
  package mutating func addBackgrounds(folder: String) throws(Failure) {
    let set = try PhotoSet(photosIn: folder)
    for photo in set.photos { backgrounds.append(Scene(path: photo.path, name: photo.name, faces: [])) }
    leftOut += set.leftOut
  }

  /// Keeps the scenes of a range.
  package mutating func keep(_ range: Range<Int>) {
    scenes = Array(scenes[range.clamped(to: 0..<scenes.count)])
  }

  /// The set without the photos that cannot be read.
  func without(scenes: Set<Int>, backgrounds: Set<Int>) -> SceneSet {
    var set = self
    set.scenes = self.scenes.enumerated().filter { !scenes.contains($0.offset) }.map { $0.element }
    set.backgrounds = self.backgrounds.enumerated().filter { !backgrounds.contains($0.offset) }
      .map { $0.element }
    return set
  }
}
