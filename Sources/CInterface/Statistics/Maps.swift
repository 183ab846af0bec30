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
  static var standard: fs_tsne_options { TSNE.Options().inC }
}

extension TSNE.Options: Exchanged {
  mutating func exchange(_ c: inout fs_tsne_options, _ way: inout Exchange) {
    way.number(&c.perplexity, &perplexity)
    way.number(&c.steps, &steps)
    way.number(&c.learning_rate, &learningRate, none: 0)
    way.number(&c.exaggeration, &exaggeration)
    way.number(&c.exaggerated_steps, &exaggeratedSteps)
    way.number(&c.seed, &seed)
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
