import Foundation
import Networks
import TestSupport
import Tensors
import Testing

@Suite struct CostVariantTests {
  @Test(arguments: [CostVariant.normalised, .lecture])
  func `the content cost has the gradient of its definition`(variant: CostVariant) throws {
    let content = try randomTensor([1, 5, 7, 3], seed: 91)
    let error = try gradientError(at: randomTensor([1, 5, 7, 3], seed: 92)) { tape, x throws(Failure) in
      try tape.contentCost(x, content, variant)
    }
    #expect(error <= 1)
  }

  @Test(arguments: [CostVariant.normalised, .lecture])
  func `the style cost has the gradient of its definition`(variant: CostVariant) throws {
    let gram = try forward(randomTensor([1, 3, 4, 3], seed: 93)) { tape, x throws(Failure) in
      try tape.gramMatrix(x)
    }
    let error = try gradientError(at: randomTensor([1, 5, 7, 3], seed: 94)) { tape, x throws(Failure) in
      try tape.styleCost(x, gram, variant)
    }
    #expect(error <= 1)
  }

  /// Two pixels of two channels, differences 1, 2, 0, 1: their squares sum to 6; 4 H W C = 16.
  @Test func `the content cost gives the numbers worked by hand`() throws {
    let content = try Tensor<Double>([1, 1, 2, 2], [1, 2, 3, 4])
    func cost(_ variant: CostVariant) throws -> [Double] {
      try forward(Tensor<Double>([1, 1, 2, 2], [2, 4, 3, 5])) { tape, x throws(Failure) in
        try tape.contentCost(x, content, variant)
      }.values
    }
    #expect(try cost(.normalised) == [0.375])
    #expect(try cost(.lecture) == [3])
  }

  /// Channels (1, 3) and (2, 4): Gram 10, 14, 14, 20. From 9, 12, 12, 20: 1 + 4 + 4 = 9.
  /// normalised: 4 C^2 (H W)^2 = 64; lecture: 2 H W C = 8.
  @Test func `the style cost gives the numbers worked by hand`() throws {
    let gram = try Tensor<Double>([2, 2], [9, 12, 12, 20])
    func cost(_ variant: CostVariant) throws -> [Double] {
      try forward(Tensor<Double>([1, 1, 2, 2], [1, 2, 3, 4])) { tape, x throws(Failure) in
        try tape.styleCost(x, gram, variant)
      }.values
    }
    #expect(try cost(.normalised) == [0.140625])
    #expect(try cost(.lecture) == [1.125])
  }

  @Test func `both refuse shapes that differ`() throws {
    let x = try Tensor<Float>([1, 2, 2, 3], repeating: 1)
    #expect(
      outcome {
        try forward(x) { tape, x throws(Failure) in
          try tape.contentCost(x, Tensor([1, 2, 3, 2], repeating: 0), .normalised)
        }
      }
        == "invalidArgument: features [1, 2, 2, 3] against [1, 2, 3, 2]")
    #expect(
      outcome {
        try forward(x) { tape, x throws(Failure) in
          try tape.styleCost(x, Tensor([2, 2], repeating: 0), .normalised)
        }
      }
        == "invalidArgument: Gram matrix [3, 3] against [2, 2]")
  }

  /// Origin: the course notebook prints 6.76559 and 9.19028.
  @Test func `give the notebook's costs`() throws {
    guard let notebook = try notebook() else { return }
    func costs<Element: Scalar>(_: Element.Type) throws -> [String] {
      func tensor(_ cost: String, _ name: String) throws -> Tensor<Element> {
        try Tensor([1, 4, 4, 3], flat((notebook[cost] as? [String: Any])?[name]).map { Element($0) })
      }
      let tape = Tape<Element>()
      let content = try tape.contentCost(
        tape.constant(tensor("content", "a_G")), tensor("content", "a_C"), .normalised)
      let gram = try tape.gramMatrix(tape.constant(tensor("style", "a_S")))
      let style = try tape.styleCost(tape.constant(tensor("style", "a_G")), gram.tensor, .normalised)
      return [content, style].map { String(format: "%.6g", Double($0.scalar)) }
    }
    #expect(try costs(Double.self) == ["6.76559", "9.19028"])
    #expect(try costs(Float.self) == ["6.76559", "9.19028"])
  }

  /// Origin: the course notebook prints 35.34667875478276 = 10 content + 40 style.
  @Test func `their total is the notebook's to the last digit`() throws {
    guard let total = try notebook()?["total"] as? [String: Any] else { return }
    let tape = Tape<Double>()
    let terms = try ["J_content", "J_style"].map { tape.constant(try Tensor([1], flat(total[$0]))) }
    #expect(try tape.weightedSum(terms, [10, 40]).scalar == 35.34667875478276)
  }
}
