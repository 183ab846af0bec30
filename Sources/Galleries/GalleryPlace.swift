import Tensors

/// Where a gallery is kept: the one place that knows which kinds of database there are, and how a caller's
/// text names one.
enum GalleryPlace {
  /// A file of SQLite's.
  case file(String)
  /// A server of PostgreSQL's.
  case server(PostgreSQLAddress)

  /// - Parameter text: a path, or an address: "postgresql://...".
  /// - Throws: `.invalidArgument` for an address that is none.
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
