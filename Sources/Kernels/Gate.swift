/// The rectifier's gradient: `dx = dy` where `y > 0`, else 0 (also where y is NaN). `dx` may be `dy`.
package func gateBlock(
  _ dy: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ dx: UnsafeMutablePointer<Float>, _ count: Int
) {
  var i = 0
  while i + lanes <= count {
    store(dx + i, load(dy + i).replacing(with: Vector.zero, where: .!(load(y + i) .> 0)))
    i += lanes
  }
  while i < count {
    dx[i] = y[i] > 0 ? dy[i] : 0
    i += 1
  }
}
