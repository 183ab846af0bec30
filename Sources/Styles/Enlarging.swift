import Tensors

/// Enlarges a picture [height, width, 3] of real numbers by cubic interpolation (a = -0.5), with repeated
/// edges. Pixel centres are those of `Image.resized`. Source: Keys, "Cubic convolution interpolation for
/// digital image processing", 1981.
package func enlarged(_ picture: Tensor<Float>, height: Int, width: Int) throws(Failure) -> Tensor<Float> {
  let result = try Tensor<Float>([height, width, 3])
  try result.withPointer { target throws(Failure) in
    try enlarge(picture, height: height, width: width, into: target)
  }
  return result
}

/// The same, into room for `3 * height * width` numbers.
func enlarge(
  _ picture: Tensor<Float>, height: Int, width: Int, into target: UnsafeMutablePointer<Float>
) throws(Failure) {
  picture.withPointer { source in
    let (oldHeight, oldWidth) = (picture.shape[0], picture.shape[1])
    if (height, width) == (oldHeight, oldWidth) { return target.update(from: source, count: picture.count) }
    let across = (0..<width).map { Cubic($0, from: oldWidth, to: width) }
    let down = (0..<height).map { Cubic($0, from: oldHeight, to: height) }
    // A row is made from four rows of the old picture, each widened as it is read: only the result is held in
    // the new size.
    ThreadPool.shared.run(height) { y, _ in
      let cubic = down[y]
      for x in 0..<width {
        for c in 0..<3 {
          target[(y * width + x) * 3 + c] = cubic.value { row in
            across[x].value { source[(row * oldWidth + $0) * 3 + c] }
          }
        }
      }
    }
  }
}

/// The neighbours of a new pixel, with their weights.
private struct Cubic {
  private let places: (Int, Int, Int, Int)
  private let weights: (Float, Float, Float, Float)

  init(_ place: Int, from oldCount: Int, to count: Int) {
    let centre = (Double(place) + 0.5) * Double(oldCount) / Double(count) - 0.5
    let left = centre.rounded(.down), t = Float(centre - left), first = Int(left)
    func held(_ i: Int) -> Int { min(max(i, 0), oldCount - 1) }
    places = (held(first - 1), held(first), held(first + 1), held(first + 2))
    func near(_ d: Float) -> Float { (1.5 * d - 2.5) * d * d + 1 }
    func far(_ d: Float) -> Float { ((-0.5 * d + 2.5) * d - 4) * d + 2 }
    weights = (far(1 + t), near(t), near(1 - t), far(2 - t))
  }

  func value(_ at: (Int) -> Float) -> Float {
    weights.0 * at(places.0) + weights.1 * at(places.1) + weights.2 * at(places.2) + weights.3 * at(places.3)
  }
}
