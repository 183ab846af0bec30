import CSystem
import Tensors

/// Encrypts embeddings for a database with a key of the host: XChaCha20-Poly1305 of libsodium, which is
/// loaded with the first key. Each embedding is bound to its photo's number, so that it cannot be moved to
/// another photo.
///
/// Sealed bytes are a random nonce (24), the encrypted numbers, and the authentication tag (16).
final class Cipher {
  static let name = "xchacha20-poly1305"
  static let keyLength = 32
  private static let nonceLength = 24, tagLength = 16
  /// Sealed in addition to the photos, to distinguish a wrong key from a damaged photo.
  private static let proofNumber = -1
  private static let provenLength = 16

  private let sodium: Sodium
  private let key: Storage<UInt8>

  /// - Throws: `.invalidArgument` for a key that is not 32 bytes long; `.io` without libsodium.
  init(key: RawSpan) throws(Failure) {
    guard key.byteCount == Cipher.keyLength else {
      throw .invalidArgument("a key of \(key.byteCount) bytes; expected \(Cipher.keyLength)")
    }
    sodium = try Sodium.loaded()
    self.key = try Storage(copying: key)
  }

  deinit { key.withBuffer { sodium.erase($0.baseAddress, $0.count) } }

  static func sealedLength(_ byteCount: Int) -> Int { nonceLength + byteCount + tagLength }

  func seal(_ plain: RawSpan, number: Int) throws(Failure) -> Storage<UInt8> {
    let sealed = try Storage<UInt8>(count: Cipher.sealedLength(plain.byteCount))
    var length: UInt64 = 0
    withPointers(sealed, key) { start, key in
      sodium.random(start, Cipher.nonceLength)
      withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) { number in
        plain.withUnsafeBytes { plain in
          _ = sodium.encrypt(
            start + Cipher.nonceLength, &length, plain.baseAddress?.assumingMemoryBound(to: UInt8.self),
            UInt64(plain.count),
            number.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(number.count), nil, start, key)
        }
      }
    }
    precondition(length == UInt64(plain.byteCount + Cipher.tagLength))  // libsodium's encryption cannot fail
    return sealed
  }

  /// - Parameter plain: room for the decrypted bytes.
  /// - Returns: whether they were sealed with this key and for this number.
  func open<Element>(_ sealed: RawSpan, number: Int, into plain: Storage<Element>) -> Bool {
    let plainLength = plain.count * MemoryLayout<Element>.stride
    guard sealed.byteCount == Cipher.sealedLength(plainLength) else { return false }
    var length: UInt64 = 0
    return sealed.withUnsafeBytes { sealed in
      guard let bytes = sealed.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return false }
      return withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) { number in
        withPointers(plain, key) { plain, key in
          sodium.decrypt(
            UnsafeMutableRawPointer(plain).assumingMemoryBound(to: UInt8.self), &length, nil,
            bytes + Cipher.nonceLength, UInt64(sealed.count - Cipher.nonceLength),
            number.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(number.count), bytes, key) == 0
        }
      }
    }
  }

  func proof() throws(Failure) -> Storage<UInt8> {
    let zeros = [UInt8](repeating: 0, count: Cipher.provenLength)
    return try seal(zeros.span.bytes, number: Cipher.proofNumber)
  }

  func proves(_ proof: RawSpan) throws(Failure) -> Bool {
    open(proof, number: Cipher.proofNumber, into: try Storage<UInt8>(count: Cipher.provenLength))
  }
}

extension OptionalLibrary {
  /// What galleries need beyond files.
  package static var ofGalleries: [OptionalLibrary] { [LibPQ.optional, Sodium.optional] }
}

/// The functions of libsodium in use.
private final class Sodium {
  typealias Bytes = UnsafePointer<UInt8>
  typealias Target = UnsafeMutablePointer<UInt8>
  typealias Length = UnsafeMutablePointer<UInt64>

  let random: @convention(c) (UnsafeMutableRawPointer?, Int) -> Void
  let erase: @convention(c) (UnsafeMutableRawPointer?, Int) -> Void
  let encrypt:
    @convention(c) (Target?, Length?, Bytes?, UInt64, Bytes?, UInt64, Bytes?, Bytes?, Bytes?) -> Int32
  let decrypt:
    @convention(c) (Target?, Length?, Target?, Bytes?, UInt64, Bytes?, UInt64, Bytes?, Bytes?) -> Int32

  private init(_ library: LoadedLibrary) throws(Failure) {
    random = try library.function("randombytes_buf")
    erase = try library.function("sodium_memzero")
    encrypt = try library.function("crypto_aead_xchacha20poly1305_ietf_encrypt")
    decrypt = try library.function("crypto_aead_xchacha20poly1305_ietf_decrypt")
    let start: @convention(c) () -> Int32 = try library.function("sodium_init")
    guard start() >= 0 else { throw .io("libsodium does not start") }
  }

  static var optional: OptionalLibrary {
    OptionalLibrary(
      "libsodium", neededBy: "a key for a gallery",
      files: ["libsodium.so.23", "libsodium.so.26", "libsodium.so"], debianPackage: "libsodium23"
    ) { () throws(Failure) in
      _ = try loaded()
      let version: @convention(c) () -> UnsafePointer<CChar>? =
        try Sodium.optional.load().function("sodium_version_string")
      return version().map { String(cString: $0) } ?? ""
    }
  }

  static func loaded() throws(Failure) -> Sodium { try Sodium(optional.load()) }
}
