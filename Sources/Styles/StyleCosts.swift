/// The costs of one picture.
package struct StyleCosts {
  package let content, style, variation, temporal, total: Double

  static var none: StyleCosts { StyleCosts(content: 0, style: 0, variation: 0, temporal: 0, total: 0) }

  private init(content: Double, style: Double, variation: Double, temporal: Double, total: Double) {
    (self.content, self.style, self.variation) = (content, style, variation)
    (self.temporal, self.total) = (temporal, total)
  }

  /// `total = alpha content + beta style + gamma variation + delta temporal`
  package init(
    content: Double, style: Double, variation: Double, temporal: Double = 0, _ options: StyleOptions
  ) {
    let weighted = Double(options.contentWeight) * content + Double(options.styleWeight) * style
    let others = Double(options.variationWeight) * variation + Double(options.temporalWeight) * temporal
    self.init(
      content: content, style: style, variation: variation, temporal: temporal, total: weighted + others)
  }

  /// Why an optimiser cannot use them.
  var reasonAgainst: String {
    let parts: [(name: StaticString, value: Double)] = [
      ("content", content), ("style", style), ("variation", variation), ("temporal", temporal)
    ]
    for part in parts where !part.value.isFinite {
      return
        "the \(part.name) cost is \(part.value): the model's features are not finite, or too large for their squares"
    }
    if total.isFinite {
      return "the cost is \(total), but its gradient is not finite; expected smaller weights"
    }
    return "the weighted sum of costs is \(total); expected smaller weights"
  }
}
