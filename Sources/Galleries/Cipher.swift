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
  static let proofLength = sealedLength(provenLength)

  private let sodium: Sodium
  private let key: Storage<UInt8>

  /// - Throws: `.invalidArgument` for a key that is not 32 bytes long; `.io` without libsodium.
  init(key: UnsafeRawBufferPointer) throws(Failure) {
    guard key.count == Cipher.keyLength, let start = key.baseAddress else {
      throw .invalidArgument("a key of \(key.count) bytes; expected \(Cipher.keyLength)")
    }
    sodium = try Sodium.loaded()
    self.key = try Storage(
      copying: UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: key.count))
  }

  deinit { key.withBuffer { sodium.erase($0.baseAddress, $0.count) } }

  static func sealedLength(_ byteCount: Int) -> Int { nonceLength + byteCount + tagLength }

  func seal(_ plain: UnsafeRawBufferPointer, number: Int) -> [UInt8] {
    var sealed = [UInt8](repeating: 0, count: Cipher.sealedLength(plain.count))
    let length = sealed.withUnsafeMutableBufferPointer { sealed -> UInt64 in
      guard let start = sealed.baseAddress else { return 0 }
      var length: UInt64 = 0
      sodium.random(start, Cipher.nonceLength)
      withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) { number in
        key.withPointer { key in
          _ = sodium.encrypt(
            start + Cipher.nonceLength, &length, plain.baseAddress?.assumingMemoryBound(to: UInt8.self),
            UInt64(plain.count),
            number.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(number.count), nil, start, key)
        }
      }
      return length
    }
    precondition(length == UInt64(plain.count + Cipher.tagLength))  // libsodium's encryption cannot fail
    return sealed
  }

  /// - Parameter plain: room for the decrypted bytes.
  /// - Returns: whether they were sealed with this key and for this number.
  func open(_ sealed: UnsafeRawBufferPointer, number: Int, into plain: UnsafeMutableRawBufferPointer) -> Bool
  {
    guard sealed.count == Cipher.sealedLength(plain.count), let start = sealed.baseAddress else {
      return false
    }
    let bytes = start.assumingMemoryBound(to: UInt8.self)
    var length: UInt64 = 0
    return withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) { number in
      key.withPointer { key in
        sodium.decrypt(
          plain.baseAddress?.assumingMemoryBound(to: UInt8.self), &length, nil, bytes + Cipher.nonceLength,
          UInt64(sealed.count - Cipher.nonceLength), number.baseAddress?.assumingMemoryBound(to: UInt8.self),
          UInt64(number.count), bytes, key) == 0
      }
    }
  }

  func proof() -> [UInt8] {
    [UInt8](repeating: 0, count: Cipher.provenLength).withUnsafeBytes { seal($0, number: Cipher.proofNumber) }
  }

  func proves(_ proof: UnsafeRawBufferPointer) -> Bool {
    var plain = [UInt8](repeating: 0, count: Cipher.provenLength)
    return plain.withUnsafeMutableBytes { open(proof, number: Cipher.proofNumber, into: $0) }
  }
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

  static func loaded() throws(Failure) -> Sodium {
    guard let library = LoadedLibrary(["libsodium.so.23", "libsodium.so.26", "libsodium.so"]) else {
      throw .io("a key for a gallery needs libsodium (Debian: libsodium23), which is not to be loaded here")
    }
    return try Sodium(library)
  }
}
