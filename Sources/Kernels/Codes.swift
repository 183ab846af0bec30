import CSystem

// Rows of numbers in 8 bits, for the bound of `Sieve.swift`. In this build of the kernels alone: a row is
// written once.

/// The largest code. The products of two pairs of codes fit an Int16 with it, and -128 is left out.
package let codeLimit = 127

/// Numbers read behind the end of a row of codes, or of a query: the query is followed by as many zeros.
package let codeSlack = 64

/// Writes the codes, scales, losses and lows of rows.
///
/// A row without a bound, because a number in it is not finite, or its largest is outside 2^-40...2^50, gets
/// a low of -infinity, which is never far.
package func encodeBlock(
  _ rows: UnsafePointer<Float>, _ dimension: Int, _ rowCount: Int, _ codes: UnsafeMutablePointer<Int8>,
  _ scales: UnsafeMutablePointer<Float>, _ losses: UnsafeMutablePointer<Float>,
  _ lows: UnsafeMutablePointer<Float>
) {
  for i in 0..<rowCount {
    encode(
      rows + i * dimension, dimension, codes + i * dimension, &scales[i], &losses[i], &lows[i])
  }
}

private func encode(
  _ row: UnsafePointer<Float>, _ dimension: Int, _ codes: UnsafeMutablePointer<Int8>, _ scale: inout Float,
  _ loss: inout Float, _ low: inout Float
) {
  let whole = dimension / lanes * lanes, rest = dimension - whole
  var most = Vector.zero, least = Vector.zero, nothing = Vector.zero
  @inline(__always) func span(_ x: Vector) {
    most = most.replacing(with: x, where: x .> most)
    least = least.replacing(with: x, where: x .< least)
    nothing += x * 0  // NaN where a number is not finite
  }
  var j = 0
  while j < whole {
    span(load(row + j))
    j += lanes
  }
  if rest > 0 { span(loadPart(row + whole, rest)) }
  var largest: Float = 0, isFinite = true
  for lane in 0..<lanes {
    largest = max(largest, most[lane], -least[lane])
    isFinite = isFinite && nothing[lane] == 0
  }
  guard isFinite, largest == 0 || (largest >= 0x1p-40 && largest <= 0x1p50) else {
    codes.update(repeating: 0, count: dimension)
    (scale, loss, low) = (0, 0, -.infinity)
    return
  }
  guard largest > 0 else {
    codes.update(repeating: 0, count: dimension)
    (scale, loss, low) = (0, 0, 0)
    return
  }

  // |x / s| is at most 127 (1 + 3 u), which is rounded to 127.
  scale = largest / Float(codeLimit)
  let inverse = Vector(repeating: Float(codeLimit) / largest), negative = Vector(repeating: -scale)
  // Added and subtracted it leaves the nearest whole number.
  let rounding = Vector(repeating: 0x1.8p23)
  var squares = Vector.zero, codeSquares = Integers.zero
  @inline(__always) func level(_ x: Vector) -> Integers {
    let code = (x * inverse + rounding) - rounding
    var lost = x
    multiplyAdd(&lost, negative, code)
    multiplyAdd(&squares, lost, lost)
    let number = integers(code)
    codeSquares = codeSquares &+ number &* number
    return number
  }
  j = 0
  while j < whole {
    storeBytes(codes + j, level(load(row + j)))
    j += lanes
  }
  if rest > 0 {
    let numbers = level(loadPart(row + whole, rest))
    for lane in 0..<rest { codes[whole + lane] = Int8(truncatingIfNeeded: numbers[lane]) }
  }

  // Each difference is off by at most u of itself and u s |c|; the sum of n squares by n u of itself, and by
  // what underflows. In Double, whose own roundings the factors cover.
  let n = Double(dimension), u = 0x1p-24
  let length = (Double(scale) * Double(scale) * Double(codeSquares.wrappedSum())).squareRoot()
  let lost = (Double(squares.sum()) + n * 0x1p-126).squareRoot() * (1 + n * u) + 2 * u * length
  loss = Float(lost * (1 + 4 * u)).nextUp
  let square = length * length, lossSquare = Double(loss) * Double(loss)
  low = Float(square - lossSquare - 12 * u * (square + lossSquare)).nextDown
}
