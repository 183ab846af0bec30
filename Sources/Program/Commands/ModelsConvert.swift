import ArgumentParser
import CFaceStyle

/// `facestyle models convert`
struct ModelsConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Writes a model in another precision or with other settings.",
    usage: "facestyle models convert <model> --out <file> --precision <precision> [<options>]",
    discussion: """
      int8 keeps weights of convolutions and dense layers in 8 bits, with a scale for each output, and \
      all other numbers in 16. The model's texts and thresholds are kept. Measure what the other precision \
      costs: `facestyle evaluate` does it for a model of faces.

      An embedder that is mirrored embeds each face together with its mirror image, at twice the time, \
      and errs less. Distances are others then: give a threshold that `facestyle calibrate` found for it.
      """)

  @Argument(help: "A model's name, or its file.") var model: String

  @Option(name: [.short, .long], help: ArgumentHelp("Where to write it.", valueName: "file"))
  var out: String

  @Option(help: "How numbers are kept.") var precision: Precision

  @Option(
    help: ArgumentHelp("How exact it is, instead of what the model says of itself.", valueName: "text"))
  var accuracy: String?

  @Option(help: ArgumentHelp("A note to keep in it, instead of the model's.", valueName: "text"))
  var note: String?

  @Option(
    help: ArgumentHelp("Of an embedder or detector, instead of the model's.", valueName: "number"))
  var threshold: Float?

  @Flag(inversion: .prefixedNo, help: "Embed faces together with their mirror images.")
  var mirrored: Bool?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let threshold, !(threshold > 0 && threshold.isFinite) {
      throw ValidationError("--threshold \(threshold); expected a number above 0.")
    }
  }

  func run() throws {
    try common.apply()
    try checkOutputs(out)
    let model = try Model(opening: self.model)
    var settings = fs_model_texts()
    settings.size = MemoryLayout<fs_model_texts>.size
    if let threshold { settings.threshold = threshold }
    if let mirrored { settings.mirrored = mirrored ? 1 : -1 }
    try model.save(to: out, precision.value, settings, accuracy: accuracy, note: note)
    let made = try Model(opening: out)
    if common.json {
      print(
        JSON.object([
          "model": .string(out), "precision": .string(precision.rawValue), "bytes": .integer(made.byteCount),
          "bytes_before": .integer(model.byteCount)
        ]))
    } else {
      print(
        "\(out): \(grouped(made.byteCount)) bytes in \(precision.rawValue), \(grouped(model.byteCount)) before"
      )
    }
  }
}

/// How the numbers of a model are kept in its file.
enum Precision: String, CaseIterable, ExpressibleByArgument {
  case float32, float16, int8

  var value: fs_precision {
    switch self {
    case .float32: FS_FLOAT32
    case .float16: FS_FLOAT16
    case .int8: FS_INT8
    }
  }
}
