import ArgumentParser
import CFaceStyle

struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Finds the threshold for a false-accept rate, from labelled pairs.",
    usage: """
      facestyle calibrate --pairs <file> --images <folder> [<options>]
      facestyle calibrate --people <folder> [<options>]
      facestyle calibrate --gallery <gallery> [<options>]
      """,
    discussion: """
      Lists, photos and people are given as to `facestyle evaluate`; here all pairs of a folder of \
      people are taken. A gallery has pairs of its own, if people have several photos in it; the \
      threshold that is found, from its own pairs or others, is kept in it for `identify` and \
      `detect`.

      The threshold is the largest observed distance at which, with 95 % confidence, at most the \
      given rate of all pairs of two people is taken for one person (Clopper and Pearson 1934). \
      A search among K people compares K times: each comparison may then err at \
      1 - (1 - rate)^(1/K). If the pairs are too few to show that, there is no threshold, but \
      the number of pairs that are needed. Pairs, and the comparisons of a search, are treated \
      as independent.
      """)

  @OptionGroup var labelled: LabelledPairsOptions

  @Option(
    help: ArgumentHelp(
      "Keep the threshold in this gallery: a file, or postgresql://user@host/database.", valueName: "gallery")
  )
  var gallery: String?

  @OptionGroup var key: KeyOption

  @Option(help: ArgumentHelp("The maximum rate of accepted strangers.", valueName: "rate"))
  var far = 0.001

  @Option(help: ArgumentHelp("The number of people among whom one is searched.", valueName: "number"))
  var among: UInt64 = 1

  @Option(help: ArgumentHelp("Confidence of the bounds.", valueName: "share"))
  var confidence = 0.95

  @OptionGroup var face: FaceOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    for (name, value) in [("--far", far), ("--confidence", confidence)] where !(value > 0 && value < 1) {
      throw ValidationError("\(name) is \(value); expected more than 0 and less than 1.")
    }
    guard among >= 1 else { throw ValidationError("--among is 0; expected 1 or more.") }
    if labelled.place.isEmpty, gallery == nil {
      throw ValidationError("No pairs; expected --pairs and --images, --people, or --gallery.")
    }
    if gallery == nil, key.keyFile != nil { throw ValidationError("--key-file is for a --gallery.") }
  }

  func run() throws {
    try common.apply()
    var options = fs_calibration_options()
    try check(fs_calibration_options_init(&options, MemoryLayout<fs_calibration_options>.size))
    options.false_accept_rate = far
    options.people = among
    options.confidence = confidence
    let key = try key.read()
    let stored = try gallery.map { place throws(Failure) in
      try Gallery(opening: place, nil, key: key, .change)
    }
    let measured = try measure(stored, options)
    let (distances, same) = (measured.distances, measured.same)
    let found = try calibration(distances, same, options)
    var counts: [UInt64] = [1, 10, 100, 1000, 10000]
    if !counts.contains(among) { counts = (counts + [among]).sorted() }
    var rows = [fs_growth](repeating: fs_growth(), count: counts.count)
    try check(
      fs_calibrate_growth(
        distances, same, distances.count, &options, counts, counts.count, &rows, rows.count),
      place)
    try stored?.setThreshold(Float(found.threshold))
    let report = CalibrationReport(measured, options, found, rows, keptIn: gallery.map(nameOfGallery))
    print(common.json ? report.json.description : report.text)
  }

  /// What the pairs are from, for messages.
  private var place: String { labelled.place.isEmpty ? nameOfGallery(gallery ?? "") : labelled.place }

  private func measure(
    _ stored: Gallery?, _ options: fs_calibration_options
  ) throws(Failure) -> LabelledPairs {
    if labelled.place.isEmpty, let stored {
      let wanted = try stored.info.model
      let model =
        try face.model == nil ? installedEmbedder(wanted) : openEmbedder(asked: face.model, for: stored).1
      return try LabelledPairs(stored, model: model?.name ?? "model \(String(wanted, radix: 16))")
    }
    return try labelled.measure(face, for: stored, byFolds: false) { pairs throws(Failure) in
      // The same number of pairs, all of them clear: too few are refused before they are embedded.
      let same = pairs.map(\.same)
      _ = try calibration(same.map { $0 == 1 ? 0 : 1 }, same, options)
    }
  }

  private func calibration(
    _ distances: [Double], _ same: [Int32], _ options: fs_calibration_options
  ) throws(Failure) -> fs_calibration {
    var options = options, found = fs_calibration()
    found.size = MemoryLayout<fs_calibration>.size
    try check(fs_calibrate(distances, same, distances.count, &options, &found), place)
    return found
  }
}

