import Networks
import Tensors

/// One style layer of one region: the style's moments, and the buffers for the picture's.
struct StyleMeasure {
  let tap: Int
  let weight: Float
  /// The index of a mask; nil if all units count.
  let mask: Int?
  let target: StyleLoss.Target<Float>
  /// The factor of the squared differences of Gram matrices per unit.
  let gramFactor: Double
  let sums: UnitSums
  /// A unit's gradient: the factor of its distance from the centre, and the constant part.
  let bySecond, byMean: Tensor<Float>
  /// The mean of the picture's units, or zeros for Gram matrices.
  let centre: Tensor<Float>
  let slope: PackedMatrix<Float>

  /// - Parameters:
  ///   - units: of the layer in the whole picture.
  ///   - isInParts: whether they are added to the sums in several parts.
  init(
    _ tap: Int, weight: Float, mask: Int?, _ moments: Moments<Float>, units: Double, isInParts: Bool,
    _ options: StyleOptions
  ) throws(Failure) {
    (self.tap, self.weight, self.mask) = (tap, weight, mask)
    let channels = moments.channels
    let buffers = StyleMeasure.buffers(channels: channels, isInParts: isInParts, options.styleLoss)
    target = try options.styleLoss.target(moments)
    gramFactor = options.cost.styleFactor(pixels: units, channels: Double(channels)) * units * units
    sums = try UnitSums(channels: channels, isCentred: options.styleLoss.isCentred)
    let bySecond = try buffers.tensor("by second", [channels, channels]) as Tensor<Float>
    slope = try bySecond.withPointer { numbers throws(Failure) in
      numbers.initialize(repeating: 0, count: channels * channels)
      return try Float.pack(
        depth: channels, columns: channels, numbers, rowStride: channels, columnStride: 1)
    }
    self.bySecond = bySecond
    byMean = try Tensor([channels], repeating: 0)
    centre = try Tensor([channels], repeating: 0)
  }

  /// All of its matrices; vectors are negligible.
  static func buffers(channels: Int, isInParts: Bool, _ loss: StyleLoss) -> Buffers {
    let matrix = channels * channels
    var buffers = Buffers()
    buffers.add("target", matrix)
    buffers.add("sums", matrix)
    if isInParts || loss.isCentred { buffers.add("part of the sums", matrix) }
    buffers.add("by second", matrix)
    buffers.add("by second, packed", matrix)
    return buffers
  }
}

extension StyleLoss {
  /// The memory that `cost` takes for a layer, including the moments found.
  func buffers(channels: Int) -> Buffers {
    var names = ["found"]
    if self == .wasserstein {
      // The two matrices of a root's gradient, its temporaries, and a product.
      names += ["covariance", "root", "a", "q", "t", "a q", "q a", "turned", "product", "packed"]
    }
    var buffers = Buffers()
    for name in names { buffers.add(name, channels * channels) }
    return buffers
  }
}
