import CFaceStyle
import CSystem
import Tensors

/// An object that a C caller holds by a pointer.
protocol HandleKind: AnyObject {
  /// The C type's name: "fs_image".
  static var kind: StaticString { get }
}

/// The objects that callers hold. A handle is a number that is given once and never again, in the place of a
/// pointer: one that was destroyed, or one of another type, is an error, never a crash and never another
/// object.
enum Handle {
  /// What a number leads to: one for each handle, so that two handles may share an object.
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

  /// No memory lies there: bit 63 without bit 62 is no address of x86-64, and bit 55 none of a program's on
  /// AArch64, which may leave the bits above it out.
  private static let base: UInt = 1 << 63 | 1 << 55
  /// Handles look aligned, as addresses do. 2^51 of them fit below the base's bit 55: for 70 years a million
  /// a second.
  private static let step: UInt = 16

  /// The caller's handle of a new object; it keeps the object alive until `destroy`.
  static func make<Object: HandleKind>(_ object: Object) -> OpaquePointer? {
    let number: UInt = lock.hold {
      given += 1
      let number = base + given * step
      entries[number] = Entry(kind: Object.kind.utf8Start, object: object)
      return number
    }
    return OpaquePointer(bitPattern: number)
  }

  /// The object behind a pointer; held for the length of the caller's use even if another thread destroys the
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
    // The kind is the type's own: the cast is checked by it.
    return found.map { unsafeDowncast($0, to: Object.self) }
  }

  /// Ends the caller's hold. NULL and what is no live handle of this type are ignored.
  static func destroy<Object: HandleKind>(_ pointer: OpaquePointer?, _ type: Object.Type) {
    guard let pointer else { return }
    withStandardFloats {
      // The object itself goes after the lock is released: its end may take a while.
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