/// The result of a calibration, as text and as JSON.
private struct CalibrationReport {
  private let measured: LabelledPairs
  private let options: fs_calibration_options
  private let found: fs_calibration
  private let rows: [fs_growth]
  private let gallery: String?

  init(
    _ measured: LabelledPairs, _ options: fs_calibration_options, _ found: fs_calibration,
    _ rows: [fs_growth], keptIn gallery: String?
  ) {
    (self.measured, self.options, self.found, self.rows) = (measured, options, found, rows)
    self.gallery = gallery
  }

  var json: JSON {
    .object([
      "model": .string(measured.model), "gallery": gallery.map(JSON.string) ?? .null,
      "photos": .integer(measured.photos),
      "far": .number(options.false_accept_rate),
      "people": .integer(Int(options.people)), "confidence": .number(options.confidence),
      "threshold": .number(found.threshold), "comparison_rate": .number(found.comparison_rate),
      "false_accepts": .number(found.false_accepts), "max_false_accepts": .number(found.max_false_accepts),
      "max_false_accepts_of_search": .number(found.max_false_accepts_of_search),
      "false_rejects": .number(found.false_rejects), "min_false_rejects": .number(found.min_false_rejects),
      "max_false_rejects": .number(found.max_false_rejects), "genuine": .integer(Int(found.genuine)),
      "impostors": .integer(Int(found.impostors)), "genuine_rejected": .integer(Int(found.genuine_rejected)),
      "impostors_accepted": .integer(Int(found.impostors_accepted)),
      "impostors_needed": .integer(Int(found.impostors_needed)),
      "growth": .array(rows.map(growth)), "skipped": measured.skipped.json
    ])
  }

  private func growth(_ row: fs_growth) -> JSON {
    .object([
      "people": .integer(Int(row.people)), "false_accepts": .number(row.false_accepts),
      "max_false_accepts": .number(row.max_false_accepts), "threshold": .number(row.threshold),
      "false_rejects": .number(row.false_rejects), "min_false_rejects": .number(row.min_false_rejects),
      "max_false_rejects": .number(row.max_false_rejects),
      "impostors_needed": .integer(Int(row.impostors_needed))
    ])
  }

  var text: String {
    func percent(_ rate: Double) -> String { "\(fixed(100 * rate, rate < 0.01 ? 4 : 2)) %" }
    let sure = percent(options.confidence)
    var lines = [
      "\(grouped(measured.distances.count)) pairs of \(counted(measured.photos, "photo", "photos")), embedded by \(measured.model)",
      "",
      "  threshold        \(fixed(found.threshold, 4)) for \(percent(options.false_accept_rate)) among "
        + counted(Int(options.people), "person", "people"),
      "  false accepts    \(percent(found.false_accepts)), at most \(percent(found.max_false_accepts)) with \(sure) confidence",
      "                   \(grouped(Int(found.impostors_accepted))) of \(grouped(Int(found.impostors))) pairs of two people",
      "  false rejects    \(percent(found.false_rejects)), between \(percent(found.min_false_rejects)) and "
        + percent(found.max_false_rejects),
      "                   \(grouped(Int(found.genuine_rejected))) of \(grouped(Int(found.genuine))) pairs of one person",
      "",
      "            with this threshold     with a threshold for that many people",
      "   people   strangers accepted      threshold   false rejects"
    ]
    if let gallery { lines.insert("                   kept in \(gallery)", at: 3) }
    for row in rows {
      let kept =
        row.threshold.isNaN
        ? "none: needs \(grouped(Int(row.impostors_needed))) pairs of two people"
        : "\(padded(fixed(row.threshold, 4), 9))   \(percent(row.false_rejects))"
      lines.append(
        "  \(padded(grouped(Int(row.people)), 7))   \(leftAligned("at most \(percent(row.max_false_accepts))", 21))   \(kept)"
      )
    }
    return (lines + measured.skipped.lines).joined(separator: "\n")
  }
}
