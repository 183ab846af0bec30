import CSystem
import Images
import Networks
import Tensors

/// Says whether a face before a camera is a person's or a picture's, with networks of MiniFASNet's kind.
///
/// Each network sees the face in a part of the photo that is some number of times as wide and high as its
/// box: what is around a face gives a print or a screen away. The networks' probabilities are averaged.
/// Source: Minivision's Silent-Face-Anti-Spoofing, 2020.
package final class Liveness: @unchecked Sendable {
  /// The names of the models that are taken if none are named.
  package static var usualModels: [String] { ["liveness-2.7", "liveness-4.0"] }
  package static let maxModels = 8

  private struct Judge {
    let architecture: Architecture
    let executor: Executor
    let width, height: Int
    /// Sides of the part that it sees, in sides of the box. (Edges are rounded down: the Float next to 2.7
    /// would move whole ones.)
    let crop: Double
    /// Whether its output still has to become probabilities.
    let isRaw: Bool
  }

  package struct Verdict {
    /// Of a living person, 0 to 1.
    package let score: Float
    /// Whether that is more probable than each of the two kinds of pictures.
    package let isLive: Bool
  }

  /// A print, a living person, a screen: as in the training of the published weights.
  private static let classes = 3, live = 1

  private let judges: [Judge]

  /// - Throws: `.wrongModel`, and `.badData` for a model that does not say "crop", or is not of the kind's
  ///   shape.
  package init(_ models: [Model]) throws(Failure) {
    guard (1...Liveness.maxModels).contains(models.count) else {
      throw .invalidArgument("\(models.count) models; expected 1 to \(Liveness.maxModels)")
    }
    var judges: [Judge] = []
    for model in models { judges.append(try Liveness.judge(model)) }
    self.judges = judges
  }

  /// Of the usual models.
  package convenience init() throws(Failure) {
    var models: [Model] = []
    for name in Liveness.usualModels { models.append(try Model(opening: name)) }
    try self.init(models)
  }

  private static func judge(_ model: Model) throws(Failure) -> Judge {
    try model.require(.liveness, for: "liveness")
    let architecture = try model.architecture()
    guard let height = architecture.input.height, let width = architecture.input.width,
      architecture.input.channels == 3
    else {
      throw .badData("model: a liveness whose input has no size, or is grey; expected one such as 80x80x3")
    }
    guard let crop = try model.metadata("crop", 1...16) else {
      throw .badData("model: no \"crop\" in the metadata; expected how many times a face's box it sees")
    }
    let names = ["scores", "logits"]
    guard let name = names.first(where: { architecture.graph.extent(of: $0, for: architecture.input) != nil })
    else { throw .badData("model: no output scores or logits; expected one of a liveness") }
    let found = architecture.graph.extent(of: name, for: architecture.input)
    let wanted = Extent(height: 1, width: 1, channels: classes)
    guard found == wanted else {
      throw .badData(
        "model: output \(name) is \(found?.description ?? "missing"); expected \(wanted.description)")
    }
    return Judge(
      architecture: architecture, executor: Executor(try model.network(), .init([name])), width: width,
      height: height, crop: (1000 * Double(crop)).rounded() / 1000, isRaw: name == "logits")
  }

  /// - Throws: `.invalidArgument` for a box without an area, `.badData` for a model that gives no numbers.
  package func verdict(of face: Face, in photo: ImageOrFrame) throws(Failure) -> Verdict {
    try face.box.checkArea()
    var sums = [Double](repeating: 0, count: Liveness.classes)
    for judge in judges {
      let part = try photo.cropped(Liveness.region(of: face.box, times: judge.crop, in: photo))
      for (i, probability) in try probabilities(judge, part).enumerated() { sums[i] += probability }
    }
    let others = sums.indices.filter { $0 != Liveness.live }
    return Verdict(
      score: Float(sums[Liveness.live] / Double(judges.count)),
      isLive: others.allSatisfy { sums[Liveness.live] > sums[$0] })
  }

  private func probabilities(_ judge: Judge, _ part: Image) throws(Failure) -> [Double] {
    let (across, down) = (
      Double(judge.width) / Double(part.width), Double(judge.height) / Double(part.height)
    )
    // Pixels are sampled, not averaged, as the networks saw them in training.
    let map = Affine(across, 0, 0.5 * across - 0.5, 0, down, 0.5 * down - 0.5)
    let picture = try part.warped(by: map, width: judge.width, height: judge.height, border: .edge)
    return try judge.executor.run(batch: 1, height: judge.height, width: judge.width) { input in
      picture.withPixels { judge.architecture.fill(input, $0, height: judge.height, width: judge.width) }
    } _: { answers throws(Failure) in
      let numbers = (0..<Liveness.classes).map { Double(answers[0][$0]) }
      guard numbers.allSatisfy({ $0.isFinite && (judge.isRaw || (0...1).contains($0)) }) else {
        throw .badData("the model answers \(answers[0][Liveness.live]): its weights are damaged")
      }
      guard judge.isRaw else { return numbers }
      let largest = numbers.max() ?? 0, powers = numbers.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
  }

  /// The part of a picture that a network sees: around the box's centre, moved into the picture, and smaller
  /// if the picture is. Edges are rounded down, as in the published code.
  package static func region(of box: Box, times crop: Double, in photo: ImageOrFrame) -> Region {
    let right = Double(photo.width - 1), bottom = Double(photo.height - 1)
    let (width, height) = (Double(box.width), Double(box.height))
    let scale = min(crop, right / width, bottom / height)
    func span(_ start: Float, _ side: Double, _ last: Double) -> Range<Int> {
      let centre = side / 2 + Double(start), half = side * scale / 2
      var first = centre - half, end = centre + half
      if first < 0 { (first, end) = (0, end - first) }
      if end > last { (first, end) = (first - (end - last), last) }
      let lower = Int(max(0, min(first, last)))
      return lower..<max(lower, Int(max(0, min(end, last)))) + 1
    }
    let columns = span(box.left, width, right), rows = span(box.top, height, bottom)
    return Region(x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count)
  }
}
