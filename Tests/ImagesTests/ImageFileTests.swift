import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite(.serialized) struct ImageFileTests {
  /// A new folder, removed afterwards.
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "/facestyle-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func `writes by the ending and reads again`() throws {
    try inFolder { folder in
      let image = try Image.slope()
      for name in ["a.png", "b.jpg", "c.JPEG", "d.PNG", "grüße 😀.png"] {
        try image.write(folder + "/" + name)
        #expect(largestDifference(try Image.open(folder + "/" + name).values, image.values) <= 5)
      }
      #expect(try names(folder).count == 5)
      // In the place of another.
      try image.resized(width: 3, height: 2, filter: .area).write(folder + "/a.png")
      #expect(try Image.open(folder + "/a.png").width == 3)
      #expect(try names(folder).count == 5)
      #expect(outcome { try image.write(folder + "/a.gif") }.hasPrefix("invalidArgument: \(folder)/a.gif"))
      #expect(outcome { try image.write("png") }.hasPrefix("invalidArgument"))
    }
  }

  @Test func `keeps a link and the permissions of the file behind it`() throws {
    try inFolder { folder in
      let image = try Image.slope()
      try image.write(folder + "/real.png")
      #expect(chmod(folder + "/real.png", 0o640) == 0)
      #expect(symlink("real.png", folder + "/link.png") == 0)
      try image.resized(width: 4, height: 4, filter: .area).write(folder + "/link.png")
      #expect(try Image.open(folder + "/real.png").width == 4)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link.png") == "real.png")
      var info = stat()
      #expect(stat(folder + "/real.png", &info) == 0 && info.st_mode & 0o777 == 0o640)
      #expect(try names(folder) == ["link.png", "real.png"])
    }
  }

  @Test func `says why a file cannot be read`() throws {
    try inFolder { folder in
      #expect(
        outcome { _ = try Image.open(folder + "/no.png") }
          == "io: \(folder)/no.png: No such file or directory")
      #expect(outcome { _ = try Image.open(folder) } == "io: \(folder): a folder; expected a file")
      #expect(outcome { _ = try Image.open("") } == "io: : No such file or directory")
      #expect(
        outcome { _ = try Image.open("/dev/zero") } == "io: /dev/zero: a pipe or a device; expected a file")
      #expect(mkfifo(folder + "/pipe.png", 0o600) == 0)
      #expect(outcome { _ = try Image.open(folder + "/pipe.png") }.hasPrefix("io"))
      try Data().write(to: URL(fileURLWithPath: folder + "/empty.png"))
      #expect(
        outcome { _ = try Image.open(folder + "/empty.png") }.hasPrefix(
          "badData: \(folder)/empty.png: picture of 0"))
      try Data(count: 101).write(to: URL(fileURLWithPath: folder + "/long"))
      #expect(outcome { _ = try readFile(folder + "/long", limit: 100) }.hasPrefix("badData"))
      #expect(try readFile(folder + "/long", limit: 101).count == 101)
    }
  }

  @Test func `says why a file cannot be written and leaves nothing behind`() throws {
    try inFolder { folder in
      let image = try Image.slope()
      #expect(
        outcome { try image.write(folder + "/no/a.png") }
          == "io: \(folder)/no/a.png: No such file or directory")
      try FileManager.default.createDirectory(atPath: folder + "/b.png", withIntermediateDirectories: true)
      #expect(
        outcome { try image.write(folder + "/b.png") } == "io: \(folder)/b.png: a folder; expected a file")
      #expect(try names(folder) == ["b.png"])
      let long = String(repeating: "x", count: 300) + ".png"
      #expect(outcome { try image.write(folder + "/" + long) }.contains("name too long"))
      #expect(try names(folder) == ["b.png"])
      // The administrator may write anywhere, hence /proc, where nobody creates a file.
      #expect(outcome { try image.write("/proc/a.png") }.hasPrefix("io: /proc/a.png: "))
    }
  }

  @Test func `a full disk is reported and the file before stays`() throws {
    try inFolder { folder in
      try Image.slope().write(folder + "/a.png")
      // The limit counts for the whole process; 4 MiB leave the tests' own output alone.
      let large = [UInt8](repeating: 1, count: 8 << 20)
      var before = rlimit()
      #expect(getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before) == 0)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 4 << 20, rlim_max: before.rlim_max)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      let text = outcome { try large.withUnsafeBytes { try writeFile(folder + "/a.png", $0) } }
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before) == 0)
      #expect(text.hasPrefix("io: \(folder)/a.png: File too large"))
      #expect(try names(folder) == ["a.png"])
      #expect(try Image.open(folder + "/a.png").width == 13)
    }
  }
}
