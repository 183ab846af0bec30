import CSystem

/// A shared library that is loaded when it is first needed, so that hosts can do without it. It stays loaded.
package struct LoadedLibrary {
  private let handle: UnsafeMutableRawPointer

  /// The first of these files that exists; nil if none does.
  package init?(_ names: [String]) {
    for name in names {
      guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
      self.handle = handle
      return
    }
    return nil
  }

  /// - Returns: a function of the C type that the library's header gives it, which nothing checks here.
  package func function<Function>(_ name: String) throws(Failure) -> Function {
    guard let address = dlsym(handle, name) else {
      throw .io("a library without \(name); expected a later version of it")
    }
    return unsafeBitCast(address, to: Function.self)
  }
}
