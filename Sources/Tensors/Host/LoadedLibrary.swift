import CSystem

/// A shared library that is loaded on first use, so that hosts can do without it. It stays loaded.
package struct LoadedLibrary {
  private let handle: UnsafeMutableRawPointer

  /// Loads the first of these files that exists; nil if none does.
  package init?(_ names: [String]) {
    for name in names {
      guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
      self.handle = handle
      return
    }
    return nil
  }

  /// - Returns: a function, as the C type that the library's header declares. Nothing checks the type.
  package func function<Function>(_ name: String) throws(Failure) -> Function {
    guard let address = dlsym(handle, name) else {
      throw .io("a library without \(name); expected a later version of it")
    }
    return unsafeBitCast(address, to: Function.self)
  }
}

/// A library that hosts do without who do without what needs it.
package struct OptionalLibrary: Sendable {
  /// "libwebp"
  package let name: StaticString
  /// What needs it: "WebP".
  package let neededBy: StaticString
  /// What to install on Debian.
  package let debianPackage: StaticString
  /// Its files, the preferred one first.
  private let files: [String]
  /// Loads it, with all that is used of it. "" if it does not say.
  package let version: @Sendable () throws(Failure) -> String

  package init(
    _ name: StaticString, neededBy: StaticString, files: [String], debianPackage: StaticString,
    version: @escaping @Sendable () throws(Failure) -> String
  ) {
    (self.name, self.neededBy, self.files) = (name, neededBy, files)
    (self.debianPackage, self.version) = (debianPackage, version)
  }

  /// - Throws: `.io` if none of its files can be loaded, naming the package.
  package func load() throws(Failure) -> LoadedLibrary {
    guard let library = LoadedLibrary(files) else { throw missing() }
    return library
  }

  /// - Parameter reason: the system's, where it is worth knowing.
  func missing(_ reason: String = "") -> Failure {
    let files = files.joined(separator: " or "), reason = reason.isEmpty ? "" : " (\(reason))"
    return .io("\(neededBy) needs \(files), which cannot be loaded\(reason); install \(debianPackage)")
  }
}
