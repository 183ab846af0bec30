import Networks
import Tensors

/// How the pictures that a detector learns from are composed.
package struct SceneOptions: Equatable, Sendable {
  /// The side of the pictures, a multiple of 32.
  package var side = 320
  /// Faces with smaller sides (the root of their area) are to be ignored.
  package var minFace: Float = 8
  /// The largest side of a face that is looked for in a scene, as a part of the picture's side.
  package var maxFace: Float = 0.9
  /// The probability of a photo without faces into which faces are set, and of four scenes side by side. All
  /// other pictures are parts of a scene.
  package var paste: Float = 0.3
  package var mosaic: Float = 0.2
  /// The most faces that are set into a photo.
  package var maxPasted = 6
  /// The probability of a dark picture.
  package var dark: Float = 0.12
  /// `flip`, light and cameras as in `Augmentation`. `turn` is for faces that are set in; whole scenes turn
  /// by a quarter of it. `shift`, `scale`, `occlusion` and `blend` have no effect.
  package var augmentation = SceneOptions.usual

  package init() {}

  /// The usual variation of scenes: faces lean up to 40 degrees.
  package static var usual: Augmentation {
    var a = Augmentation.none
    (a.flip, a.turn) = (0.5, 0.7)
    (a.brightness, a.contrast, a.grey) = (30, 0.35, 0.15)
    (a.blur, a.blurSize) = (0.12, 0.005)
    (a.coarse, a.coarsest) = (0.1, 120)
    (a.compression, a.worstQuality) = (0.2, 25)
    (a.noise, a.noiseLevels) = (0.15, 14)
    return a
  }
}

extension SceneOptions: Settings {
  package var settings: [Setting] {
    Setting("side", side, .from(32, to: 2048)).requiring(side % 32 == 0, "a multiple of 32")
    Setting("min face", minFace, .from(1, to: 1024))
    Setting("max face", maxFace, .from(0.1, to: 2))
    Setting("paste", paste, .from(0, to: 1))
    Setting("mosaic", mosaic, .from(0, to: 1)).requiring(paste + mosaic <= 1, "at most 1 with paste")
    Setting("max pasted", maxPasted, .from(1, to: 64))
    Setting("dark", dark, .from(0, to: 1))
    augmentation.settings
  }
}
