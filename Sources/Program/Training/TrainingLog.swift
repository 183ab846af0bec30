import CFaceStyle
import Glibc

/// A line of JSON per training step, which facestyle's Python plots read.
final class TrainingLog {
  private let path: String
  private let file: UnsafeMutablePointer<FILE>

  /// - Parameter step: of the checkpoint that the training resumes from. Steps of an earlier log up to there
  ///   are kept, later ones are repeated; with 0 the log starts anew.
  init(_ path: String, goesOnAfter step: Int) throws(Failure) {
    let kept = step > 0 ? lines(of: path).filter { (number("step", of: $0) ?? .max) <= step } : []
    guard let file = fopen(path, "w") else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    (self.path, self.file) = (path, file)
    for line in kept { try write(line) }
  }

  deinit { fclose(file) }

  func add(_ progress: fs_training_progress) throws(Failure) {
    let mining = progress.mining
    try write(
      JSON.object([
        "step": .integer(Int(progress.step)), "epoch": .integer(Int(progress.epoch)),
        "loss": .number(progress.loss),
        "rate": .number(progress.rate), "gradient_norm": .number(progress.gradient_norm),
        "images_per_second": .number(progress.photos_per_second),
        "triplets": .integer(Int(clamping: mining.triplets)),
        "active": .integer(Int(clamping: mining.active))
      ]).description)
  }

  private func write(_ line: String) throws(Failure) {
    guard fputs(line + "\n", file) >= 0, fflush(file) == 0 else {
      throw Failure("\(path): \(String(cString: strerror(errno)))")
    }
  }
}
