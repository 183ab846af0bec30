import ArgumentParser
import CFaceStyle

/// A style that a network has learned: "scream", "multistyle26:7" for one of several, or a mixture of them,
/// "multistyle26:3,12=2".
struct LearnedStyle: ExpressibleByArgument {
  /// The network's name or file.
  let network: String
  /// Numbers of styles with their weights; empty for a network of one style.
  private let parts: [(style: Int, weight: Float)]
  private let argument: String

  init(argument: String) {
    self.argument = argument
    guard let colon = argument.lastIndex(of: ":"), colon != argument.startIndex,
      let parts = LearnedStyle.parts(argument[argument.index(after: colon)...])
    else {
      (network, parts) = (argument, [])
      return
    }
    (network, self.parts) = (String(argument[..<colon]), parts)
  }

  /// nil unless the text is numbers, each with an optional weight.
  private static func parts(_ text: Substring) -> [(style: Int, weight: Float)]? {
    var parts: [(style: Int, weight: Float)] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let style = Int(halves[0]), style >= 0, let weight = halves.count == 1 ? 1 : Float(halves[1])
      else { return nil }
      parts.append((style, weight))
    }
    return parts
  }

  func open() throws(Failure) -> Model {
    if parts.isEmpty, network.contains(":"), kind(of: network) == .absent {
      throw Failure("\(argument): no numbers of styles after the colon; expected a style such as NAME:3,12=2")
    }
    return try Model(opening: network)
  }

  /// For the name of a file: "scream", "multistyle26-3-12-2".
  var fileText: String {
    let (name, ending) = nameAndExtension(fileName(network))
    let start = ending == "safetensors" ? name : fileName(network)
    let rest = argument.dropFirst(network.count).map { "0123456789.".contains($0) ? $0 : "-" }
    return start + String(rest)
  }

  /// A weight for each style of the network; empty for a network of one.
  func weights(for model: Model) throws(Failure) -> [Float] {
    let count = model.styles
    guard count > 1 else {
      guard parts.isEmpty else {
        throw Failure("\(argument): \(model.name) has one style; expected its name")
      }
      return []
    }
    guard !parts.isEmpty else {
      throw Failure(
        "\(model.name) has \(count) styles; expected \(network):NUMBER, 0 to \(count - 1), or a mixture such as \(network):0,1=2"
      )
    }
    var weights = [Float](repeating: 0, count: count)
    for part in parts {
      guard part.style < count else {
        throw Failure("\(argument): style \(part.style) of \(model.name); expected 0 to \(count - 1)")
      }
      weights[part.style] += part.weight
    }
    return weights
  }
}
