import CFaceStyle
import CSystem
import Networks
import Tensors

// The losses of the library's own training, also in Float, for a host with its own network.

@c @implementation
public func fs_loss_options_init(
  _ options: UnsafeMutablePointer<fs_loss_options>?, _ size: Int, _ kind: fs_loss_kind
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size, to: Loss.Options(Loss.Kind(kind)).inC)
  }
}

extension fs_loss_options: SizedStruct {
  static var standard: fs_loss_options { Loss.Options(.triplet).inC }
}

extension Loss.Options: Exchanged {
  init() { self.init(.triplet) }

  /// A caller's options; their kind has no default.
  init(_ options: UnsafePointer<fs_loss_options>?) throws(Failure) {
    try self.init(known(required(options, "options")))
  }

  mutating func exchange(_ c: inout fs_loss_options, _ way: inout Exchange) {
    way.choice(&c.kind, &kind)
    way.choice(&c.reduction, &reduction)
    way.number(&c.margin, &margin)
    way.number(&c.epsilon, &epsilon)
    way.number(&c.scale, &scale)
    way.number(&c.centre_weight, &centreWeight)
    way.number(&c.centre_rate, &centreRate)
    way.number(&c.cosine_weight, &cosineWeight)
    way.number(&c.similarity_weight, &similarityWeight)
    way.number(&c.stranger_weight, &strangerWeight)
    way.number(&c.stranger_limit, &strangerLimit)
    way.number(&c.memory, &memory)
  }
}

extension Loss {
  fileprivate init(_ options: UnsafePointer<fs_loss_options>?) throws(Failure) {
    try self.init(Options(options))
  }

  /// The shapes of a caller's head, limited to sizes that memory can hold.
  fileprivate func shapes(_ dimension: Int, _ classes: Int) throws(Failure) -> [Shape] {
    _ = try product(dimension, hasClasses ? classes : 1, name: "head")
    return try headShapes(dimension: dimension, classes: classes)
  }
}

@c @implementation
public func fs_loss_head_size(
  _ options: UnsafePointer<fs_loss_options>?, _ dimension: Int, _ classes: Int,
  _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(count, "count")
    target.pointee = total(try Loss(options).shapes(dimension, classes))
  }
}

@c @implementation
public func fs_loss_head_init(
  _ options: UnsafePointer<fs_loss_options>?, _ dimension: Int, _ classes: Int, _ seed: UInt64,
  _ head: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let loss = try Loss(options)
    let needed = total(try loss.shapes(dimension, classes))
    guard needed > 0 else { return }
    var target = try output(head, capacity: capacity, needed: needed, "head")
    for parameter in try loss.headParameters(dimension: dimension, classes: classes, seed: seed) {
      parameter.tensor.withPointer { target.update(from: $0, count: parameter.tensor.count) }
      target += parameter.tensor.count
    }
  }
}

@c @implementation
public func fs_loss_evaluate(
  _ options: UnsafePointer<fs_loss_options>?, _ embeddings: UnsafePointer<Float>?, _ count: Int,
  _ dimension: Int,
  _ labels: UnsafePointer<Int32>?, _ teacher: UnsafePointer<Float>?, _ head: UnsafePointer<Float>?,
  _ classes: Int,
  _ value: UnsafeMutablePointer<Double>?, _ gradient: UnsafeMutablePointer<Float>?, _ capacity: Int,
  _ headGradient: UnsafeMutablePointer<Float>?, _ headCapacity: Int,
  _ statistics: UnsafeMutablePointer<fs_mining_statistics>?
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(value, "value")
    let loss = try Loss(options)
    let batch = try Batch(loss, embeddings, count, dimension, labels, teacher)
    let shapes = try loss.shapes(dimension, classes)
    if gradient != nil {
      _ = try output(gradient, capacity: capacity, needed: batch.embeddings.count, "gradient")
    }
    if headGradient != nil {
      _ = try output(headGradient, capacity: headCapacity, needed: total(shapes), "head_gradient")
    }
    let tape = Tape<Float>()
    let x = gradient == nil ? tape.constant(batch.embeddings) : tape.leaf(batch.embeddings)
    var parts: [Variable<Float>] = []
    for tensor in try tensors(head, shapes, "head") {
      parts.append(headGradient == nil ? tape.constant(tensor) : tape.leaf(tensor))
    }
    let result = try loss.value(embeddings: x, targets: batch.targets, head: parts, on: tape)
    guard result.loss.scalar.isFinite else {
      throw .invalidArgument("the loss is \(result.loss.scalar): numbers are too large")
    }
    let gradients = try tape.gradients(of: result.loss, at: [x] + parts)
    for tensor in gradients {
      for i in 0..<tensor.count where !tensor[i].isFinite {
        throw .invalidArgument("a gradient is \(tensor[i]): numbers are too large")
      }
    }
    target.pointee = Double(result.loss.scalar)
    gradients[0].withPointer { gradient?.update(from: $0, count: gradients[0].count) }
    var place = headGradient
    for tensor in gradients.dropFirst() {
      tensor.withPointer { place?.update(from: $0, count: tensor.count) }
      place = place.map { $0 + tensor.count }
    }
    statistics?.pointee = fs_mining_statistics(result.statistics)
  }
}

