import ArgumentParser
import CFaceStyle

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says whether two photos show the same person.",
    usage: "facestyle compare <first> <second> [<options>]")

  @Argument(help: "A photo.") var first: String
  @Argument(help: "Another photo.") var second: String

  @OptionGroup var face: FaceOptions
  @OptionGroup var threshold: ThresholdOption
  @OptionGroup var common: CommonOptions

  func run() throws {
    try common.apply()
    let reader = try face.open()
    // One at a time, so that an error names its photo.
    let (a, b) = (try reader.embed(first), try reader.embed(second))
    var distance: Float = 0
    try check(fs_distance(a, b, a.count, &distance))
    let limit = threshold.threshold ?? reader.embedder.threshold
    let same = distance <= limit
    if common.json {
      print(JSON.object(["distance": .single(distance), "threshold": .single(limit), "same": .bool(same)]))
    } else {
      let who = same ? "same person" : "different people"
      print("\(who), distance \(fixed(distance, 2)) (threshold \(fixed(limit, 2)))")
    }
  }
}
