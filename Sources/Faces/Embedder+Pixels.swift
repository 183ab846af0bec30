import Images
import Networks
import Tensors

extension Embedder {
  /// Which pixels bring two faces near or apart: the derivatives of the squared distance `|e(a) - e(b)|^2` by
  /// the levels of both chips, each [height, width, 3] by R, G, B. They are 0 for equal chips, where the
  /// distance itself has no derivative.
  ///
  /// - Parameters:
  ///   - a, b: as the network takes them.
  package func distanceGradients(
    _ a: Image, _ b: Image
  ) throws(Failure) -> (squaredDistance: Float, a: Tensor<Float>, b: Tensor<Float>) {
    let first = try Pass(self, a), second = try Pass(self, b)
    let (squared, da) = try first.gradient(to: second.embedding.tensor)
    let (_, db) = try second.gradient(to: first.embedding.tensor)
    return (squared, try architecture.pullBack(da), try architecture.pullBack(db))
  }

  /// The same as heat maps over both chips, on one scale: the warmest pixel of the two has the last colour.
  package func heatMaps(_ a: Image, _ b: Image) throws(Failure) -> (distance: Float, a: Image, b: Image) {
    let found = try distanceGradients(a, b)
    func heat(_ gradient: Tensor<Float>) throws(Failure) -> Storage<Float> {
      try gradient.storage.withSpan { numbers throws(Failure) in
        try pixelHeat(numbers, width: width, height: height, deviation: Float(max(width, height)) / 32)
      }
    }
    let (first, second) = (try heat(found.a), try heat(found.b))
    var highest: Float = 0
    for i in 0..<first.count { highest = max(highest, first[i], second[i]) }
    func map(_ heat: Storage<Float>, over chip: Image) throws(Failure) -> Image {
      try heat.withSpan { heat throws(Failure) in try Image(heat: heat, over: chip, highest: highest) }
    }
    return (found.squaredDistance.squareRoot(), try map(first, over: a), try map(second, over: b))
  }

  /// A chip on its way through the network.
  private struct Pass {
    let tape = Tape<Float>()
    let pixels: Variable<Float>
    private let mirrored: (pixels: Variable<Float>, Mirroring)?
    let embedding: Variable<Float>

    init(_ embedder: Embedder, _ chip: Image) throws(Failure) {
      try embedder.check(chip)
      let x = try embedder.architecture.input(chip.pixels, height: chip.height, width: chip.width)
      pixels = tape.leaf(x)
      let plain = try embedder.network.run(pixels, .init(["embedding"]), on: tape)[0]
      if let mirroring = embedder.mirroring {
        let leaf = tape.leaf(try mirroring.mirrored(x))
        mirrored = (leaf, mirroring)
        let other = try embedder.network.run(leaf, .init(["embedding"]), on: tape)[0]
        embedding = try mirroring.mean(plain, other, on: tape)
      } else {
        (mirrored, embedding) = (nil, plain)
      }
      for i in 0..<embedding.tensor.count { try embedder.check(embedding.tensor[i]) }
    }

    func gradient(to other: Tensor<Float>) throws(Failure) -> (Float, Tensor<Float>) {
      let squared = try tape.squaredDistance(embedding, to: other, factor: 1)
      guard let (leaf, mirroring) = mirrored else {
        return (squared.scalar, try tape.gradients(of: squared, at: [pixels])[0])
      }
      let found = try tape.gradients(of: squared, at: [pixels, leaf])
      return (squared.scalar, try found[0].adding(mirroring.mirrored(found[1])))
    }
  }
}
