import CFaceStyle
import Faces
import Images
import Tensors

@c @implementation
public func fs_augmentation_init(
  _ augmentation: UnsafeMutablePointer<fs_augmentation>?, _ size: Int, _ strength: fs_strength
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(augmentation, size, to: fs_augmentation(Augmentation(Augmentation.Strength(strength))), "augmentation")
  }
}

extension fs_augmentation: SizedStruct {
  static var standard: fs_augmentation { fs_augmentation(Augmentation.standard) }
}

@c @implementation
public func fs_image_augment(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ image: OpaquePointer?,
  _ augmentation: UnsafePointer<fs_augmentation>?,
  _ seed: UInt64
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let image = try Handle.object(image, Image.self, "image")
    let augmentation = try Augmentation(known(augmentation, "augmentation"))
    out.pointee = Handle.make(try image.varied(by: Variation(augmentation, seed: seed, epoch: 0, index: 0)))
  }
}

extension Augmentation {
  /// - Throws: `.invalidArgument` naming the member that is out of its range.
  init(_ given: fs_augmentation) throws(Failure) {
    self.init()
    flip = given.flip
    shift = given.shift
    turn = given.turn
    scale = given.scale
    brightness = given.brightness
    contrast = given.contrast
    grey = given.grey
    blur = given.blur
    blurSize = given.blur_size
    coarse = given.coarse
    coarsest = Int(given.coarsest)
    compression = given.compression
    worstQuality = Int(given.worst_quality)
    noise = given.noise
    noiseLevels = given.noise_levels
    occlusion = given.occlusion
    occlusionSize = given.occlusion_size
    blend = given.blend
    blendShare = given.blend_share
    try check()
  }
}

extension fs_augmentation {
  init(_ a: Augmentation) {
    self.init(
      size: MemoryLayout<fs_augmentation>.size,
      flip: a.flip,
      shift: a.shift,
      turn: a.turn,
      scale: a.scale,
      brightness: a.brightness,
      contrast: a.contrast,
      grey: a.grey,
      blur: a.blur,
      blur_size: a.blurSize,
      coarse: a.coarse,
      coarsest: UInt32(clamping: a.coarsest),
      compression: a.compression,
      worst_quality: UInt32(clamping: a.worstQuality),
      noise: a.noise,
      noise_levels: a.noiseLevels,
      occlusion: a.occlusion,
      occlusion_size: a.occlusionSize,
      blend: a.blend,
      blend_share: a.blendShare)
  }
}
