import ArgumentParser
import CFaceStyle

struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures the accuracy of an embedder on labelled pairs of photos.",
    usage: """
      facestyle evaluate --pairs <file> --images <folder> [<options>]
      facestyle evaluate --people <folder> [<options>]
      """,
    discussion: """
      FILE is like LFW's pairs.txt: the number of folds and of pairs on the first line, then \
      in each fold that many pairs NAME i j of one person, and as many NAME i OTHER j of two. \
      Photo i of NAME is NAME/NAME_000i.jpg in the folder. Or it is a plain list, or CSV: PHOTO PHOTO \
      1 on each line, 0 for two people, with a number of its fold behind if you like; without \
      folds it is cut into ten.

      Of a folder of people, NAME/photo.jpg, all pairs within a fold are taken; people are dealt \
      to ten folds, or to fewer with two people in each.

      Each fold is judged with the threshold that is best on all others. A photo without a face \
      counts: its pairs are never accepted as one person, whatever the threshold. \
      The pairs of a photo that cannot be read are left out. Both are reported.
      """)

  @OptionGroup var labelled: LabelledPairsOptions
  @OptionGroup var face: FaceOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if labelled.place.isEmpty {
      throw ValidationError("No pairs; expected --pairs and --images, or --people.")
    }
  }

  func run() throws {
    try common.apply()
    let measured = try labelled.measure(face, byFolds: true)
    var evaluation = fs_evaluation()
    evaluation.size = MemoryLayout<fs_evaluation>.size
    try check(
      fs_evaluate_pairs(
        measured.distances, measured.same, measured.folds, measured.distances.count, nil, &evaluation),
      labelled.place)
    let result = EvaluationReport(
      model: measured.model, photos: measured.photos, skipped: measured.skipped, evaluation)
    print(common.json ? result.json.description : result.text)
  }
}
