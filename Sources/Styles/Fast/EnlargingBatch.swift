import Images
import Tensors

/// Squares cut from photos, and the same reduced: what an enlarger learns from. Where each is cut, and how it
/// is turned, is a function of seed, step and its place in the batch.
struct EnlargingBatch {
  /// [count, side, side, 3], R, G, B from 0 to 1.
  let large: Tensor<Float>
  /// The same by cubic interpolation, in levels as a file would have them: [count, side / factor, side /
  /// factor, 3].
  let small: Tensor<Float>

  /// - Throws: `.invalidArgument` for a photo smaller than a square.
  init(_ photos: [Image], side: Int, factor: Int, seed: UInt64, step: Int) throws(Failure) {
    let reduced = side / factor
    large = try Tensor([photos.count, side, side, 3])
    small = try Tensor([photos.count, reduced, reduced, 3])
    for (place, photo) in photos.enumerated() {
      guard photo.width >= side, photo.height >= side else {
        throw .invalidArgument("a photo of \(photo.width)x\(photo.height); expected \(side)x\(side) or more")
      }
      var random = Generator(seed: seed, UInt64(step), UInt64(place))
      let x = random.below(photo.width - side + 1), y = random.below(photo.height - side + 1)
      let turn = Turn(random.below(8))
      let square = try photo.cropped(x: x, y: y, width: side, height: side)
      turn.write(square, to: large, place)
      turn.write(try square.resized(width: reduced, height: reduced, filter: .bicubic), to: small, place)
    }
  }

  /// Makes the pixels along the edges what the network made of them, so that they cost nothing.
  func ignoreEdges(_ margin: Int, of made: Tensor<Float>) throws(Failure) {
    guard made.shape.extents == large.shape.extents else {
      throw .internalError("enlargements \(made.shape.description) of squares \(large.shape.description)")
    }
    let side = large.shape[1], rows = large.shape[0] * side, inside = margin..<(side - margin)
    withPointers(made, large) { made, large in
      for row in 0..<rows {
        let isInside = inside.contains(row % side)
        for x in 0..<side where !isInside || !inside.contains(x) {
          for i in (3 * (row * side + x))..<(3 * (row * side + x) + 3) { large[i] = made[i] }
        }
      }
    }
  }

  /// One of the eight ways to lay a square on itself.
  private struct Turn {
    private let isTransposed, isUpsideDown, isMirrored: Bool

    init(_ number: Int) {
      (isTransposed, isUpsideDown, isMirrored) = (number & 1 != 0, number & 2 != 0, number & 4 != 0)
    }

    func write(_ square: Image, to batch: Tensor<Float>, _ place: Int) {
      let side = square.width, first = 3 * side * side * place
      withPointers(square.pixels, batch.storage) { source, target in
        for y in 0..<side {
          for x in 0..<side {
            let (row, column) = isTransposed ? (x, y) : (y, x)
            let to = first + 3 * (y * side + x)
            let from =
              3 * ((isUpsideDown ? side - 1 - row : row) * side + (isMirrored ? side - 1 - column : column))
            for c in 0..<3 { target[to + c] = Float(source[from + c]) / 255 }
          }
        }
      }
    }
  }
}
