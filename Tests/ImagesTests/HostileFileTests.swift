import Images
import TestSupport
import Testing

/// Files made to do harm: either a picture or a reason comes out.
struct HostileFileTests {
  static func samples(_ format: FileFormat) throws -> [UInt8] {
    try Image.pattern(width: 61, height: 47).file(format)
  }

  @Test(arguments: FileFormat.written)
  func `refuses a truncated file, wherever it ends`(format: FileFormat) throws {
    let file = try Self.samples(format)
    for count in (0..<16).map({ file.count * $0 / 16 }) + [file.count - 1, file.count - 2, file.count - 9] {
      let text = outcome { _ = try Image.decode(Array(file[..<count])) }
      #expect(text.hasPrefix("badData"), "\(count) of \(file.count) bytes")
      #expect(!text.contains("\n"))
    }
  }

  @Test(arguments: FileFormat.written, [1, 4])
  func `survives changed bytes`(format: FileFormat, changes: Int) throws {
    let seed: UInt64 = 2024
    var random = Seeded(state: seed)
    let file = try withExif(Self.samples(format), format == .jpeg)
    var pictures = 0
    for _ in 0..<500 {
      var broken = file
      for _ in 0..<changes {
        // Half of the changes hit the head, where the sizes are.
        let end = Bool.random(using: &random) ? broken.count : min(broken.count, 700)
        broken[Int.random(in: 0..<end, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let text = outcome {
        let image = try Image.decode(broken)
        #expect(image.pixels.count == 3 * image.width * image.height)
        pictures += 1
      }
      #expect(text.isEmpty || text.hasPrefix("badData"), "seed \(seed): \(text)")
      #expect(!text.contains("\n"))
    }
    print("\(format), \(changes) changes: \(pictures) of 500 still pictures")
  }

  private func withExif(_ file: [UInt8], _ isJPEG: Bool) -> [UInt8] {
    isJPEG ? ImagesTests.withExif(file, exifBlock(6, littleEndian: false)) : file
  }

  @Test func `refuses a PNG with a wrong check sum`() throws {
    var file = try Self.samples(.png)
    file[file.count - 14] ^= 1  // in the check sum of the last IDAT
    #expect(outcome { _ = try Image.decode(file) }.contains("wrong check sum"))
  }

  /// The PNG with the sum of the chunk at `place` put right.
  private func repaired(_ file: [UInt8], chunkAt place: Int, length: Int) -> [UInt8] {
    var file = file
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in file[(place + 4)..<(place + 8 + length)] {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 0 ? 0 : 0xEDB8_8320) }
    }
    sum = ~sum
    for index in 0..<4 { file[place + 8 + length + index] = UInt8(sum >> (24 - 8 * UInt32(index)) & 255) }
    return file
  }

  /// Without this, nearly every change ends at the check sums and libpng is never asked.
  @Test func `survives changed bytes under right check sums`() throws {
    let file = try Self.samples(.png)
    var random = Seeded(state: 99)
    var pictures = 0
    for _ in 0..<500 {
      var broken = file
      var place = 8
      while place < file.count {
        let length = file[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
        if Int.random(in: 0..<3, using: &random) == 0 {
          let hit = Int.random(in: (place + 4)..<(place + 8 + length), using: &random)
          broken[hit] = UInt8.random(in: 0...255, using: &random)
        }
        broken = repaired(broken, chunkAt: place, length: length)
        place += 12 + length
      }
      let text = outcome {
        let image = try Image.decode(broken)
        #expect(image.pixels.count == 3 * image.width * image.height)
        pictures += 1
      }
      #expect(text.isEmpty || text.hasPrefix("badData"), "\(text)")
    }
    print("png, right check sums: \(pictures) of 500 still pictures")
  }

  private func withProfile(_ png: [UInt8], _ profile: [UInt8]) -> [UInt8] {
    withChunks(png, chunk("iCCP", Array("name\0\0".utf8) + stored(profile)))
  }

  @Test func `survives changed bytes of a profile`() throws {
    let reference = try ColourReference.load()
    let (png, jpeg) = (try Self.samples(.png), try Self.samples(.jpeg))
    let ink = [UInt8](try #require(reference.files.first { $0.name == "cmyk jpeg" }).file)
    let plain = try Image.decode(png).values
    let wide = try reference.profile("wide"), inks = try reference.profile("cmyk")
    #expect(try Image.decode(withProfile(png, wide)).values != plain)
    var random = Seeded(state: 41)
    var converted = 0
    for turn in 0..<600 {
      let isInk = turn % 3 == 2
      var profile = isInk ? inks : wide
      for _ in 0..<(turn % 2 == 0 ? 1 : 5) {
        // Half of the changes hit the header and the table of tags.
        let end = Bool.random(using: &random) ? profile.count : 260
        profile[Int.random(in: 0..<end, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let image: Image
      switch turn % 3 {
      case 0: image = try Image.decode(withProfile(png, profile))
      case 1:
        image = try Image.decode(ImagesTests.withProfile(jpeg, profile, pieces: 1, numbers: [1], count: 1))
      default:
        let place = try #require((0..<ink.count).first { ink[$0...].starts(with: inks.prefix(100)) })
        image = try Image.decode(Array(ink[..<place]) + profile + ink[(place + inks.count)...])
      }
      #expect(image.pixels.count == 3 * image.width * image.height)
      if turn % 3 == 0, image.values != plain { converted += 1 }
    }
    print("changed profiles: \(converted) of 200 still convert")
  }

  @Test func `shows the picture without a profile that promises too much`() throws {
    let png = try Self.samples(.png), plain = try Image.decode(png).values
    let profile = try ColourReference.load().profile("wide")
    let clock = ContinuousClock.now
    for place in [0, 128, 136, 140, 148, 152] {  // the size, the number of tags, places and sizes of tags
      for bytes: [UInt8] in [[255, 255, 255, 255], [0x7F, 255, 255, 255], [0, 0, 0, 0], [0x20, 0, 0, 0]] {
        var broken = profile
        broken.replaceSubrange(place..<(place + 4), with: bytes)
        let image = try Image.decode(withProfile(png, broken))
        #expect(image.pixels.count == plain.count)
        if place == 0 { #expect(image.values == plain) }  // libpng holds the size against what is there
      }
    }
    for count in [0, 1, 127, 128, 131, 132, 150, profile.count - 1] {
      #expect(try Image.decode(withProfile(png, Array(profile[..<count]))).values == plain)
    }
    #expect(ContinuousClock.now - clock < .seconds(5))
  }

  @Test func `refuses a PNG that promises too much, at once`() throws {
    let file = try Self.samples(.png)
    for (size, words): ([UInt8], String) in [
      ([0, 0, 0xFF, 0xDC, 0, 0, 0xFF, 0xDC], "at most 268435456"),
      ([0, 1, 0, 0, 0, 0, 0, 1], "sides of at most 65500"),
      ([0x7F, 255, 255, 255, 0x7F, 255, 255, 255], "PNG"), ([0, 0, 0, 0, 0, 0, 0, 1], "PNG"),
      ([255, 255, 255, 255, 0, 0, 0, 1], "PNG"),
      ([0, 0, 0x40, 0, 0, 0, 0x40, 0], "PNG")  // within the limits: 16384 x 16384, but the rows are not there
    ] {
      var bomb = file
      bomb.replaceSubrange(16..<24, with: size)
      bomb = repaired(bomb, chunkAt: 8, length: 13)
      let clock = ContinuousClock.now
      let text = outcome { _ = try Image.decode(bomb) }
      #expect(text.hasPrefix("badData") && text.contains(words), "\(text)")
      #expect(ContinuousClock.now - clock < .seconds(2))
    }
  }

  @Test func `refuses a JPEG that promises too much, at once`() throws {
    let file = try Self.samples(.jpeg)
    let frame = try #require(
      (0..<file.count - 1).first { file[$0] == 0xFF && (file[$0 + 1] == 0xC0 || file[$0 + 1] == 0xC2) })
    for (size, words): ([UInt8], String) in [
      ([0xFF, 0xDC, 0xFF, 0xDC], "at most 268435456"), ([0xFF, 0xFF, 0, 1], "JPEG"), ([0, 0, 0, 1], "JPEG"),
      ([0x40, 0, 0x40, 0], "JPEG")
    ] {
      var bomb = file
      bomb.replaceSubrange((frame + 5)..<(frame + 9), with: size)
      let clock = ContinuousClock.now
      let text = outcome { _ = try Image.decode(bomb) }
      #expect(text.hasPrefix("badData") && text.contains(words), "\(text)")
      #expect(ContinuousClock.now - clock < .seconds(2))
    }
  }

  @Test func `survives changed bytes of notes`() throws {
    let png = try Self.samples(.png)
    let block = exifBlock(6, littleEndian: true)
    let packet = Array("<x tiff:Orientation=\"6\"/>".utf8)
    let notes: [(String, [UInt8])] = [
      ("cICP", [9, 16, 0, 1]), ("eXIf", block),
      ("tEXt", Array("Raw profile type exif\0".utf8) + rawProfile("exif", block)),
      ("zTXt", Array("Raw profile type APP1\0\0".utf8) + stored(rawProfile("APP1", packet))),
      ("iTXt", Array("XML:com.adobe.xmp\0\0\0en\0word\0".utf8) + packet),
      ("iTXt", Array("XML:com.adobe.xmp\0\u{1}\0\0\0".utf8) + stored(packet))
    ]
    var random = Seeded(state: 77)
    var moved = 0
    for turn in 0..<600 {
      var (name, data) = notes[turn % notes.count]
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        data[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if turn % 7 == 0 { data.removeLast(Int.random(in: 0...data.count, using: &random)) }
      if turn % 11 == 0 { name = notes[turn % 6].0 }
      let image = try Image.decode(withChunks(png, chunk(name, data), atEnd: turn % 2 == 1 && name != "cICP"))
      #expect(image.pixels.count == 3 * 61 * 47)
      if image.width != 61 || image.row(0)[0] != 0 { moved += 1 }
    }
    print("changed notes: \(moved) of 600 still count")
    #expect(moved > 100)
  }

  @Test func `survives segments of every length`() throws {
    let jpeg = try Self.samples(.jpeg)
    let plain = try Image.decode(jpeg).values
    for marker: UInt8 in [0xE1, 0xE2, 0xEE, 0xFE] {
      for length in [0, 1, 2, 3, 8, 9, 16, 17, 18] {  // the length counts its own two bytes
        let head =
          [0xFF, marker, 0, UInt8(length)] + Array("Exif\0\0ICC_PROFILE\0".utf8).prefix(max(0, length - 2))
        #expect(try Image.decode(behindFirstSegment(jpeg, head)).values == plain)
      }
      // A length beyond the end, and a marker without one, in the file's last bytes.
      for end: [UInt8] in [[0xFF, marker, 0xFF, 0xFF], [0xFF, marker, 0], [0xFF, marker], [0xFF]] {
        let cut = behindFirstSegment(jpeg, end)[..<(4 + Int(jpeg[5]) + end.count)]
        #expect(outcome { _ = try Image.decode(Array(cut)) }.hasPrefix("badData"))
        let text = outcome { _ = try Image.decode(Array(jpeg.dropLast(2)) + end) }
        #expect(text.hasPrefix("badData"))
      }
    }
  }

  @Test func `reads a JPEG with stray bytes but not a truncated one with stray bytes`() throws {
    let file = try Self.samples(.jpeg)
    let plain = try Image.decode(file).values
    #expect(try Image.decode(file + [1, 2, 3]).values == plain)
    let stray = Array(file[..<2]) + [0, 0, 0] + file[2...]  // not FF: "picture begins with"
    #expect(outcome { _ = try Image.decode(stray) }.hasPrefix("badData"))
    // After the first segment: libjpeg warns of "extraneous bytes" and goes on.
    let end = 4 + Int(file[4]) << 8 + Int(file[5])
    let inside = Array(file[..<end]) + [0, 0, 0] + file[end...]
    #expect(try Image.decode(inside).values == plain)
    for count in [inside.count / 2, inside.count * 3 / 4, inside.count - 2, inside.count - 1] {
      #expect(outcome { _ = try Image.decode(Array(inside[..<count])) }.hasPrefix("badData"))
    }
  }
}
