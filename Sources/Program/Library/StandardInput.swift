import CFaceStyle
import Glibc

/// A photo's path that means the standard input.
let standardInput = "-"

/// All of it, once.
func readStandardInput() throws(Failure) -> [UInt8] {
  var bytes: [UInt8] = [], part = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(STDIN_FILENO, &part, part.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw Failure("standard input: \(String(cString: strerror(errno)))", FS_IO) }
    guard count > 0 else { break }
    bytes += part[..<count]
    // No picture of the largest size is longer.
    guard bytes.count <= Int(FS_IMAGE_MAX_PIXELS) * 8 else {
      throw Failure("standard input: more than \(bytes.count >> 20) MB; expected a picture", FS_BAD_DATA)
    }
  }
  guard !bytes.isEmpty else { throw Failure("standard input: empty; expected a picture", FS_BAD_DATA) }
  return bytes
}
