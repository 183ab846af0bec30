import Tensors

extension LoadedLibrary {
  /// The library that reads a format: not needed by hosts that have no such pictures.
  /// - Parameters:
  ///   - names: its files, the preferred one first.
  ///   - package: what to install on Debian.
  /// - Throws: `.io` if it is not installed, naming the package.
  static func ofFormat(
    _ format: StaticString, _ names: [String], package: StaticString
  ) throws(Failure) -> LoadedLibrary {
    guard let library = LoadedLibrary(names) else {
      throw .io(
        "\(format) needs \(names.joined(separator: " or ")), which cannot be loaded; install \(package)")
    }
    return library
  }
}
