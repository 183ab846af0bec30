import CSystem

/// A row of the result: where its windows lie in the picture.
struct OutputRow {
  /// The first row of the picture's numbers that a window at the picture's left edge covers; it may lie
  /// outside.
  let offset: Int
  /// The rows of the window inside the picture.
  let taps: Range<Int>

  @inline(__always) init(_ window: Window, _ row: Int) {
    let top = row % window.outHeight * window.strideY - window.padTop
    offset = (row / window.outHeight * window.height + top) * window.width * window.channels
    taps = max(0, -top)..<max(max(0, -top), min(window.kernelHeight, window.height - top))
  }
}

/// The columns of the result whose windows lie between the picture's left and right edges.
func interior(_ window: Window) -> Range<Int> {
  let first = max(0, (window.padLeft + window.strideX - 1) / window.strideX)
  let room = window.width - window.kernelWidth + window.padLeft
  let end = room < 0 ? 0 : min(window.outWidth, room / window.strideX + 1)
  return first..<max(first, end)
}

/// The columns of the result for which a tap in column `kx` of the window lies in the picture.
package func columns(_ window: Window, ofTap kx: Int) -> Range<Int> {
  let shift = kx - window.padLeft, room = window.width - shift
  let first = shift < 0 ? (-shift + window.strideX - 1) / window.strideX : 0
  let end = room > 0 ? min(window.outWidth, (room + window.strideX - 1) / window.strideX) : 0
  return min(first, end)..<end
}
