import Tensors

/// Projects points on the two directions of greatest variance: [count, 2], centred.
///
/// Uses eigenvectors of the covariance or, with more dimensions than points, of the points' inner products,
/// which is equivalent. A direction's sign makes its largest coordinate positive.
package func principalCoordinates(
  _ points: UnsafePointer<Float>, count n: Int, dimension d: Int
) throws(Failure) -> [Double] {
  let centred = try Storage<Double>(count: n * d)
  return try centred.withPointer { x throws(Failure) in
    for i in 0..<(n * d) { x[i] = Double(points[i]) }
    for k in 0..<d {
      var mean = 0.0
      for i in 0..<n { mean += x[i * d + k] }
      mean /= Double(n)
      for i in 0..<n { x[i * d + k] -= mean }
    }
    return try coordinates(ofCentred: x, n, d)
  }
}

private func coordinates(
  ofCentred x: UnsafePointer<Double>, _ n: Int, _ d: Int
) throws(Failure) -> [Double] {
  var result = [Double](repeating: 0, count: n * 2)
  let side = min(n, d)
  let products = try Storage<Double>(count: side * side)
  try products.withPointer { products throws(Failure) in
    if d <= n {
      try Double.gram(x, rows: n, columns: d, products, Workspace())
    } else {
      let turned = try Storage<Double>(count: n * d)
      try turned.withPointer { turned throws(Failure) in
        for i in 0..<n {
          for k in 0..<d { turned[k * n + i] = x[i * d + k] }
        }
        try Double.gram(turned, rows: d, columns: n, products, Workspace())
      }
    }
  }
  let values = try symmetricEigenvectors(inPlace: products, side: side)
  products.withPointer { products in
    for axis in 0..<min(2, side) {
      let place = side - 1 - axis
      let vector = UnsafeBufferPointer(start: products + place * side, count: side)
      let largest = vector.max { abs($0) < abs($1) } ?? 0
      let sign = largest < 0 ? -1.0 : 1.0
      if d <= n {
        for i in 0..<n {
          var sum = 0.0
          for (k, component) in vector.enumerated() { sum += x[i * d + k] * component }
          result[2 * i + axis] = sign * sum
        }
      } else {
        let length = max(values[place], 0).squareRoot()
        for (i, component) in vector.enumerated() { result[2 * i + axis] = sign * length * component }
      }
    }
  }
  return result
}
