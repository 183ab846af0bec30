import CSystem

/// A text for callers in C, in the system's form of paths, valid as long as this object.
package final class CText: @unchecked Sendable {
  package let pointer: UnsafePointer<CChar>

  package init(_ text: String) {
    let copy: UnsafeMutablePointer<CChar> = withPath(text) { text in
      let count = strlen(text) + 1
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: count)
      copy.initialize(from: text, count: count)
      return copy
    }
    pointer = UnsafePointer(copy)
  }

  deinit { pointer.deallocate() }

  package var text: String { pathText(pointer) }
}
