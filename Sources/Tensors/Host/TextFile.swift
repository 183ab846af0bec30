/// Lists, tables and the like are short: a larger file is no text of ours.
private let maxTextBytes = 1 << 28

/// The bytes of a text file.
/// - Throws: `.io` when it cannot be read, `.badData` when it is larger than texts are.
package func readText(_ path: String) throws(Failure) -> Storage<UInt8> {
  try readFile(path, limit: maxTextBytes)
}

/// Reads a text file and hands its bytes to `parse`.
/// - Throws: `.io` when it cannot be read, `.badData` when it is larger than `limit`; what `parse` throws.
package func readText<Result>(
  _ path: String, limit: Int? = nil, _ parse: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
) throws(Failure) -> Result {
  let file = try readFile(path, limit: limit ?? maxTextBytes)
  return try file.withBuffer { bytes throws(Failure) in try parse(UnsafeBufferPointer(bytes)) }
}
