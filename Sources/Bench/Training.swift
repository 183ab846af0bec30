import Networks
import Tensors

/// Training steps: forward, loss, gradients of all weights.
func trainingRows(threads: [Int]) throws(Failure) -> [Row] {
  try rows("nn4.small2", .nn4Small2(), threads) + rows("mobilefacenet", .mobileFaceNet(), threads)
}

private func rows(
  _ name: String, _ architecture: Architecture, _ threads: [Int]
) throws(Failure) -> [Row] {
  let batch = 64, side = architecture.side ?? 96
  var generator = Generator(seed: 1)
  let network = try TrainableNetwork<Float>(architecture.graph, input: architecture.input) {
    specification throws(Failure) in try initialTensor(specification, &generator)
  }
  let pictures = try numbers([batch, side, side, 3]), target = try numbers([batch, 128])
  return try Memory.Recycling.during { () throws(Failure) in
    var rows: [Row] = []
    for count in threads {
      rows.append(
        try measure("\(name) training step", "\(batch)x\(side)x\(side)", threads: count, seconds: 3) {
          () throws(Failure) in
          let tape = Tape<Float>()
          let leaves = network.leaves(on: tape)
          let embedding = try network.run(tape.constant(pictures), leaves, .training, on: tape)
          let loss = try tape.squaredDistance(embedding, to: target, factor: 1)
          _ = try tape.gradients(of: loss, at: leaves)
        })
    }
    return rows
  }
}
