#if hasFeature(Embedded)
  import CSystem

  /// The linker puts it in the place of arc4random_buf; CSystem/runtime.h has the reason.
  @c(facestyle_random_bytes)
  public func randomBytes(_ bytes: UnsafeMutableRawPointer?, _ count: Int) {
    systemRandomBytes(bytes, count)
  }
#endif
