import ArgumentParser
import CFaceStyle
import Glibc

/// The command line program: a client of the C interface like any other.
@main
struct FaceStyleProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facestyle",
    abstract: "Finds, compares and names faces, trains for it, and paints a picture like another.",
    version: "\(FS_VERSION_MAJOR).\(FS_VERSION_MINOR).\(FS_VERSION_PATCH)",
    subcommands: [
      Detect.self, Compare.self, Identify.self, GalleryCommand.self, Embed.self, Evaluate.self, Calibrate.self, Train.self,
      Style.self, Restyle.self, Layers.self, Demo.self,
    ])

  static func main() {
    signal(SIGXFSZ, SIG_IGN)  // a file too large is an error like a full disk
    do {
      guard fs_abi_version() == FS_ABI_VERSION else {
        throw Failure("the library has ABI version \(fs_abi_version()), this program wants \(FS_ABI_VERSION)")
      }
      var command = try parseAsRoot()
      try command.run()
      // What was printed may still wait in a buffer: a full disk shows only now.
      guard fflush(nil) == 0 else { throw Failure("output: \(String(cString: strerror(errno)))") }
    } catch let failure as Failure {
      warn(failure.message)
      Glibc.exit(EXIT_FAILURE)
    } catch {
      exit(withError: error)  // bad usage, or a wish for help
    }
  }
}
