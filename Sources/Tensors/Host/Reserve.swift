import CReserve
import CSystem

// The linker sends the calls of malloc and its like in this library, the Swift runtime's included, to these
// functions; CReserve/reserve.h has the reason. They allocate nothing themselves.

@c(__wrap_malloc)
public func reserveMalloc(_ size: Int) -> UnsafeMutableRawPointer? { systemMalloc(size) }

@c(__wrap_calloc)
public func reserveCalloc(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer? { systemCalloc(count, size) }

@c(__wrap_realloc)
public func reserveRealloc(_ block: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
  systemRealloc(block, size)
}

@c(__wrap_posix_memalign)
public func reserveAlign(
  _ out: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ alignment: Int, _ size: Int
) -> Int32 {
  systemAlign(out, alignment, size)
}

@c(__wrap_aligned_alloc)
public func reserveAlignedBlock(_ alignment: Int, _ size: Int) -> UnsafeMutableRawPointer? {
  systemAlignedBlock(alignment, size)
}

@c(__wrap_strdup)
public func reserveCopy(_ text: UnsafePointer<CChar>) -> UnsafeMutablePointer<CChar>? { systemCopy(text) }

@c(__wrap_free)
public func reserveFree(_ block: UnsafeMutableRawPointer?) { systemFree(block) }

@c(__wrap_malloc_usable_size)
public func reserveBlockSize(_ block: UnsafeMutableRawPointer?) -> Int { systemBlockSize(block) }
