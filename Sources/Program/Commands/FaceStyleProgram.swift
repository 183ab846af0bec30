import ArgumentParser
import CFaceStyle
import Glibc

/// The command line program: a client of the C interface like any other.
@main
struct FaceStyleProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facestyle",
    abstract: "Finds, compares and names faces, trains networks for it, and paints pictures.",
    discussion: """
      A model is named by its file, or by a name without an ending. NAME.safetensors is then \
      looked for in the folders that FACESTYLE_MODELS in the environment names, in \
      ~/.local/share/facestyle/models, and where the program and its library are, in models and \
      in ../share/facestyle/models, where `make install` puts them. `facestyle models` lists \
      what is found. Unless told otherwise, commands use the best of them.

      The exit status is 0 if all was done, 1 if something failed, and 64 for bad usage. \
      Commands that answer a question, compare, identify and live, exit with 0 for yes, 1 for no, \
      and 2 if there is no answer, as diff and grep do.

      If something does not work, ask `facestyle doctor`.
      """,
    version: version,
    subcommands: [
      Detect.self, Compare.self, Identify.self, Live.self, GalleryCommand.self, Embed.self, Evaluate.self,
      Calibrate.self, Train.self,
      Style.self, Restyle.self, Enlarge.self, Layers.self, Models.self, Demo.self, Doctor.self
    ])

  static let version = "\(FS_VERSION_MAJOR).\(FS_VERSION_MINOR).\(FS_VERSION_PATCH)"

  static func main() {
    var failureStatus = EXIT_FAILURE
    signal(SIGXFSZ, SIG_IGN)  // exceeding the file size limit is an error like a full disk
    do {
      guard fs_abi_version() == FS_ABI_VERSION else {
        throw Failure("the library has ABI version \(fs_abi_version()), this program needs \(FS_ABI_VERSION)")
      }
      // Arguments may be paths of any bytes: `CommandLine.arguments` would repair them.
      let words = (0..<Int(CommandLine.argc)).compactMap { CommandLine.unsafeArgv[$0].map { pathText($0) } }
      let arguments = Array(words.dropFirst())
      if let told = unknownCommand(arguments[...], of: self) {
        writeError(shown(told))
        Glibc.exit(ExitCode.validationFailure.rawValue)
      }
      var command = try parseAsRoot(arguments)
      failureStatus = command is Question ? noAnswer : EXIT_FAILURE
      try command.run()
      try flushOutput()
    } catch let failure as Failure {
      warn(failure.message)
      Glibc.exit(failureStatus)
    } catch let code as ExitCode {
      Glibc.exit(code.rawValue)  // the reason has been printed
    } catch {
      // Bad usage, or a request for help: like `exit(withError:)`, with arguments in readable form.
      let (code, text) = (exitCode(for: error), fullMessage(for: error))
      if code.isSuccess { print(text) } else { writeError(shown(text) + "\n") }
      Glibc.exit(code.rawValue)
    }
  }
}
