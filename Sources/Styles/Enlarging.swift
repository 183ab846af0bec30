import Tensors

/// A picture [height, width, 3] of real numbers at another size, by cubics through four neighbours (a = -0.5), edges repeated: for
/// making pictures larger. Its centres lie where those of `Image.resized` do.
/// Source: Keys, "Cubic convolution interpolation for digital image processing", 1981.
package func enlarged(_ picture: Tensor<Float>, height: Int, width: Int) throws(Failure) -> Tensor<Float> {
  let (oldHeight, oldWidth) = (picture.shape[0], picture.shape[1])
  if (height, width) == (oldHeight, oldWidth) { return try picture.copy() }
  let across = (0..<width).map { Cubic($0, from: oldWidth, to: width) }
  let down = (0..<height).map { Cubic($0, from: oldHeight, to: height) }
  let wide = try Tensor<Float>([oldHeight, width, 3]), result = try Tensor<Float>([height, width, 3])
  let source = picture.pointer, between = wide.pointer, target = result.pointer
  ThreadPool.shared.run(oldHeight) { y, _ in
    for x in 0..<width {
      let cubic = across[x]
      for c in 0..<3 { between[(y * width + x) * 3 + c] = cubic.value { source[(y * oldWidth + $0) * 3 + c] } }
    }
  }
  ThreadPool.shared.run(height) { y, _ in
    let cubic = down[y]
    for i in 0..<(3 * width) { target[y * 3 * width + i] = cubic.value { between[$0 * 3 * width + i] } }
  }
  withExtendedLifetime((picture, wide)) {}
  return result
}

/// Where a new pixel looks, and how much at each.
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
