import CSystem
import Glibc
import TestSupport
import Tensors
import Testing

/// A folder that is gone after the test.
private func withFolder(_ body: (String) throws -> Void) throws {
  var name = Array("/tmp/facestyle-test-XXXXXX".utf8CString)
  try #require(mkdtemp(&name) != nil)
  let folder = name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  defer {
    for entry in entries(folder) { unlink(folder + "/" + entry) }
    rmdir(folder)
  }
  try body(folder)
}

private func entries(_ folder: String) -> [String] {
  guard let listing = opendir(folder) else { return [] }
  defer { closedir(listing) }
  var names: [String] = []
  while let entry = readdir(listing) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

private func write(_ bytes: [UInt8], to path: String) throws {
  try bytes.withUnsafeBytes { try writeFile(path, $0) }
}
private func contents(_ path: String, limit: Int = 1 << 20) throws -> [UInt8] {
  try readFile(path, limit: limit).values
}

@Suite struct FileAccessTests {
  @Test(arguments: [0, 1, 4096, 100_001])
  func `reads what it wrote`(count: Int) throws {
    try withFolder { folder in
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 31) }
      try write(bytes, to: folder + "/file")
      #expect(try contents(folder + "/file") == bytes)
      #expect(entries(folder) == ["file"])
    }
  }

  @Test func `reads a file piece by piece, and says how long all of it is`() throws {
    try withFolder { folder in
      try write([1, 2, 3, 4, 5], to: folder + "/file")
      let file = try OpenFile(folder + "/file")
      #expect(file.size == 5)
      for piece in [[], [1, 2], [3], [4, 5], []] as [[UInt8]] {
        #expect(try file.next(piece.count).values == piece)
      }
      #expect(
        outcome { _ = try file.next(1) }
          == "io: \(folder)/file: shrank to 5 bytes while being read; expected 6")
      #expect(
        outcome { _ = try OpenFile(folder + "/file", limit: 4) }
          == "badData: \(folder)/file: 5 bytes; expected at most 4")
    }
    #expect(outcome { _ = try OpenFile("/tmp") } == "io: /tmp: a folder; expected a file")
  }

  @Test func `gives the system's reason for a missing file`() {
    #expect(
      outcome { try readFile("/nowhere/file", limit: 10) } == "io: /nowhere/file: No such file or directory")
    #expect(outcome { try readFile("", limit: 10) } == "io: : No such file or directory")
  }

  @Test func `refuses a folder, a pipe and a device`() throws {
    #expect(outcome { try readFile("/tmp", limit: 10) } == "io: /tmp: a folder; expected a file")
    #expect(
      outcome { try readFile("/dev/null", limit: 10) } == "io: /dev/null: a pipe or a device; expected a file"
    )
    #expect(outcome { try write([1], to: "/tmp") } == "io: /tmp: a folder; expected a file")
    #expect(
      outcome { try write([1], to: "/dev/null") } == "io: /dev/null: a pipe or a device; expected a file")
    try withFolder { folder in
      let pipe = folder + "/pipe"
      try #require(mkfifo(pipe, 0o600) == 0)
      // Opening it would wait for a writer for ever.
      #expect(outcome { try readFile(pipe, limit: 10) } == "io: \(pipe): a pipe or a device; expected a file")
    }
  }

  @Test func `reads up to the limit and not a byte more`() throws {
    try withFolder { folder in
      try write([1, 2, 3], to: folder + "/file")
      #expect(try contents(folder + "/file", limit: 3) == [1, 2, 3])
      #expect(
        outcome { try contents(folder + "/file", limit: 2) }
          == "badData: \(folder)/file: 3 bytes; expected at most 2")
    }
  }

  @Test func `leaves nothing behind where it cannot write`() throws {
    #expect(outcome { try write([1], to: "/nowhere/file") } == "io: /nowhere/file: No such file or directory")
    #expect(outcome { try write([1], to: "") }.hasPrefix("io: "))
    #expect(outcome { try write([1], to: "/proc/file") }.hasPrefix("io: /proc/file: "))
    try withFolder { folder in
      try write([1], to: folder + "/file")
      let under = folder + "/file/below"
      #expect(outcome { try write([1], to: under) } == "io: \(under): Not a directory")
      // A name that the file system refuses only once the bytes are on the disk.
      let long = folder + "/" + String(repeating: "x", count: 300)
      #expect(outcome { try write([1], to: long) } == "io: \(long): File name too long")
      #expect(entries(folder) == ["file"])
    }
  }

  @Test func `needs no permission that the file's folder denies`() throws {
    // The administrator may write anywhere.
    guard geteuid() != 0 else { return }
    try withFolder { folder in
      chmod(folder, 0o500)
      defer { chmod(folder, 0o700) }
      #expect(outcome { try write([1], to: folder + "/file") } == "io: \(folder)/file: Permission denied")
    }
  }

  @Test func `a reader sees the old file or the new one, whole`() throws {
    try withFolder { folder in
      let path = folder + "/file", size = 200_000
      try write([UInt8](repeating: 0, count: size), to: path)
      let torn = try Storage<Int>(repeating: 0, count: 2)
      onThreads(2) { role in
        for round in 1...25 {
          if role == 0 {
            if (try? write([UInt8](repeating: UInt8(round), count: size), to: path)) == nil {
              torn.pointer[0] += 1
            }
          } else {
            let seen = (try? contents(path)) ?? []
            if seen.count != size || seen.contains(where: { $0 != seen[0] }) { torn.pointer[1] += 1 }
          }
        }
      }
      #expect(torn.values == [0, 0])
      #expect(entries(folder) == ["file"])
    }
  }

  @Test func `keeps the permissions of the file that it replaces`() throws {
    try withFolder { folder in
      let path = folder + "/file"
      try write([1], to: path)
      chmod(path, 0o640)
      try write([2], to: path)
      var info = stat()
      #expect(stat(path, &info) == 0 && info.st_mode & 0o777 == 0o640)
      #expect(try contents(path) == [2])
    }
  }

  @Test func `a link keeps pointing to its file`() throws {
    try withFolder { folder in
      try write([1], to: folder + "/file")
      try #require(symlink("file", folder + "/link") == 0)
      try write([2], to: folder + "/link")
      var info = stat()
      #expect(lstat(folder + "/link", &info) == 0 && info.st_mode & 0o170000 == 0o120000)
      #expect(try contents(folder + "/file") == [2])
      #expect(entries(folder) == ["file", "link"])
    }
  }
}
