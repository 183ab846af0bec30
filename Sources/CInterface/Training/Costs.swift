import CFaceStyle
import CSystem
import Networks
import Tensors

// Uses the operations of painting and training; single numbers in Double.

@c @implementation
public func fs_triplet_loss(
  _ anchors: UnsafePointer<Float>?, _ positives: UnsafePointer<Float>?, _ negatives: UnsafePointer<Float>?,
  _ count: Int, _ dimension: Int, _ margin: Float, _ reduction: fs_reduction,
  _ loss: UnsafeMutablePointer<Double>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(loss, "loss")
    guard margin.isFinite, margin >= 0 else { throw .invalidArgument("margin \(margin); expected 0 or more") }
    let reduction = try Reduction(reduction)
    let tape = Tape<Double>()
    let shape = [count, dimension]
    target.pointee = try finite(
      tape.tripletLoss(
        tape.constant(wide(anchors, shape, "anchors")), tape.constant(wide(positives, shape, "positives")),
        tape.constant(wide(negatives, shape, "negatives")), margin: Double(margin), reduction))
  }
}

@c @implementation
public func fs_content_cost(
  _ generated: UnsafePointer<Float>?, _ content: UnsafePointer<Float>?, _ height: Int, _ width: Int,
  _ channels: Int,
  _ variant: fs_cost_variant, _ cost: UnsafeMutablePointer<Double>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(cost, "cost")
    let variant = try CostVariant(variant)
    let tape = Tape<Double>()
    let shape = [1, height, width, channels]
    target.pointee = try finite(
      tape.contentCost(
        tape.constant(wide(generated, shape, "generated")), wide(content, shape, "content"), variant))
  }
}

@c @implementation
public func fs_gram_matrix(
  _ a: UnsafePointer<Float>?, _ rows: Int, _ columns: Int, _ gram: UnsafeMutablePointer<Float>?,
  _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try output(
      gram, capacity: capacity, needed: product(rows, rows, name: "gram"), "gram")
    let count = try product(rows, columns, name: "a")
    let a = try required(a, "a")
    for i in 0..<count where !a[i].isFinite {
      throw .invalidArgument("a holds \(a[i]); expected finite numbers")
    }
    // Here rows are channels and columns pixels: transposes them for the operation.
    let features = try Tensor<Float>([1, columns, 1, rows])
    features.withPointer { Float.transpose(a, stride: columns, rows: columns, columns: rows, into: $0) }
    let tape = Tape<Float>()
    let result = try tape.gramMatrix(tape.constant(features)).tensor
    result.withPointer { target.update(from: $0, count: result.count) }
  }
}

@c @implementation
public func fs_style_cost(
  _ generated: UnsafePointer<Float>?, _ style: UnsafePointer<Float>?, _ height: Int, _ width: Int,
  _ channels: Int,
  _ variant: fs_cost_variant, _ cost: UnsafeMutablePointer<Double>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(cost, "cost")
    let variant = try CostVariant(variant)
    _ = try product(channels, channels, name: "Gram matrix")
    let tape = Tape<Double>()
    let shape = [1, height, width, channels]
    let gram = try tape.gramMatrix(tape.constant(wide(style, shape, "style"))).tensor
    target.pointee = try finite(
      tape.styleCost(tape.constant(wide(generated, shape, "generated")), gram, variant))
  }
}

@c @implementation
public func fs_total_cost(
  _ content: Double, _ style: Double, _ alpha: Double, _ beta: Double, _ cost: UnsafeMutablePointer<Double>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(cost, "cost")
    let tape = Tape<Double>()
    let terms = [tape.constant(try Tensor([1], [content])), tape.constant(try Tensor([1], [style]))]
    target.pointee = try finite(tape.weightedSum(terms, [alpha, beta]))
  }
}

/// A caller's numbers as Double, in a shape of the caller's extents.
private func wide(
  _ values: UnsafePointer<Float>?, _ extents: [Int], _ name: StaticString
) throws(Failure) -> Tensor<Double> {
  let values = try required(values, name)
  var count = 1
  for extent in extents { count = try product(count, extent, name: name) }
  let tensor = try Tensor<Double>(extents)
  tensor.withPointer { for i in 0..<count { $0[i] = Double(values[i]) } }
  return tensor
}

private func finite(_ cost: Variable<Double>) throws(Failure) -> Double {
  guard cost.scalar.isFinite else {
    throw .invalidArgument("the result is \(cost.scalar): all numbers must be finite")
  }
  return cost.scalar
}
