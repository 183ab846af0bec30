import Tensors

/// "postgresql://user:password@host:port/database?option=value", as libpq reads it.
///
/// A mistyped password may be parsed as another part, which error messages would repeat. So anything that
/// could hide one is rejected before libpq sees it, without repeating it.
struct PostgreSQLAddress {
  private static let schemes = ["postgresql://", "postgres://"]

  let text: String
  /// Without user, password and options.
  let name: String
  let holdsPassword: Bool

  static func isOne(_ text: String) -> Bool { schemes.contains { text.hasPrefix($0) } }

  /// - Throws: `.invalidArgument` for an invalid address.
  init(_ text: String) throws(Failure) {
    let scheme = PostgreSQLAddress.schemes.first { text.hasPrefix($0) } ?? ""
    let bytes = Array(text.utf8.dropFirst(scheme.utf8.count))
    guard pathBytes(text).elementsEqual(text.utf8) else {
      throw .invalidArgument("\(scheme)...: an address that is not UTF-8")
    }
    let authority = bytes.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    let parts = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count <= 2, !bytes[authority.count...].contains(UInt8(ascii: "@")) else {
      throw .invalidArgument(
        "\(scheme)...: an @ or a / in a user, a password or an option is to be written %40, %2F")
    }
    let user = parts.count == 2 ? parts[0] : [], hosts = parts[parts.count - 1]
    for host in hosts.split(separator: UInt8(ascii: ",")) {
      let afterBrackets = host.lastIndex(of: UInt8(ascii: "]")).map { host[$0...] } ?? host
      guard let colon = afterBrackets.lastIndex(of: UInt8(ascii: ":")) else { continue }
      guard host[(colon + 1)...].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
        throw .invalidArgument("\(scheme)...: what follows the host's : is no port number")
      }
    }
    let database = bytes[authority.count...].prefix { $0 != UInt8(ascii: "?") }
    let options = bytes[(authority.count + database.count)...].split {
      $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "&")
    }
    self.text = text
    name = scheme + String(decoding: hosts + database, as: UTF8.self)
    holdsPassword = user.contains(UInt8(ascii: ":")) || options.contains { $0.starts(with: "password=".utf8) }
  }
}
