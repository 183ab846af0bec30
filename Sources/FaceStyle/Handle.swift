import CFaceStyle
import CSystem
import Tensors

/// An object that a C caller holds by a pointer.
protocol HandleKind: AnyObject {
  /// The C type's name: "fs_image".
  static var kind: StaticString { get }
}

/// The objects that callers hold. A pointer is followed only if it is listed here under its type, so a handle that
/// was destroyed, or one of another type, is an error and not a crash.
enum Handle {
  /// What the pointer leads to: one for each handle, so that two handles may share an object.
  private final class Box {
    let kind: UnsafePointer<UInt8>
    let object: AnyObject

    init(_ kind: UnsafePointer<UInt8>, _ object: AnyObject) {
      self.kind = kind
      self.object = object
    }
  }

  nonisolated(unsafe) private static var boxes: [UInt: Box] = [:]
  private static let lock: Lock = {
    let lock = Lock()
    lock.surviveFork()
    return lock
  }()

  /// The caller's pointer to a new object; it keeps the object alive until `destroy`.
  static func make<Object: HandleKind>(_ object: Object) -> OpaquePointer {
    let box = Box(Object.kind.utf8Start, object)
    let pointer = Unmanaged.passUnretained(box).toOpaque()
    lock.hold { boxes[UInt(bitPattern: pointer)] = box }
    return OpaquePointer(pointer)
  }

  /// The object behind a pointer; held for the length of the caller's use even if another thread destroys the handle.
  static func object<Object: HandleKind>(
    _ pointer: OpaquePointer?, _ type: Object.Type, _ name: StaticString
  ) throws(Failure) -> Object {
    guard let pointer else { throw .invalidArgument("\(name) is NULL, wanted a \(Object.kind)") }
    guard let object = find(pointer, type) else {
      throw .invalidArgument("\(name) is no live \(Object.kind): it was destroyed, or is something else")
    }
    return object
  }

  /// The same for functions that cannot fail.
  static func find<Object: HandleKind>(_ pointer: OpaquePointer?, _ type: Object.Type) -> Object? {
    guard let pointer else { return nil }
    let found: AnyObject? = lock.hold {
      guard let box = boxes[UInt(bitPattern: pointer)], box.kind == Object.kind.utf8Start else { return nil }
      return box.object
    }
    // The kind is the type's own: the cast is checked by it.
    return found.map { unsafeDowncast($0, to: Object.self) }
  }

  /// Ends the caller's hold. NULL and what is no live handle of this type are ignored.
  static func destroy<Object: HandleKind>(_ pointer: OpaquePointer?, _ type: Object.Type) {
    guard let pointer else { return }
    withStandardFloats {
      // The object itself goes after the lock is released: its end may take a while.
      var box: Box? = lock.hold {
        guard boxes[UInt(bitPattern: pointer)]?.kind == Object.kind.utf8Start else { return nil }
        return boxes.removeValue(forKey: UInt(bitPattern: pointer))
      }
      withExtendedLifetime(box) {}
      box = nil
    }
  }

  static var count: Int { lock.hold { boxes.count } }
}

@c @implementation
public func fs_debug_live_handles() -> Int { Handle.count }
