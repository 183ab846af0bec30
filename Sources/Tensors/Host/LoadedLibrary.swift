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