extension fs_mining_statistics {
  /// Zeros without mining.
  init(_ found: MiningStatistics?) {
    let found = found ?? MiningStatistics()
    self.init(
      triplets: UInt64(clamping: found.triplets), active: UInt64(clamping: found.active),
      hardest_positive: found.hardestPositive,
      hardest_negative: found.hardestNegative)
  }
}

@c @implementation
public func fs_loss_update_centres(
  _ options: UnsafePointer<fs_loss_options>?, _ embeddings: UnsafePointer<Float>?, _ count: Int,
  _ dimension: Int,
  _ labels: UnsafePointer<Int32>?, _ classes: Int, _ head: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let loss = try Loss(options)
    guard case .centre = loss else {
      throw .invalidArgument("a loss without centres; expected FS_LOSS_CENTRE")
    }
    let shapes = try loss.shapes(dimension, classes)
    let target = try output(head, capacity: capacity, needed: total(shapes), "head")
    let batch = try Batch(loss, embeddings, count, dimension, labels, nil)
    let parts = try tensors(target, shapes, "head")
    let moved = try loss.updatedHead(parts, embeddings: batch.embeddings, targets: batch.targets)
    // The centres come last.
    guard let centres = moved.last else { return }
    centres.withPointer {
      (target + parts[0].count + parts[1].count).update(from: $0, count: centres.count)
    }
  }
}

/// A caller's batch, checked and copied.
private struct Batch {
  let embeddings: Tensor<Float>
  let targets: Targets<Float>

  init(
    _ loss: Loss, _ embeddings: UnsafePointer<Float>?, _ count: Int, _ dimension: Int,
    _ labels: UnsafePointer<Int32>?,
    _ teacher: UnsafePointer<Float>?
  ) throws(Failure) {
    _ = try product(count, dimension, name: "embeddings")
    if loss.wanted == .people { _ = try product(count, count, name: "distances") }
    guard count % loss.rowsTogether == 0 else {
      throw .invalidArgument("\(count) rows; expected a multiple of \(loss.rowsTogether)")
    }
    let shape = try Shape([count, dimension])
    self.embeddings = try tensor(embeddings, shape, "embeddings")
    switch loss.wanted {
    case .nothing: targets = .nothing
    case .people, .classes: targets = .labels(Array(try buffer(labels, count, "labels")))
    case .pairs: targets = .pairs(Array(try buffer(labels, count / 2, "labels")))
    case .teacher:
      let people = loss.hasStrangers ? Array(try buffer(labels, count, "labels")) : []
      targets = .teacher(try tensor(teacher, shape, "teacher"), people: people)
    case .faces: throw .internalError("a detector's loss of embeddings")
    }
  }
}

private func total(_ shapes: [Shape]) -> Int {
  var count = 0
  for shape in shapes { count += shape.count }
  return count
}

/// Consecutive arrays in a caller's memory; may be NULL if there are none.
private func tensors(
  _ values: UnsafePointer<Float>?, _ shapes: [Shape], _ name: StaticString
) throws(Failure) -> [Tensor<Float>] {
  var tensors: [Tensor<Float>] = [], offset = 0
  for shape in shapes {
    tensors.append(try tensor(values.map { $0 + offset }, shape, name))
    offset += shape.count
  }
  return tensors
}

private func tensor(
  _ values: UnsafePointer<Float>?, _ shape: Shape, _ name: StaticString
) throws(Failure) -> Tensor<Float> {
  let values = try required(values, name)
  let tensor = try Tensor<Float>(shape)
  try tensor.withPointer { target throws(Failure) in
    for i in 0..<shape.count {
      guard values[i].isFinite else {
        throw .invalidArgument("\(name) holds \(values[i]); expected finite numbers")
      }
      target[i] = values[i]
    }
  }
  return tensor
}
