import CSystem
import Tensors

// Each kernel beside the definition of what it computes, in Double. Sizes fill no vector, tile or block
// evenly, so that their ends are computed, too.

extension SelfCheck {
  static var ofKernels: [SelfCheck] {
    [
      product,
      convolution("3x3 convolution", Case(17, 19, 24, to: 40, kernel: 3, pad: 1), .directly),
      convolution("Winograd's F(4x4, 3x3)", wide, .tiles(side: 6, inChunks: true)),
      convolution("Winograd's F(6x6, 3x3)", wide, .tiles(side: 8, inChunks: true)),
      convolution("Winograd's F(6x6, 3x3) in phases", wide, .tiles(side: 8, inChunks: false)),
      convolution("strided convolution", Case(17, 19, 24, to: 40, kernel: 3, stride: 2, pad: 1), .directly),
      convolution("1x1 convolution", Case(9, 11, 300, to: 70, kernel: 1), .directly),
      convolution(
        "convolution of three channels", Case(17, 19, 3, to: 24, kernel: 3, stride: 2, pad: 1), .directly),
      convolution("convolution to three channels", Case(17, 19, 24, to: 3, kernel: 9, pad: 4), .directly),
      convolution(
        "depthwise convolution", Case(17, 19, 40, to: 40, kernel: 3, pad: 1, groups: 40), .directly),
      weightGradient, gram, pooling, response, nearest
    ]
  }

  /// Channels that fill whole vectors, as Winograd's method needs them, and half of a last tile.
  private static var wide: Case { Case(17, 19, 32, to: 48, kernel: 3, pad: 1) }

  /// By Winograd's method with tiles of a side, whose steps are taken tile by tile or all at once.
  private enum Way { case directly, tiles(side: Int, inChunks: Bool) }

  private static func convolution(_ name: StaticString, _ c: Case, _ way: Way) -> SelfCheck {
    SelfCheck(name) { () throws(Failure) in try c.answer(way) }
  }

  private static var product: SelfCheck {
    SelfCheck("matrix product") { () throws(Failure) in
      let (rows, depth, columns) = (37, 300, 70)
      let a: Tensor<Float> = try seeded([rows, depth], 1), b: Tensor<Float> = try seeded([depth, columns], 2)
      let bias: Tensor<Float> = try seeded([columns], 3), c = try Tensor<Float>([rows, columns])
      let finish = try Finish(bias: bias.values, rectify: true)
      try withPointers(a, b, c) { a, b, c throws(Failure) in
        let packed = try Float.pack(depth: depth, columns: columns, b, rowStride: columns, columnStride: 1)
        try Float.multiply(
          rows: rows, a, rowStride: depth, columnStride: 1, packed, c, accumulate: false, finish, Workspace())
      }
      let (factors, others) = (doubles(a), doubles(b))
      var expected: [Double] = []
      for i in 0..<rows {
        for j in 0..<columns {
          var sum = Double(bias[j])
          for k in 0..<depth { sum += factors[i * depth + k] * others[k * columns + j] }
          expected.append(max(sum, 0))
        }
      }
      return Answer(found: doubles(c), expected: expected)
    }
  }

  /// A picture, a filter, and what is done to the sums.
  private struct Case {
    let window: Window
    let outputs, groups: Int

    init(
      _ height: Int, _ width: Int, _ channels: Int, to outputs: Int, kernel: Int, stride: Int = 1,
      pad: Int = 0,
      groups: Int = 1
    ) {
      window = Window(
        batch: 1, height: height, width: width, channels: channels, kernelHeight: kernel, kernelWidth: kernel,
        strideY: stride, strideX: stride, padTop: pad, padLeft: pad,
        outHeight: (height + 2 * pad - kernel) / stride + 1, outWidth: (width + 2 * pad - kernel) / stride + 1
      )
      (self.outputs, self.groups) = (outputs, groups)
    }

    var picture: [Int] { [window.height, window.width, window.channels] }

    func answer(_ way: Way) throws(Failure) -> Answer {
      let window = window, outputs = outputs, inputs = window.channels / groups
      let x: Tensor<Float> = try seeded(picture, 1)
      let weights: Tensor<Float> = try seeded([window.taps * inputs * outputs], 2)
      let bias: Tensor<Float> = try seeded([outputs], 3),
        y = try Tensor<Float>([window.outputPixels, outputs])
      let finish = try Finish(bias: bias.values, rectify: true)
      try withPointers(x, weights, y) { x, weights, y throws(Failure) in
        let filter = try PackedFilter(
          kernel: window.kernelHeight, stride: window.strideY, inputs: inputs, outputs: outputs,
          groups: groups,
          matrix: weights)
        switch way {
        case .directly: try Float.convolvePlainly(window, x, filter, y, finish, Workspace())
        case .tiles(let side, let inChunks):
          try Float.convolveByWinograd(
            side: side, window, Source(x), filter, Target(y, stride: outputs), finish, Workspace(),
            inChunks: inChunks)
        }
      }
      // The weights are [groups][taps * inputs, outputs / groups].
      let each = outputs / groups, (picture, filter) = (doubles(x), doubles(weights))
      var expected: [Double] = []
      for _ in 0..<window.outputPixels { expected += doubles(bias) }
      window.forEachPatch { pixel, tap, input in
        for group in 0..<groups {
          for i in 0..<inputs {
            let factor = picture[input + group * inputs + i]
            let row = ((group * window.taps + tap) * inputs + i) * each
            for j in 0..<each { expected[pixel * outputs + group * each + j] += factor * filter[row + j] }
          }
        }
      }
      return Answer(found: doubles(y), expected: expected.map { max($0, 0) })
    }
  }

