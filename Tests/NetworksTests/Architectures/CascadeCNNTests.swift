import Networks
import TestSupport
import Tensors
import Testing

/// A network of the cascade with random weights, and those.
private func random(_ name: String, seed: UInt64 = 3) throws -> [String: Tensor<Float>] {
  var tensors: [String: Tensor<Float>] = [:]
  for (name, tensor) in try initialWeights(of: #require(Architecture.named(name)), seed: seed) {
    tensors[name] = tensor
  }
  return tensors
}

private func file(_ tensors: [String: Tensor<Float>]) throws -> WeightFile {
  var file = TensorFile()
  for (name, tensor) in tensors { file.add(name, tensor) }
  return try file.weightFile()
}

@Suite struct CascadeCNNTests {
  /// Convolutions and dense layers with their biases; 3x3 poolings of stride 2 leave 4 of 10, 9 of 20, 21 of
  /// 44, 8 of 17.
  @Test func `the networks have 1055485 parameters`() throws {
    func layer(_ inputs: Int, _ outputs: Int) -> Int { inputs * outputs + outputs }
    let joined12 = layer(9, 16) + layer(4 * 4 * 16, 16)
    let joined24 = layer(25, 32) + layer(9 * 9 * 32, 64) + joined12
    let pair = layer(25, 32) + layer(25 * 32, 32) + layer(8 * 8 * 32, 128)
    let wanted = [
      "cascade-12": joined12 + layer(16, 2), "cascade-24": joined24 + layer(64 + 16, 2),
      "cascade-48": pair + joined24 + layer(128 + 64 + 16, 2),
      "cascade-12-calibration": layer(9, 16) + layer(4 * 4 * 16, 128) + layer(128, 45),
      "cascade-24-calibration": layer(25, 16) + layer(9 * 9 * 16, 64) + layer(64, 45),
      "cascade-48-calibration": pair + layer(128, 45)
    ]
    for (name, count) in wanted {
      #expect(try #require(Architecture.named(name)).parameterCount() == count, "\(name)")
    }
    #expect(wanted.values.reduce(0, +) == 1_055_485)
  }

  /// An answer looks at 11 of its window's 12 pixels each way: a picture 31 high and 44 wide has 6 rows of 9.
  @Test func `the 12-net answers for every window as if it were alone`() throws {
    let network = try Network<Float>(
      CascadeCNN.classifier(side: 12), channels: 1, weights: file(random("cascade-12")))
    var numbers = Numbers(seed: 8)
    let picture: Tensor<Float> = try numbers.tensor([1, 31, 44, 1])
    let request = Network<Float>.Request(["face"])
    let sweep = try network.run(picture, request)[0]
    #expect(sweep.shape.extents == [1, 6, 9, 2])
    let step = CascadeCNN.windowStep
    for (row, column) in [(0, 0), (2, 3), (5, 8)] {
      let window = try Tensor<Float>([1, 12, 12, 1])
      for y in 0..<12 {
        let line = 44 * min(step * row + y, 30)
        for x in 0..<12 { window.pointer[12 * y + x] = picture[line + min(step * column + x, 43)] }
      }
      let alone = try network.run(window, request)[0].values
      let cell = 2 * (9 * row + column)
      #expect(largestDifference(alone, Array(sweep.values[cell..<(cell + 2)])) < Tolerance.float)
    }
  }

  /// With nothing of its own left in the last layer, the larger network answers what the smaller one does at
  /// half the size.
  @Test(arguments: [24, 48])
  func `a larger network is joined with the features of the smaller one`(side: Int) throws {
    let name = "net\(side)", own = side == 24 ? 64 : 128
    let inner = side == 24 ? "net12" : "net24", features = side == 24 ? 16 : 80
    var large = try random("cascade-\(side)")
    let head = try #require(large["\(name).face.weight"])
    let smallHead = try Tensor<Float>([2, features, 1, 1])
    for output in 0..<2 {
      for i in 0..<own { head.pointer[output * (own + features) + i] = 0 }
      for i in 0..<features {
        smallHead.pointer[output * features + i] = head[output * (own + features) + own + i]
      }
    }
    large["\(name).face.weight"] = head
    var small = [
      "\(inner).face.weight": smallHead, "\(inner).face.bias": try #require(large["\(name).face.bias"])
    ]
    let prefix = "\(name).\(inner)."
    for (key, tensor) in large where key.hasPrefix(prefix) {
      small["\(inner)." + key.dropFirst(prefix.count)] = tensor
    }

    var numbers = Numbers(seed: 9)
    let picture: Tensor<Float> = try numbers.tensor([1, side, side, 1])
    let half = side / 2
    let reduced = try Tensor<Float>([1, half, half, 1])
    for y in 0..<half {
      for x in 0..<half {
        let top = 2 * y * side + 2 * x
        reduced.pointer[y * half + x] =
          (picture[top] + picture[top + 1] + picture[top + side] + picture[top + side + 1]) / 4
      }
    }
    let request = Network<Float>.Request(["scores"])
    let answer = try Network<Float>(
      CascadeCNN.classifier(side: side), channels: 1, side: side, weights: file(large)
    )
    .run(picture, request)[0]
    let expected = try Network<Float>(
      CascadeCNN.classifier(side: half), channels: 1, side: half, weights: file(small)
    )
    .run(reduced, request)[0]
    #expect(answer.shape.extents == [1, 1, 1, 2] && answer[0] != answer[1])
    #expect(largestDifference(answer.values, expected.values) < Tolerance.float)
  }

  /// Li et al. 2015, section 3.3: five scales, three offsets each way.
  @Test func `45 adjustments differ, and the middle one does nothing`() {
    let all = (0..<CascadeCNN.Adjustment.count).map { CascadeCNN.Adjustment(number: $0) }
    #expect(Set(all.map { "\($0)" }).count == 45)
    #expect(all[22] == CascadeCNN.Adjustment(scale: 1, x: 0, y: 0))
    #expect(all[0] == CascadeCNN.Adjustment(scale: 0.83, x: -0.17, y: -0.17))
    #expect(all[1] == CascadeCNN.Adjustment(scale: 0.83, x: -0.17, y: 0))
    #expect(all[44] == CascadeCNN.Adjustment(scale: 1.21, x: 0.17, y: 0.17))
  }
}
