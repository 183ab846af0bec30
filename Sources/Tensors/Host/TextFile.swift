/// Lists, tables and the like are short; a larger file is something else.
private let maxTextBytes = 1 << 28

/// The bytes of a text file.
/// - Throws: `.io` if it cannot be read, `.badData` if it exceeds the maximum size of texts.
package func readText(_ path: String) throws(Failure) -> Storage<UInt8> {
  try readFile(path, limit: maxTextBytes)
}

/// Reads a text file and passes its bytes to `parse`.
/// - Throws: `.io` if it cannot be read, `.badData` if it exceeds `limit`, and the errors of `parse`.
package func readText<Result>(
  _ path: String, limit: Int? = nil, _ parse: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
) throws(Failure) -> Result {
  let file = try readFile(path, limit: limit ?? maxTextBytes)
  return try file.withBuffer { bytes throws(Failure) in try parse(UnsafeBufferPointer(bytes)) }
}
