import Galleries
import Glibc
import Tensors
import TestSupport
import Testing

/// The C and Python tests show files, processes and keys; here are the rules of changes and of what is read
/// back.
@Suite struct SharedGalleryTests {
  private func model() throws -> Gallery { try Gallery(dimension: 3, fingerprint: 7, defaultThreshold: 0.6) }

  private func with(_ x: [Float], _ body: (Span<Float>) throws(Failure) -> Void) throws {
    try body(x.span)
  }

  private func temporary(_ body: (String) throws -> Void) throws {
    var name = Array("/tmp/facestyle-test-XXXXXX".utf8CString)
    try #require(mkdtemp(&name) != nil)
    let folder = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer {
      for file in ["gallery", "gallery-wal", "gallery-shm", "all.csv"] { unlink(folder + "/" + file) }
      rmdir(folder)
    }
    try body(folder)
  }

  @Test func `what is written is read by the next who opens the file`() throws {
    try temporary { folder in
      let path = folder + "/gallery"
      let gallery = try SharedGallery(at: path, .create, model: model())
      try with([1, 0, 0]) { x throws(Failure) in try gallery.add("ada", x) }
      try with([0, 1, 0]) { x throws(Failure) in try gallery.add("bob", x) }
      try gallery.remove("ada")
      let other = try SharedGallery(at: path, .read, model: nil)
      #expect(other.people == 1 && other.photos == 1 && other.fingerprint == 7 && other.isReadOnly)
      let entry = try other.read { gallery throws(Failure) in gallery.entry(inRow: 0) }
      #expect(entry.number == 1 && entry.name == "bob")
    }
  }

  @Test func `a change that fails changes nothing, in the file neither`() throws {
    try temporary { folder in
      let path = folder + "/gallery"
      let gallery = try SharedGallery(at: path, .create, model: model())
      try with([1, 0, 0]) { x throws(Failure) in try gallery.add("ada", x) }
      #expect(
        outcome { try with([1, 0]) { x throws(Failure) in try gallery.add("bob", x) } }.hasPrefix(
          "invalidArgument"))
      #expect(
        outcome {
          try with([0, 0, 0, 1, .nan, 0]) { x throws(Failure) in try gallery.replace("ada", x, count: 2) }
        }.hasPrefix("invalidArgument"))
      #expect(outcome { try gallery.remove("bob") } == "notFound: nobody in the gallery is called \"bob\"")
      let other = try SharedGallery(at: path, .write, model: nil)
      #expect(gallery.photos == 1 && other.photos == 1)
    }
  }

  @Test(arguments: ["postgresql://a:b@c@host/faces", "postgres://host:x/faces"])
  func `an address is never taken for a file`(address: String) throws {
    for access in [SharedGallery.Access.create, .write, .read] {
      let reason = outcome { try SharedGallery(at: address, access, model: model()) }
      #expect(reason.hasPrefix("invalidArgument: postgres") && reason.contains("://...: "), "\(reason)")
    }
  }

  @Test func `without a model no gallery is begun`() throws {
    try temporary { folder in
      let path = folder + "/gallery"
      #expect(outcome { try SharedGallery(at: path, .create, model: nil) }.hasPrefix("io: \(path): "))
      #expect(access(path, F_OK) != 0)
    }
  }

  @Test func `embeddings of another model are refused`() throws {
    try temporary { folder in
      let path = folder + "/gallery"
      _ = try SharedGallery(at: path, .create, model: model())
      let another = try Gallery(dimension: 3, fingerprint: 8, defaultThreshold: 0.6)
      #expect(outcome { try SharedGallery(at: path, .create, model: another) }.hasPrefix("wrongModel"))
      let shared = try SharedGallery(at: path, .write, model: nil)
      #expect(outcome { try shared.merge(another, isCompared: false) }.hasPrefix("wrongModel"))
    }
  }

  @Test func `two who add in turn lose nothing, and number photos once`() throws {
    try temporary { folder in
      let path = folder + "/gallery"
      let model = try model()
      let galleries = try (0..<2).map { _ in try SharedGallery(at: path, .create, model: model) }
      let problems = try Storage<Int>(repeating: 0, count: 2)
      onThreads(2) { thread in
        for i in 0..<10 {
          let x: [Float] = [Float(thread), Float(i), 0]
          if outcome({ try with(x) { x throws(Failure) in try galleries[thread].add("person \(i)", x) } })
            != ""
          {
            problems.pointer[thread] += 1
          }
        }
      }
      #expect(problems.values == [0, 0])
      _ = try galleries[0].reload()
      #expect(galleries[0].photos == 20 && galleries[0].people == 10)
      let numbers = try galleries[0].read { gallery throws(Failure) in
        (0..<20).map { gallery.entry(inRow: $0).number }
      }
      #expect(numbers == Array(0..<20))
    }
  }

  @Test func `a table brings back every number to the bit`() throws {
    try temporary { folder in
      let gallery = try model()
      var state: UInt32 = 1
      for _ in 0..<3000 {
        let numbers = (0..<3).map { _ -> Float in
          repeat { state = state &* 1_664_525 &+ 1_013_904_223 } while !Float(bitPattern: state).isFinite
          return Float(bitPattern: state)
        }
        try with(numbers) { x throws(Failure) in try gallery.add("ada", x) }
      }
      let path = folder + "/all.csv"
      let file = try GalleryFile(of: path)
      try file.write(gallery, to: path)
      let copy = try file.read(path, like: gallery)
      try #require(copy.photos == gallery.photos)
      for row in 0..<gallery.photos {
        func bits(_ gallery: Gallery) -> [UInt32] {
          gallery.withEmbedding(inRow: row) { x in x.indices.map { x[$0].bitPattern } }
        }
        #expect(bits(copy) == bits(gallery))
      }
    }
  }
}
