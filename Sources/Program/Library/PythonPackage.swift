import Glibc

/// Runs `facestyle.embed`, or says what of the Python package is missing, without a traceback.
private let tableProgram = """
  try:
      from facestyle.embed import main
  except ModuleNotFoundError as error:
      raise SystemExit(f"facestyle: {error}; expected the Python package of bindings/python for this python3")
  except ImportError as error:
      raise SystemExit(f"facestyle: {error}")
  main()
  """

/// Becomes the Python package's command for tables of faces, which then decides on output, exit status and
/// signals. It gets the words after `facestyle embed` as they are, whatever their bytes.
/// - Throws: if there is no Python.
func becomeTableCommand() throws(Failure) {
  var words = ["python3", "-c", tableProgram].map { word in word.withCString { strdup($0) } }
  for i in 2..<max(2, Int(CommandLine.argc)) { words.append(CommandLine.unsafeArgv[i]) }
  execvp("python3", words + [nil])
  let reason = String(cString: strerror(errno))
  throw Failure("python3: \(reason); expected Python with the package of bindings/python, for --output")
}
