import Glibc

/// A model: the file that was asked for, or one of these names, the first that is found. A name without a
/// slash and an ending is looked for too: in the environment's folder (FACESTYLE_MODELS), a source
/// checkout's, beside the program or its folder, the installed one.
func openModel(_ names: String..., asked: String?) throws(Failure) -> Model {
  var names = names
  if let asked {
    guard !asked.contains("/"), !asked.contains("."), !asked.isEmpty, access(asked, F_OK) != 0 else {
      return try Model(opening: asked)
    }
    names = [asked]
  }
  var folders: [String] = []
  if let named = getenv("FACESTYLE_MODELS"), named.pointee != 0 { folders.append(pathText(named)) }
  folders += ["models", "build/models"]
  if let program = programFolder() {
    folders += ["\(program)/models", "\(program)/../models", "\(program)/../share/facestyle/models"]
  }
  for name in names {
    for folder in folders {
      let path = "\(folder)/\(name).safetensors"
      if access(path, R_OK) == 0 { return try Model(opening: path) }
    }
  }
  throw Failure(
    "no model \(names[0]).safetensors in \(folders.joined(separator: ", ")): run `make models` or name the file"
  )
}

/// The folder of this program's file.
private func programFolder() -> String? {
  guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(resolved) }
  let path = pathText(resolved)
  return path.lastIndex(of: "/").map { String(path[..<$0]) }
}
