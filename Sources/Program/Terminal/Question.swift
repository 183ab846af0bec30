import ArgumentParser

/// A command that answers a question by its exit status, as diff and grep do: 0 for yes, 1 for no, and
/// `noAnswer` if it fails.
protocol Question: ParsableCommand {}

/// The exit status of a question without an answer.
let noAnswer: Int32 = 2

extension Question {
  /// Call at the end of the command.
  func end(with answer: Bool) throws { if !answer { throw ExitCode(1) } }
}
