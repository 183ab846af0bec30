import CFaceStyle
import CSystem
import Statistics
import Tensors

@c @implementation
public func fs_tsne_options_init(_ options: UnsafeMutablePointer<fs_tsne_options>?, _ size: Int) -> fs_status
{
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_tsne_options: SizedStruct {
  static var standard: fs_tsne_options {
    let standard = TSNE.Options()
    var options = sized
    options.perplexity = Float(standard.perplexity)
    options.steps = UInt32(clamping: standard.steps)
    options.learning_rate = Float(standard.learningRate ?? 0)
    options.exaggeration = Float(standard.exaggeration)
    options.exaggerated_steps = UInt32(clamping: standard.exaggeratedSteps)
    options.seed = standard.seed
    return options
  }
}

extension TSNE.Options {
  fileprivate init(_ given: fs_tsne_options) {
    self.init()
    perplexity = Double(given.perplexity)
    steps = Int(given.steps)
    learningRate = given.learning_rate == 0 ? nil : Double(given.learning_rate)
    exaggeration = Double(given.exaggeration)
    exaggeratedSteps = Int(given.exaggerated_steps)
    seed = given.seed
  }
}

@c @implementation
public func fs_tsne(
  _ points: UnsafePointer<Float>?, _ count: Int, _ dimension: Int, _ options: UnsafePointer<fs_tsne_options>?,
  _ map: UnsafeMutablePointer<Float>?, _ capacity: Int, _ divergence: UnsafeMutablePointer<Double>?
) -> fs_status {
  boundary { () throws(Failure) in
    let given = try known(options)
    let points = try required(
      buffer(points, product(count, dimension, name: "points"), "points").baseAddress, "points")
    let target = try output(map, capacity: capacity, needed: product(count, 2, name: "map"), "map")
    let reached = try TSNE.map(points, count: count, dimension: dimension, .init(given), into: target) {
      progress throws(Failure) in
      guard let callback = given.on_step else { return .goOn }
      var message = fs_tsne_progress(
        size: MemoryLayout<fs_tsne_progress>.size, step: UInt32(clamping: progress.step),
        steps: UInt32(clamping: progress.steps),
        divergence: progress.divergence, seconds: progress.seconds)
      return try Action(withHostFloats { callback(&message, given.user) }, of: "on_step")
    }
    divergence?.pointee = reached
  }
}
