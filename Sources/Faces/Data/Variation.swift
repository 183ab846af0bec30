import Tensors

/// One draw from an `Augmentation`: the changes to one picture. Independent of its size.
package struct Variation: Equatable, Sendable {
  package var isFlipped = false
  /// As fractions of the side.
  package var shiftX: Float = 0, shiftY: Float = 0
  /// Radians.
  package var turn: Float = 0
  package var scale: Float = 1
  package var brightness: Float = 0
  package var contrast: Float = 1
  package var isGrey = false
  /// Standard deviation as a fraction of the side; 0 for none.
  package var blur: Float = 0
  /// Pixels across the side; 0 for no reduction.
  package var pixels = 0
  /// JPEG quality; 0 for none.
  package var quality = 0
  /// Standard deviation in levels; 0 for none.
  package var noise: Float = 0
  package var noiseSeed: UInt64 = 0
  package var occluder: Occluder?
  /// The share of another face, and a number that selects it; 0 for none.
  package var blend: Float = 0
  package var partner: UInt64 = 0

  package struct Occluder: Equatable, Sendable {
    /// As fractions of the side.
    package var left, top, right, bottom: Float
    package var colour: (red: Float, green: Float, blue: Float)

    package init(
      left: Float, top: Float, right: Float, bottom: Float, colour: (red: Float, green: Float, blue: Float)
    ) {
      (self.left, self.top, self.right, self.bottom, self.colour) = (left, top, right, bottom, colour)
    }

    package static func == (a: Occluder, b: Occluder) -> Bool {
      a.left == b.left && a.top == b.top && a.right == b.right && a.bottom == b.bottom && a.colour == b.colour
    }
  }

  /// No changes.
  package init() {}

  /// Draw number `index` of an epoch: depends only on the three numbers.
  ///
  /// Each kind of change consumes its random numbers whether or not it happens, so that disabling one does
  /// not affect the others.
  package init(_ augmentation: Augmentation, seed: UInt64, epoch: Int, index: Int) {
    let a = augmentation
    var random = Generator(seed: seed, UInt64(truncatingIfNeeded: epoch), UInt64(truncatingIfNeeded: index))
    func happens(_ probability: Float) -> Bool { random.uniform() < probability }
    /// Uniform in -most ..< most.
    func around(_ most: Float) -> Float { (2 * random.uniform() - 1) * most }

    isFlipped = happens(a.flip)
    shiftX = around(a.shift)
    shiftY = around(a.shift)
    turn = around(a.turn)
    scale = 1 + around(a.scale)
    brightness = around(a.brightness)
    contrast = 1 + around(a.contrast)
    isGrey = happens(a.grey)

    let blurs = happens(a.blur), blur = random.uniform()
    if blurs { self.blur = a.blurSize * blur }
    let coarsens = happens(a.coarse), pixels = random.uniform()
    if coarsens { self.pixels = a.coarsest + Int(Float(a.coarsest) * pixels) }
    let compresses = happens(a.compression), quality = random.uniform()
    if compresses { self.quality = a.worstQuality + Int(Float(max(0, 75 - a.worstQuality)) * quality) }
    let isNoisy = happens(a.noise), noise = random.uniform()
    noiseSeed = random.next()
    if isNoisy { self.noise = a.noiseLevels * noise }

    let isOccluded = happens(a.occlusion)
    // At least a quarter of the longest side, so that it has an effect.
    let width = a.occlusionSize * (0.25 + 0.75 * random.uniform()),
      height = a.occlusionSize * (0.25 + 0.75 * random.uniform())
    let left = random.uniform() * (1 - width), top = random.uniform() * (1 - height)
    let colour = (red: 255 * random.uniform(), green: 255 * random.uniform(), blue: 255 * random.uniform())
    if isOccluded {
      occluder = Occluder(left: left, top: top, right: left + width, bottom: top + height, colour: colour)
    }

    let blends = happens(a.blend), share = random.uniform()
    partner = random.next()
    if blends { blend = a.blendShare * share }
  }
}
