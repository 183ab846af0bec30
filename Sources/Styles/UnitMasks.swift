import CSystem
import Images
import Networks
import Tensors

/// Converts a mask of pixels to one of a layer's units.
/// Source: Gatys, Ecker, Bethge, Hertzmann, Shechtman, "Controlling perceptual factors in neural style
/// transfer", 2017, section 4.
package enum MaskKind: Int32, CaseIterable, Sendable {
  /// 1 for units that see only pixels of at least half, else 0: no style leaks over the border.
  case inside = 0
  /// Averages over the units' own pixels, from 0 to 1: regions blend into one another.
  case soft = 1
}

extension MaskKind {
  /// The mask at each tap of a path, one number per unit.
  /// - Parameters:
  ///   - levels: [height, width], from 0 to 1. Pixels beyond its edges are neither in nor out of a region.
  func units(
    _ levels: Tensor<Float>, along path: [GradientPlan.Passage], taps: Int
  ) throws(Failure) -> [Tensor<Float>?] {
    var found = [Tensor<Float>?](repeating: nil, count: taps)
    // `.inside` tracks the outside, which grows.
    var field = levels
    if self == .inside {
      field = try Tensor<Float>(levels.shape)
      for i in 0..<field.count { field.pointer[i] = levels[i] < 0.5 ? 1 : 0 }
    }
    for passage in path {
      switch passage {
      case .convolution(let reach): if self == .inside { field = try widened(field, by: reach) }
      case .pooling: field = try halved(field, isMaximum: self == .inside)
      case .tap(let tap):
        let units = try field.copy()
        if self == .inside { for i in 0..<units.count { units.pointer[i] = 1 - units[i] } }
        found[tap] = units
      }
    }
    return found
  }

  /// The maximum within `reach` rows and columns.
  private func widened(_ x: Tensor<Float>, by reach: Int) throws(Failure) -> Tensor<Float> {
    guard reach > 0 else { return x }
    let height = x.shape[0], width = x.shape[1]
    let across = try Tensor<Float>(x.shape), both = try Tensor<Float>(x.shape)
    for y in 0..<height {
      for column in 0..<width {
        var largest: Float = 0
        for i in max(0, column - reach)...min(width - 1, column + reach) {
          largest = max(largest, x[y * width + i])
        }
        across.pointer[y * width + column] = largest
      }
    }
    for y in 0..<height {
      for column in 0..<width {
        var largest: Float = 0
        for i in max(0, y - reach)...min(height - 1, y + reach) {
          largest = max(largest, across[i * width + column])
        }
        both.pointer[y * width + column] = largest
      }
    }
    return both
  }

  /// 2x2, aligned with the poolings.
  private func halved(_ x: Tensor<Float>, isMaximum: Bool) throws(Failure) -> Tensor<Float> {
    let height = (x.shape[0] + 1) / 2, width = (x.shape[1] + 1) / 2
    let y = try Tensor<Float>([height, width])
    let window = Window(
      batch: 1, height: x.shape[0], width: x.shape[1], channels: 1, kernelHeight: 2, kernelWidth: 2,
      strideY: 2, strideX: 2,
      padTop: 0, padLeft: 0, outHeight: height, outWidth: width)
    withPointers(x, y) { Float.pool(window, isMaximum: isMaximum, $0, $1) }
    return y
  }
}

/// A picture as a mask, [height, width] from 0 to 1: the mean of its channels, for the part that begins at x,
/// y.
func levels(
  _ image: Image, x: Int, y: Int, width: Int, height: Int
) throws(Failure) -> Tensor<Float> {
  let levels = try Tensor<Float>([height, width])
  for row in 0..<height {
    let source = image.row(y + row)
    for column in 0..<width {
      let i = 3 * (x + column)
      levels.pointer[row * width + column] =
        Float(Int(source[i]) + Int(source[i + 1]) + Int(source[i + 2])) / 765
    }
  }
  return levels
}
