import CFaceStyle
import CSystem
import Tensors

/// An object that a C caller holds by a pointer.
protocol HandleKind: AnyObject {
  /// The C type's name: "fs_image".
  static var kind: StaticString { get }
}

/// The objects that callers hold. A handle is a number, never reused, in the form of a pointer: a destroyed
/// handle, or one of another type, is an error, never a crash and never another object.
enum Handle {
  /// The target of a number; one per handle, so that two handles may share an object.
  private struct Entry {
    let kind: UnsafePointer<UInt8>
    let object: AnyObject
  }

  nonisolated(unsafe) private static var entries: [UInt: Entry] = [:]
  nonisolated(unsafe) private static var given: UInt = 0
  private static let lock: Lock = {
    let lock = Lock()
    lock.surviveFork()
    return lock
  }()

  /// Not an address of memory: bit 63 without bit 62 is not canonical on x86-64, and bit 55 is not used by
  /// programs on AArch64, which may ignore the bits above it.
  private static let base: UInt = 1 << 63 | 1 << 55
  /// Handles are aligned like addresses. 2^51 of them fit below the base's bit 55: enough for 70 years at a
  /// million per second.
  private static let step: UInt = 16

  /// Creates the caller's handle of an object; it keeps the object alive until `destroy`.
  static func make<Object: HandleKind>(_ object: Object) -> OpaquePointer? {
    let number: UInt = lock.hold {
      given += 1
      let number = base + given * step
      entries[number] = Entry(kind: Object.kind.utf8Start, object: object)
      return number
    }
    return OpaquePointer(bitPattern: number)
  }

  /// The object behind a handle, retained while the caller uses it, even if another thread destroys the
  /// handle.
  static func object<Object: HandleKind>(
    _ pointer: OpaquePointer?, _ type: Object.Type, _ name: StaticString
  ) throws(Failure) -> Object {
    guard let pointer else { throw .invalidArgument("\(name) is NULL; expected a \(Object.kind)") }
    guard let object = find(pointer, type) else {
      throw .invalidArgument("\(name) is no live \(Object.kind): it was destroyed, or is something else")
    }
    return object
  }

  /// The same for functions that cannot fail.
  static func find<Object: HandleKind>(_ pointer: OpaquePointer?, _ type: Object.Type) -> Object? {
    guard let pointer else { return nil }
    let found: AnyObject? = lock.hold {
      guard let entry = entries[UInt(bitPattern: pointer)], entry.kind == Object.kind.utf8Start else {
        return nil
      }
      return entry.object
    }
    // The kind identifies the type, so it checks the cast.
    return found.map { unsafeDowncast($0, to: Object.self) }
  }

  /// Releases the caller's handle. NULL and anything but a live handle of this type are ignored.
  static func destroy<Object: HandleKind>(_ pointer: OpaquePointer?, _ type: Object.Type) {
    guard let pointer else { return }
    withStandardFloats {
      // Releases the object after the lock: its deinitialiser may take a while.
      let entry: Entry? = lock.hold {
        guard entries[UInt(bitPattern: pointer)]?.kind == Object.kind.utf8Start else { return nil }
        return entries.removeValue(forKey: UInt(bitPattern: pointer))
      }
      _ = consume entry
    }
  }

  static var count: Int { lock.hold { entries.count } }
}

@c @implementation
public func fs_debug_live_handles() -> Int { Handle.count }
