import Tensors

/// How much a training varies its pictures. `.none` changes nothing.
///
/// Lengths are fractions of the picture's side, so that one setting suits every size.
package struct Augmentation: Equatable, Sendable {
  // Position of the face.
  /// The probability of a mirror image.
  package var flip: Float = 0
  /// Maximum shift in each direction, uniform.
  package var shift: Float = 0
  /// Maximum rotation in each direction in radians, uniform.
  package var turn: Float = 0
  /// Scales by a factor of 1 - scale ... 1 + scale, uniform.
  package var scale: Float = 0

  // Light.
  /// Maximum change of levels of 255 in each direction, uniform.
  package var brightness: Float = 0
  /// Scales differences from mid-grey by 1 - contrast ... 1 + contrast, uniform.
  package var contrast: Float = 0
  /// The probability of losing all colour.
  package var grey: Float = 0

  // The effects of a poor camera or of transmission; each has its probability.
  package var blur: Float = 0
  /// The largest standard deviation of the blur.
  package var blurSize: Float = 0.015
  package var coarse: Float = 0
  /// Pixels across the side of the coarsest picture.
  package var coarsest = 32
  package var compression: Float = 0
  /// The lowest JPEG quality, 1 to 100.
  package var worstQuality = 20
  package var noise: Float = 0
  /// The largest standard deviation, in levels.
  package var noiseLevels: Float = 12

  /// The probability of a rectangle of one colour in front of the face.
  package var occlusion: Float = 0
  /// Its longest side.
  package var occlusionSize: Float = 0.4

  /// The probability of blending in another face: `(1 - share) x + share y`. For a student whose teacher sees
  /// the same picture; no label fits a blend.
  package var blend: Float = 0
  /// The largest share of the other face.
  package var blendShare: Float = 0.5

  package init() {}

  package static var none: Augmentation { Augmentation() }

  /// Changes that keep a face equally recognisable: mirroring, small movements, light.
  package static var standard: Augmentation {
    var a = Augmentation()
    // As in distillation from dlib: 4 of 150 pixels.
    (a.flip, a.shift, a.turn, a.scale) = (0.5, 0.027, 0.06, 0.06)
    (a.brightness, a.contrast, a.grey) = (20, 0.25, 0.05)
    return a
  }

  /// For little data or poor cameras: everything except blending.
  package static var strong: Augmentation {
    var a = standard
    (a.shift, a.turn, a.scale) = (0.05, 0.15, 0.12)
    (a.brightness, a.contrast, a.grey) = (35, 0.4, 0.15)
    (a.blur, a.coarse, a.compression, a.noise, a.occlusion) = (0.15, 0.15, 0.1, 0.15, 0.25)
    return a
  }

  /// By its number in C.
  package enum Strength: Int32, CaseIterable { case none = 0, standard = 1, strong = 2 }

  package init(_ strength: Strength) {
    self =
      switch strength {
      case .none: .none
      case .standard: .standard
      case .strong: .strong
      }
  }
}

extension Augmentation: Settings {
  package var settings: [Setting] {
    Setting("flip", flip, .from(0, to: 1))
    Setting("shift", shift, .from(0, to: 0.5))
    Setting("turn", turn, .from(0, to: 3.1416))
    Setting("scale", scale, .from(0, to: 0.9))
    Setting("brightness", brightness, .from(0, to: 255))
    Setting("contrast", contrast, .from(0, to: 1))
    Setting("grey", grey, .from(0, to: 1))
    Setting("blur", blur, .from(0, to: 1))
    Setting("blur size", blurSize, .from(0, to: 0.1))
    Setting("coarse", coarse, .from(0, to: 1))
    Setting("coarsest", coarsest, .from(4, to: 4096))
    Setting("compression", compression, .from(0, to: 1))
    Setting("worst quality", worstQuality, .from(1, to: 100))
    Setting("noise", noise, .from(0, to: 1))
    Setting("noise levels", noiseLevels, .from(0, to: 255))
    Setting("occlusion", occlusion, .from(0, to: 1))
    Setting("occlusion size", occlusionSize, .from(0, to: 1))
    Setting("blend", blend, .from(0, to: 1))
    Setting("blend share", blendShare, .from(0, to: 1))
  }
}