  private static var weightGradient: SelfCheck {
    SelfCheck("gradient of a convolution's weights") { () throws(Failure) in
      let c = Case(9, 11, 20, to: 36, kernel: 3, pad: 1)
      func gradient<Element: Scalar>(_: Element.Type) throws(Failure) -> Tensor<Element> {
        let x: Tensor<Element> = try seeded(c.picture, 1)
        let dy: Tensor<Element> = try seeded([c.window.outputPixels, c.outputs], 2)
        let dw = try Tensor<Element>([c.window.taps * c.window.channels, c.outputs])
        try withPointers(x, dy, dw) { x, dy, dw throws(Failure) in
          try Element.weightGradient(c.window, x, dy, outputs: c.outputs, groups: 1, dw, Workspace())
        }
        return dw
      }
      return Answer(found: doubles(try gradient(Float.self)), expected: try gradient(Double.self).values)
    }
  }

  private static var gram: SelfCheck {
    SelfCheck("Gram matrix") { () throws(Failure) in
      let rows = 301, columns = 52
      let x: Tensor<Float> = try seeded([rows, columns], 1), gram = try Tensor<Float>([columns, columns])
      try withPointers(x, gram) { x, gram throws(Failure) in
        try Float.gram(x, rows: rows, columns: columns, gram, Workspace())
      }
      let numbers = doubles(x)
      var expected = [Double](repeating: 0, count: columns * columns)
      for row in 0..<rows {
        let row = numbers[(row * columns)..<((row + 1) * columns)], first = row.startIndex
        for k in 0..<columns {
          for l in 0..<columns { expected[k * columns + l] += row[first + k] * row[first + l] }
        }
      }
      return Answer(found: doubles(gram), expected: expected)
    }
  }

  private static var pooling: SelfCheck {
    SelfCheck("pooling") { () throws(Failure) in
      let c = Case(11, 13, 40, to: 40, kernel: 3, stride: 2, pad: 1)
      func pooled<Element: Scalar>(_: Element.Type) throws(Failure) -> [Double] {
        let x: Tensor<Element> = try seeded(c.picture, 1)
        let y = try Tensor<Element>([c.window.outputPixels, c.outputs])
        var all: [Double] = []
        for kind in 0..<3 {
          withPointers(x, y) { x, y in
            if kind == 2 {
              Element.euclideanPool(c.window, x, y)
            } else {
              Element.pool(c.window, isMaximum: kind == 0, x, y)
            }
          }
          all += doubles(y)
        }
        return all
      }
      return Answer(found: try pooled(Float.self), expected: try pooled(Double.self))
    }
  }

  private static var response: SelfCheck {
    SelfCheck("response normalisation") { () throws(Failure) in
      let rows = 30, channels = 37
      func normalised<Element: Scalar>(_: Element.Type) throws(Failure) -> [Double] {
        let x: Tensor<Element> = try seeded([rows, channels], 1), y = try Tensor<Element>([rows, channels])
        try withPointers(x, y) { x, y throws(Failure) in
          try Element.normaliseResponse(x, y, rows: rows, channels: channels, scale: 0.5, half: 2)
        }
        return doubles(y)
      }
      return Answer(found: try normalised(Float.self), expected: try normalised(Double.self))
    }
  }

  /// One query and several take two ways.
  private static var nearest: SelfCheck {
    SelfCheck("nearest rows") { () throws(Failure) in
      let count = 300, dimension = 130, queries = 5, k = 7
      let all = try seeded([count, dimension], 1).values as [Float]
      let asked = try seeded([queries, dimension], 2).values as [Float]
      let rows = try Rows(dimension: dimension)
      for row in 0..<count { try rows.append(Array(all[(row * dimension)..<((row + 1) * dimension)]).span) }
      func distance(_ query: Int, _ row: Int) -> Double {
        var sum = 0.0
        for i in 0..<dimension {
          let difference = Double(asked[query * dimension + i]) - Double(all[row * dimension + i])
          sum += difference * difference
        }
        return sum.squareRoot()
      }
      var found: [Double] = [], expected: [Double] = []
      for some in [queries, 1] {
        let neighbours = try rows.nearest(k, to: Array(asked[..<(some * dimension)]).span)
        for query in 0..<some {
          // Each distance is the next smallest one, and that of its own row.
          expected += (0..<count).map { distance(query, $0) }.sorted()[..<k]
          for place in 0..<k { expected.append(distance(query, neighbours[query * k + place].row)) }
          let distances = (0..<k).map { Double(neighbours[query * k + $0].distance) }
          found += distances + distances
        }
      }
      return Answer(found: found, expected: expected)
    }
  }

  private static func doubles<Element: Scalar>(_ tensor: Tensor<Element>) -> [Double] {
    tensor.values.map { $0.value }
  }
}
