import Tensors

/// Where a gallery is stored. The only type that knows the kinds of databases, and how a caller's text names
/// one.
enum GalleryPlace {
  /// An SQLite file.
  case file(String)
  /// A PostgreSQL server.
  case server(PostgreSQLAddress)

  /// - Parameter text: a path, or an address: "postgresql://...".
  /// - Throws: `.invalidArgument` for an invalid address.
  init(_ text: String) throws(Failure) {
    self = PostgreSQLAddress.isOne(text) ? .server(try PostgreSQLAddress(text)) : .file(text)
  }

  func database(_ access: SharedGallery.Access) throws(Failure) -> any Database {
    switch self {
    case .file(let path): return try SQLiteDatabase(path: path, access)
    case .server(let address): return try PostgreSQLDatabase(address, mayWrite: access != .read)
    }
  }
}
