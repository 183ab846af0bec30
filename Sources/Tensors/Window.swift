import CSystem

extension Window {
  package var outputPixels: Int { batch * outHeight * outWidth }
  package var taps: Int { kernelHeight * kernelWidth }

  /// For each output pixel and each pixel that its window covers: the offsets of both, and how many it covers.
  @inlinable
  @inline(__always)
  package func forEachTap(_ body: (_ output: Int, _ input: Int, _ covered: Int) -> Void) {
    for n in 0..<batch {
      for i in 0..<outHeight {
        let top = max(i * strideY - padTop, 0), bottom = min(i * strideY - padTop + kernelHeight, height)
        for j in 0..<outWidth {
          let left = max(j * strideX - padLeft, 0), right = min(j * strideX - padLeft + kernelWidth, width)
          guard top < bottom, left < right else { continue }
          let output = ((n * outHeight + i) * outWidth + j) * channels
          for row in top..<bottom {
            for column in left..<right {
              body(output, ((n * height + row) * width + column) * channels, (bottom - top) * (right - left))
            }
          }
        }
      }
    }
  }
}
