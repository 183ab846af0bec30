import Glibc

/// Opens a model: the requested file, or the first of these names that is found. A name without slash and
/// ending is also searched for: in the folder of the environment (FACESTYLE_MODELS), of a source checkout,
/// next to the program or its folder, and in the installed one.
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
    "no model \(names.map { $0 + ".safetensors" }.joined(separator: " or ")) in "
      + "\(folders.joined(separator: ", ")): run `make models` or name the file"
  )
}

/// Opens a detector's model: the requested file, or that of a kind, or of the first kind that is there.
func openDetectorModel(_ name: String? = nil, asked: String?) throws(Failure) -> Model {
  if let name { return try openModel(name, asked: asked) }
  return try openModel("faces-yunet", "mtcnn", asked: asked)
}

private func programFolder() -> String? {
  guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(resolved) }
  let path = pathText(resolved)
  return path.lastIndex(of: "/").map { String(path[..<$0]) }
}
