import Faces
import Images
import Networks
import Tensors
import TestSupport
import Testing

/// The gradient of a distance by pixels, in Float, against Double and differences of numbers.
@Suite struct EmbedderPixelsTests {
  private struct Subject {
    let embedder: Embedder
    let architecture: Architecture
    let network: Network<Double>

    let isMirrored: Bool

    init(_ architecture: Architecture, isMirrored: Bool = false) throws {
      self.isMirrored = isMirrored
      let model = try randomModel(
        architecture, ["threshold": "0.5", "mirrored": isMirrored ? "mean" : nil])
      embedder = try Embedder(model)
      self.architecture = architecture
      network = try Network<Double>(architecture, weights: model.weights)
    }

    /// A chip as the network takes it, in Double.
    func input(_ chip: Image) throws -> Tensor<Double> {
      let x = try architecture.input(chip.pixels, height: chip.height, width: chip.width)
      return try Tensor(x.shape.extents, x.values.map(Double.init))
    }

    func embedding(_ x: Tensor<Double>) throws -> [Double] {
      func plain(_ x: Tensor<Double>) throws -> [Double] {
        try network.run(x, .init(["embedding"]))[0].values
      }
      let here = try plain(x)
      guard isMirrored else { return here }
      let width = x.shape[2], channels = x.shape[3]
      let mirrored = (0..<x.count).map { i -> Double in
        let pixel = i / channels
        return x.values[(pixel / width * width + width - 1 - pixel % width) * channels + i % channels]
      }
      let sum = zip(here, try plain(Tensor(x.shape.extents, mirrored))).map { $0 + $1 }
      let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return sum.map { $0 / length }
    }
  }

  private func squared(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  @Test(arguments: [("nn4.small2", false), ("siamese", false), ("nn4.small2", true)])
  func `is what differences of numbers in Double are, along the gradient and across it`(
    name: String, isMirrored: Bool
  ) throws {
    let subject = try Subject(#require(Architecture.named(name)), isMirrored: isMirrored)
    let embedder = subject.embedder
    let a = try face(embedder.width, embedder.height, seed: 1)
    let b = try face(embedder.width, embedder.height, seed: 2)
    let found = try embedder.distanceGradients(a, b)
    let x = try subject.input(a), other = try subject.embedding(subject.input(b))
    #expect(found.a.shape.extents == [embedder.height, embedder.width, 3])
    #expect(found.b.shape == found.a.shape)
    let exact = squared(try subject.embedding(x), other)
    #expect(abs(Double(found.squaredDistance) - exact) < Tolerance.float)

    let gradient = found.a.values.map(Double.init)
    let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(length > 0)
    let across = Formula.numbers("direction", gradient.count)
    for direction in [gradient.map { $0 / length }, across] {
      // Directions are in levels by R, G and B; the network's numbers follow from those of levels.
      func moved(_ step: Double) throws -> Double {
        let scale = Double(subject.architecture.scale), channels = x.shape[3]
        let values = x.values.enumerated().map { i, value -> Double in
          let pixel = i / channels
          if channels == 1 {
            let (red, green, blue) = (
              direction[3 * pixel], direction[3 * pixel + 1], direction[3 * pixel + 2]
            )
            return value + step * scale * (0.299 * red + 0.587 * green + 0.114 * blue)
          }
          let channel = subject.architecture.isBGR ? 2 - i % 3 : i % 3
          return value + step * scale * direction[3 * pixel + channel]
        }
        return squared(try subject.embedding(Tensor(x.shape.extents, values)), other)
      }
      let step = 1e-5
      let slope = (try moved(step) - moved(-step)) / (2 * step)
      let expected = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(slope - expected) <= Tolerance.kinkedGradient * max(abs(expected), length))
    }
  }

  @Test func `is the same with the faces in turn, and 0 for equal ones`() throws {
    let embedder = try Subject(.siamese()).embedder
    let a = try face(92, 112, seed: 1), b = try face(92, 112, seed: 2)
    let there = try embedder.distanceGradients(a, b), back = try embedder.distanceGradients(b, a)
    #expect(there.a.values == back.b.values && there.b.values == back.a.values)
    #expect(there.squaredDistance == back.squaredDistance && there.squaredDistance > 0)
    let same = try embedder.distanceGradients(a, a)
    #expect(same.squaredDistance == 0 && (same.a.values + same.b.values).allSatisfy { $0 == 0 })
  }

  @Test func `wants chips of the network's size`() throws {
    let embedder = try Subject(.siamese()).embedder, chip = try face(92, 112)
    let small = try face(91, 112)
    for (a, b) in [(small, chip), (chip, small)] {
      #expect(
        outcome { try embedder.distanceGradients(a, b) }
          == "invalidArgument: an aligned picture of 91x112; expected 92x112")
    }
  }
}
