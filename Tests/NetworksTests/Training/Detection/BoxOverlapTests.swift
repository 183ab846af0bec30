import Foundation
import Networks
import TestSupport
import Tensors
import Testing

private typealias Box = (left: Double, top: Double, right: Double, bottom: Double)

@Suite struct BoxOverlapTests {
  private func values(_ box: Box, _ other: Box) -> [Double] {
    BoxOverlap.allCases.map { $0.value(box, other).value }
  }

  @Test func `boxes side by side have the values of their formulas`() {
    // They share 2x4 of 24 pixels; the box around them is 6x4, the centres are 2 apart, the sides equal.
    let found = values((0, 0, 4, 4), (2, 0, 6, 4))
    let diou: Double = 1 / 3.0 - 4 / 52.0
    for (value, expected) in zip(found, [1 / 3.0, 1 / 3.0, diou, diou, diou]) {
      #expect(abs(value - expected) < Tolerance.double)
    }
  }

  @Test func `boxes apart are worth less the farther they are`() {
    let found = values((0, 0, 1, 1), (3, 0, 4, 1))
    for (value, expected) in zip(found, [0, -0.5, -9 / 17.0, -9 / 17.0, -9 / 17.0]) {
      #expect(abs(value - expected) < Tolerance.double)
    }
    let farther = values((0, 0, 1, 1), (6, 0, 7, 1))
    #expect(farther[0] == 0 && zip(farther, found).dropFirst().allSatisfy { $0 < $1 })
  }

  @Test func `boxes of other sides are worth less by CIoU and EIoU`() {
    // 4x2 and 2x4: 4 of 12 pixels shared, 4x4 around, centres sqrt(2) apart.
    let found = values((0, 0, 4, 2), (0, 0, 2, 4))
    let iou: Double = 1 / 3.0, diou = iou - 2 / 32.0
    let angle = atan(2) - atan(0.5), ratio = 4 / (Double.pi * Double.pi) * angle * angle
    let ciou = diou - ratio * ratio / (1 - iou + ratio)
    for (value, expected) in zip(found, [iou, iou - 0.25, diou, ciou, diou - 0.5]) {
      #expect(abs(value - expected) < Tolerance.double)
    }
  }

  @Test(arguments: BoxOverlap.allCases) func `equal boxes are worth 1, and their slopes are finite`(
    overlap: BoxOverlap
  ) {
    let found = overlap.value((1, 2, 5, 9) as Box, (1, 2, 5, 9))
    #expect(found.value == 1)
    let slopes = [found.slopes.left, found.slopes.top, found.slopes.right, found.slopes.bottom]
    #expect(slopes.allSatisfy { $0.isFinite })
  }

  @Test(arguments: BoxOverlap.allCases) func `the loss has the slopes of its definition`(
    overlap: BoxOverlap
  ) throws {
    // Overlapping, apart, one within the other, and of other sides.
    let boxes = try Tensor<Double>(
      [4, 4], [0.1, 0.3, 4.2, 3.9, 0, 0, 1.1, 0.9, 1.2, 1.1, 2.9, 2.3, 0.2, 0.1, 5.1, 2.2])
    let others = try Tensor<Double>(
      [4, 4], [1.5, 1.2, 6.3, 5.1, 3.2, 2.1, 4.4, 3.7, 0.4, 0.2, 4.1, 5.3, 1.1, 0.7, 2.6, 5.9])
    let worst = try checkDerivatives(
      of: { tape, x throws(Failure) in
        let dual = try Tensor<Dual>(others.shape)
        for i in 0..<dual.count { dual.storage[i] = Dual(others[i]) }
        return try tape.boxLoss(x[0], dual, overlap, .mean)
      }, at: [boxes])
    #expect(worst.ratio <= 1, "\(worst.description)")
  }

