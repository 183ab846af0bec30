#if hasFeature(Embedded)
  import CSystem

  /// The linker puts it in the place of swift_deallocPartialClassInstance; CSystem/runtime.h has the reason.
  @c(facestyle_free_unfinished)
  public func freeUnfinished(
    _ object: UnsafeMutableRawPointer?, _ initialising: UnsafeRawPointer?, _ size: Int, _ alignmentMask: Int
  ) {
    systemFreeUnfinished(object, initialising, size, alignmentMask)
  }
#endif
