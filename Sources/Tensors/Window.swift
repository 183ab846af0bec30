import CSystem

extension Window {
  /// For each output pixel and each tap inside the picture: the index of the pixel, the index of the tap, and
  /// the offset of its first channel.
  package func forEachPatch(_ body: (_ pixel: Int, _ tap: Int, _ input: Int) -> Void) {
    for pixel in 0..<outputPixels {
      let outX = pixel % outWidth, outY = pixel / outWidth % outHeight, picture = pixel / outWidth / outHeight
      for ky in 0..<kernelHeight {
        let inY = outY * strideY - padTop + ky
        guard inY >= 0, inY < height else { continue }
        for kx in 0..<kernelWidth {
          let inX = outX * strideX - padLeft + kx
          guard inX >= 0, inX < width else { continue }
          body(pixel, ky * kernelWidth + kx, ((picture * height + inY) * width + inX) * channels)
        }
      }
    }
  }
}

/// What a pooling computes from the numbers in a window.
package enum WindowPooling: Sendable { case average, maximum, euclidean }

extension Window {
  package var outputPixels: Int { batch * outHeight * outWidth }
  package var taps: Int { kernelHeight * kernelWidth }

  /// For each output pixel and each pixel that its window covers: the offsets of both, and the number of
  /// pixels covered.
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