  @Test func `the loss in Float is that in Double, and a sum is not a mean`() throws {
    let numbers: [Float] = [0, 0, 2, 2, 5, 5, 9, 8], others: [Float] = [1, 1, 3, 3, 5, 4, 8, 8]
    for overlap in BoxOverlap.allCases {
      func loss<Element: Scalar>(_ reduction: Reduction, _: Element.Type) throws -> Double {
        let tape = Tape<Element>()
        return Double(
          try tape.boxLoss(
            tape.constant(Tensor([2, 4], numbers.map { Element($0) })),
            Tensor([2, 4], others.map { Element($0) }), overlap, reduction
          ).scalar)
      }
      let mean = try loss(.mean, Double.self)
      #expect(try abs(loss(.mean, Float.self) - mean) < Tolerance.float)
      #expect(try abs(loss(.sum, Double.self) - 2 * mean) < Tolerance.double)
    }
    let tape = Tape<Float>()
    #expect(
      outcome {
        try tape.boxLoss(
          tape.constant(Tensor([2, 4], numbers)), Tensor([1, 4], [0, 0, 1, 1]), .iou, .mean)
      }.hasPrefix("invalidArgument: boxes "))
  }
}

@Suite struct PointAndScoreLossTests {
  @Test func `errors of points cost what the formulas say`() {
    let range = 0.5, bend = 0.25
    func value(_ loss: PointLoss, _ x: Double) -> Double { loss.value(x, range: range, bend: bend).value }
    #expect(value(.smoothL1, 0.25) == 0.0625 && value(.smoothL1, -1) == 0.75)
    #expect(abs(value(.wing, 0.25) - 0.5 * log(2)) < Tolerance.double)
    #expect(abs(value(.wing, -2) - (2 - 0.5 + 0.5 * log(3))) < Tolerance.double)
    for loss in PointLoss.allCases { #expect(value(loss, 0) == 0) }
  }

  @Test(arguments: PointLoss.allCases) func `a point's slope is the derivative, without a jump of the value`(
    loss: PointLoss
  ) {
    for x in [-2, -0.49, -0.1, 0.01, 0.3, 0.51, 7] {
      let (_, slope) = derivative(of: { loss.value($0, range: 0.5, bend: 0.1).value }, at: x)
      #expect(abs(loss.value(x, range: 0.5, bend: 0.1).slope - slope) < Tolerance.double)
    }
    let below = loss.value(0.5 - 1e-12, range: 0.5, bend: 0.1).value
    #expect(abs(below - loss.value(0.5 + 1e-12, range: 0.5, bend: 0.1).value) < 1e-10)
  }

  @Test func `scores cost what the formulas say`() {
    let p = 1 / (1 + exp(-0.7)), entropy = -(0.25 * log(p) + 0.75 * log(1 - p))
    #expect(abs(ScoreLoss.crossEntropy.value(0.7, target: 0.25, focus: 2).value - entropy) < Tolerance.double)
    let focal = pow(abs(0.25 - p), 3) * entropy
    #expect(abs(ScoreLoss.qualityFocal.value(0.7, target: 0.25, focus: 3).value - focal) < Tolerance.double)
    // Far out nothing overflows.
    #expect(abs(ScoreLoss.crossEntropy.value(-800.0, target: 1, focus: 2).value - 800) < Tolerance.double)
    #expect(ScoreLoss.crossEntropy.value(800.0, target: 1, focus: 2).value == 0)
  }

  @Test(arguments: ScoreLoss.allCases, [1.0, 1.5, 2, 4]) func `a score's slope is the derivative`(
    loss: ScoreLoss, focus: Double
  ) {
    for target in [0, 0.3, 1] {
      for x in [-6, -0.5, 0.1, 3] {
        let (_, slope) = derivative(
          of: { loss.value($0, target: Dual(target), focus: Dual(focus)).value }, at: x)
        #expect(abs(loss.value(x, target: target, focus: focus).slope - slope) < Tolerance.double)
      }
    }
  }
}
