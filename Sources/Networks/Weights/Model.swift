import Tensors

/// A weight file with a known architecture. Its networks are built on first use and shared by all callers.
package final class Model: @unchecked Sendable {
  package let weights: WeightFile
  /// Of its file; nil if it was read from memory.
  package let path: String?
  /// The name by which it was opened, if that is a role's.
  package let role: ModelRole?
  /// The file's "architecture".
  package let architectureName: String
  /// Its entry in the registry.
  package let registered: RegisteredArchitecture
  private let lock = Lock()
  private var known: Architecture?
  private var made: Network<Float>?
  /// The last request to `features`, with its memory: the next picture often has the same.
  private var asked: (layer: String, pooling: Pooling, executor: Executor)?

  package convenience init(path: String) throws(Failure) {
    try self.init(WeightFile(path: path), path: path)
  }

  /// Opens a model by its name or role, or the file of a path.
  /// - Parameter finder: nil: that of this process.
  /// - Throws: `.notFound` if no folder has the name, and the errors of its file, which they name.
  package convenience init(opening text: String, _ finder: ModelFinder? = nil) throws(Failure) {
    guard !ModelFinder.isPath(text) else {
      try self.init(path: text)
      return
    }
    let path = try (finder ?? ModelFinder()).path(named: text)
    do throws(Failure) {
      try self.init(WeightFile(path: path), path: path, role: ModelRole(named: text))
    } catch {
      let isNamed = error.reason.utf8.starts(with: path.utf8)
      throw isNamed ? error : Failure(error.kind, "\(path): \(error.reason)")
    }
  }

  package convenience init(copying bytes: Span<UInt8>) throws(Failure) {
    try self.init(WeightFile(copying: bytes))
  }

  package init(_ weights: WeightFile, path: String? = nil, role: ModelRole? = nil) throws(Failure) {
    let registered = try RegisteredArchitecture.of(weights.metadata)
    let name = "\(registered.name)"
    if name == "\(Architecture.graphName)" { known = try registered.network(weights.metadata) }
    self.weights = weights
    self.path = path
    self.role = role
    self.registered = registered
    architectureName = name
    log(.info, "model \(name): \(weights.parameterCount) parameters")
  }

  /// - Throws: `.wrongModel` unless the architecture has one input and one list of layers.
  package func architecture() throws(Failure) -> Architecture {
    try lock.hold { () throws(Failure) in
      if let known { return known }
      let network = try registered.network(weights.metadata)
      known = network
      return network
    }
  }

  /// - Throws: `.wrongModel` for a model that is unsuitable for all of these uses.
  package func require(_ uses: RegisteredArchitecture.Use..., for user: StaticString) throws(Failure) {
    guard uses.contains(registered.use) else {
      throw .wrongModel(
        "the model is \"\(architectureName)\"; expected \(RegisteredArchitecture.names(for: uses)) for \(user)"
      )
    }
  }

  /// - Throws: `.badData` for a model of another network than the one to be trained.
  package func requireStart(of name: String) throws(Failure) {
    guard architectureName == name else {
      throw .badData("the start is a \(architectureName); expected \(name)")
    }
  }

  package func network() throws(Failure) -> Network<Float> {
    let architecture = try architecture()
    return try lock.hold { () throws(Failure) in
      if let made { return made }
      let network = try Network<Float>(architecture, weights: weights)
      made = network
      return network
    }
  }

  /// The network that mixes its styles by these shares.
  package func network(mixing mixture: [Float]) throws(Failure) -> Network<Float> {
    try Network<Float>(architecture(), weights: weights, mixture: mixture)
  }

  /// The height, width and channels of a layer's result for a picture.
  /// - Throws: `.invalidArgument` for a picture size that the network does not accept, `.notFound`.
  package func shape(
    ofLayer layer: String, height: Int, width: Int
  ) throws(Failure) -> (height: Int, width: Int, channels: Int) {
    let architecture = try self.architecture()
    let input = architecture.input
    if let wantedHeight = input.height, let wantedWidth = input.width,
      height != wantedHeight || width != wantedWidth
    {
      throw .invalidArgument(
        "a picture of \(width)x\(height); expected \(wantedWidth)x\(wantedHeight)")
    }
    let picture = Extent(height: height, width: width, channels: input.channels)
    guard let extent = architecture.graph.extent(of: layer, for: picture),
      let height = extent.height, let width = extent.width
    else { throw architecture.lacks(layer: layer) }
    return (height, width, extent.channels)
  }

  /// The number of a layer's units, and their receptive field.
  package func units(ofLayer layer: String) throws(Failure) -> (count: Int, field: ReceptiveField) {
    let architecture = try self.architecture()
    guard let extent = architecture.graph.extent(of: layer, for: architecture.input),
      let field = ReceptiveField(of: layer, in: architecture.graph)
    else { throw architecture.lacks(layer: layer) }
    return (extent.channels, field)
  }

  /// The result of one layer for a picture, [1, height, width, channels].
  /// - Parameter pixels: the picture's R, G, B bytes.
  package func features(
    _ pixels: Span<UInt8>, height: Int, width: Int, layer: String, pooling: Pooling
  ) throws(Failure) -> Tensor<Float> {
    try withFeatures(pixels, height: height, width: width, layer: layer, pooling: pooling) {
      answers throws(Failure) in
      let tensor = try Tensor<Float>(answers.extents(0))
      tensor.withPointer { $0.update(from: answers[0], count: tensor.count) }
      return tensor
    }
  }

  /// The same in place, valid inside the call.
  package func withFeatures<Result>(
    _ pixels: Span<UInt8>, height: Int, width: Int, layer: String, pooling: Pooling,
    _ body: (Executor.Answers) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let executor = try executor(layer, pooling)
    let architecture = try self.architecture()
    guard pixels.count == 3 * height * width else {
      throw .internalError("\(pixels.count) bytes for a picture of \(width)x\(height)")
    }
    return try executor.run(
      batch: 1, height: height, width: width,
      fill: { input in
        pixels.withUnsafeBufferPointer { pixels in
          if let start = pixels.baseAddress {
            architecture.fill(input, start, height: height, width: width)
          }
        }
      }, body)
  }

  private func executor(_ layer: String, _ pooling: Pooling) throws(Failure) -> Executor {
    let network = try network()
    return lock.hold {
      if let asked, asked.layer == layer, asked.pooling == pooling { return asked.executor }
      let executor = Executor(network, .init([layer], pooling: pooling))
      asked = (layer, pooling, executor)
      return executor
    }
  }
}
