import CFaceStyle
import Faces
import Images
import Tensors

@c @implementation
public func fs_augmentation_init(
  _ augmentation: UnsafeMutablePointer<fs_augmentation>?, _ size: Int, _ strength: fs_strength
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(
      augmentation, size, to: Augmentation(Augmentation.Strength(strength)).inC, "augmentation")
  }
}

extension fs_augmentation: SizedStruct {
  static var standard: fs_augmentation { Augmentation.standard.inC }
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
    try augmentation.check()
    out.pointee = Handle.make(try image.varied(by: Variation(augmentation, seed: seed, epoch: 0, index: 0)))
  }
}

extension Augmentation: Exchanged {
  mutating func exchange(_ c: inout fs_augmentation, _ way: inout Exchange) {
    way.number(&c.flip, &flip)
    way.number(&c.shift, &shift)
    way.number(&c.turn, &turn)
    way.number(&c.scale, &scale)
    way.number(&c.brightness, &brightness)
    way.number(&c.contrast, &contrast)
    way.number(&c.grey, &grey)
    way.number(&c.blur, &blur)
    way.number(&c.blur_size, &blurSize)
    way.number(&c.coarse, &coarse)
    way.number(&c.coarsest, &coarsest)
    way.number(&c.compression, &compression)
    way.number(&c.worst_quality, &worstQuality)
    way.number(&c.noise, &noise)
    way.number(&c.noise_levels, &noiseLevels)
    way.number(&c.occlusion, &occlusion)
    way.number(&c.occlusion_size, &occlusionSize)
    way.number(&c.blend, &blend)
    way.number(&c.blend_share, &blendShare)
  }
}
