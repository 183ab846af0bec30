import Glibc

/// Where models are looked for: what was asked for, the environment's folder, a source checkout's, the
/// installed one.
func openModel(_ name: String, _ asked: String?) throws(Failure) -> Model {
  if let asked { return try Model(opening: asked) }
  var folders: [String] = []
  if let named = getenv("FACESTYLE_MODELS"), named.pointee != 0 { folders.append(String(cString: named)) }
  folders.append("build/models")
  if let program = programFolder() { folders.append("\(program)/../share/facestyle/models") }
  for folder in folders {
    let path = "\(folder)/\(name).safetensors"
    if access(path, R_OK) == 0 { return try Model(opening: path) }
  }
  throw Failure(
    "no model \(name).safetensors in \(folders.joined(separator: ", ")): run `make models` or name the file")
}

/// The folder of this program's file.
private func programFolder() -> String? {
  guard let resolved = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(resolved) }
  let path = String(cString: resolved)
  return path.lastIndex(of: "/").map { String(path[..<$0]) }
}
