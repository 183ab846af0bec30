import CFaceStyle

/// The result of an evaluation, as text and as JSON.
struct EvaluationReport {
  let model: String
  let photos: Int
  let skipped: Skipped
  private let evaluation: fs_evaluation
  private let points: [fs_operating_point]

  init(model: String, photos: Int, skipped: Skipped, _ evaluation: fs_evaluation) {
    (self.model, self.photos, self.skipped, self.evaluation) = (model, photos, skipped, evaluation)
    points = [evaluation.points.0, evaluation.points.1, evaluation.points.2]
  }

  private var pairs: Int { Int(evaluation.genuine + evaluation.impostors) }
  private let tooFewFolds = "accuracy needs two folds or more, each with pairs of one person and of two"

  /// Why there is no TAR at this FAR; nil if there is.
  private func reason(_ point: fs_operating_point) -> String? {
    guard point.tar.isNaN else { return nil }
    return "FAR \(point.limit) needs \(grouped(Int(point.impostors_needed))) pairs of two people,"
      + " there are \(grouped(Int(evaluation.impostors)))"
  }

  var json: JSON {
    func rate(_ point: fs_operating_point) -> JSON {
      .object([
        "value": .number(point.tar), "low": .number(point.tar_low), "high": .number(point.tar_high),
        "far": .number(point.far), "far_low": .number(point.far_low), "far_high": .number(point.far_high),
        "threshold": .number(point.threshold), "reason": reason(point).map(JSON.string) ?? .null
      ])
    }
    return .object([
      "model": .string(model), "photos": .integer(photos), "pairs": .integer(pairs),
      "genuine": .integer(Int(evaluation.genuine)), "impostors": .integer(Int(evaluation.impostors)),
      "folds": .integer(Int(evaluation.folds)), "accuracy": .number(evaluation.accuracy),
      "accuracy_sd": .number(evaluation.accuracy_deviation),
      "accuracy_reason": evaluation.accuracy.isNaN ? .string(tooFewFolds) : .null,
      "threshold": .number(evaluation.threshold), "auc": .number(evaluation.auc),
      "eer": .number(evaluation.equal_error_rate),
      "tar": .object(["0.1": rate(points[0]), "0.01": rate(points[1]), "0.001": rate(points[2])]),
      "skipped": skipped.json
    ])
  }

  var text: String {
    func percent(_ rate: Double) -> String { padded(fixed(100 * rate, 2), 6) + " %" }
    var lines = [
      "\(grouped(pairs)) pairs of \(counted(photos, "photo", "photos")) in "
        + "\(counted(Int(evaluation.folds), "fold", "folds")), embedded by \(model)", ""
    ]
    if evaluation.accuracy.isNaN {
      lines.append("  accuracy         none: \(tooFewFolds)")
    } else {
      let error = evaluation.accuracy_deviation / Double(evaluation.folds).squareRoot()
      lines.append(
        "  accuracy        \(percent(evaluation.accuracy))   +- \(fixed(100 * error, 2)) standard error, deviation of folds "
          + fixed(100 * evaluation.accuracy_deviation, 2))
      lines.append("  threshold       \(padded(fixed(evaluation.threshold, 4), 6))     mean of the folds'")
    }
    lines.append("  area under ROC  \(percent(evaluation.auc))")
    lines.append("  equal error     \(percent(evaluation.equal_error_rate))")
    let head =
      "  \(leftAligned("at FAR", 7)) \(padded("TAR", 8))   \(leftAligned("   95 % bounds", 20))   threshold   impostors accepted"
    lines += ["", head]
    for point in points {
      let name = leftAligned("\(point.limit)", 7)
      if let reason = reason(point) {
        lines.append("  \(name)    none: \(reason)")
      } else {
        let accepted = Int((point.far * Double(evaluation.impostors)).rounded())
        lines.append(
          "  \(name) \(percent(point.tar))   \(percent(point.tar_low)) to \(percent(point.tar_high))"
            + "   \(padded(fixed(point.threshold, 4), 9))   \(grouped(accepted)) of \(grouped(Int(evaluation.impostors)))"
        )
      }
    }
    lines += skipped.lines
    return lines.joined(separator: "\n")
  }
}
