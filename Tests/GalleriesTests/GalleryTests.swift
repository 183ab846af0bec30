import Galleries
import Tensors
import TestSupport
import Testing

@Suite struct GalleryTests {
  private func gallery() throws -> Gallery {
    try Gallery(dimension: 3, fingerprint: 7, defaultThreshold: 0.6)
  }

  /// The nearest person, who may be too far to be known; "" if there is nobody.
  private func identify(
    _ gallery: Gallery, _ x: [Float], _ threshold: Float? = nil
  ) throws -> (name: String, distance: Float, isKnown: Bool) {
    var options = Identification.Options()
    options.threshold = threshold
    let metric = try Metric(.euclidean, dimension: 3)
    let found = try gallery.identify(x.span, metric, options)
    guard let nearest = found.nearest else { return ("", .infinity, found.isKnown) }
    return (gallery.photo(inRow: nearest.row).name, nearest.distance, found.isKnown)
  }

  private func add(_ gallery: Gallery, _ name: String, _ x: [Float]) throws {
    try gallery.add(name, x.span)
  }

  @Test func `names the nearest person within the threshold`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [1, 0, 0])
    try add(gallery, "bob", [0, 1, 0])
    let match = try identify(gallery, [0.9, 0.1, 0])
    #expect(match.isKnown && match.name == "ada")
    #expect(abs(match.distance - Float(0.02).squareRoot()) < 1e-6)
  }

  @Test func `a stranger stays a stranger, with the nearest name told`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [1, 0, 0])
    let match = try identify(gallery, [0, 0, 1])
    #expect(!match.isKnown && match.name == "ada" && abs(match.distance - Float(2).squareRoot()) < 1e-6)
  }

  @Test func `a distance of exactly the threshold is the same person`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [0, 0, 0])
    #expect(try identify(gallery, [0.5, 0, 0], 0.5).isKnown)
    #expect(try !identify(gallery, [0.5, 0, 0], 0.499).isKnown)
  }

  @Test func `the nearest of several photos counts`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [1, 0, 0])
    try add(gallery, "bob", [0, 1, 0])
    try add(gallery, "ada", [0, 0.9, 0])
    #expect(gallery.people == 2 && gallery.photos == 3)
    #expect(try identify(gallery, [0, 0.8, 0]).name == "ada")
    let verdict = try gallery.verify("ada", ([0, 0.8, 0] as [Float]).span)
    #expect(verdict.isSame && abs(verdict.distance - 0.1) < 1e-6)
  }

  @Test(arguments: Identification.Rule.allCases)
  func `a rule names whom it names on arrays, after removals too`(rule: Identification.Rule) throws {
    let gallery = try gallery(), metric = try Metric(.euclidean, dimension: 3)
    var numbers = Numbers(seed: 4), photos: [Float] = [], labels: [Int32] = []
    for i in 0..<60 {
      let photo: [Float] = numbers.array(3)
      try add(gallery, "p\(i % 7)", photo)
      guard i % 7 != 2 else { continue }
      photos += photo
      labels.append(Int32(i % 7))
    }
    try gallery.remove("p2")
    var options = Identification.Options()
    (options.rule, options.threshold) = (rule, 9)
    for _ in 0..<20 {
      let probe: [Float] = numbers.array(3)
      let found = try gallery.identify(probe.span, metric, options)
      let wanted = try Identification(
        probe.span, among: photos.span, labels: labels.span, metric, options)
      #expect(found.nearest == wanted.nearest && found.runnerUp == wanted.runnerUp && found.isKnown)
      let named = found.nearest.map { gallery.photo(inRow: $0.row).name },
        label = wanted.nearest.map { labels[$0.row] }
      #expect(named == label.map { "p\($0)" })
    }
  }

  @Test func `the model's own threshold is of Euclidean distances`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [1, 0, 0])
    func threshold(_ kind: Metric.Kind) throws -> Float {
      try gallery.identify(([1, 0, 0] as [Float]).span, Metric(kind, dimension: 3), .init()).threshold
    }
    #expect(try threshold(.euclidean) == 0.6)
    #expect(outcome { try threshold(.cosine) }.hasPrefix("invalidArgument: no threshold"))
  }

  @Test func `an empty gallery knows nobody`() throws {
    let match = try identify(try gallery(), [0, 0, 0], .infinity)
    #expect(!match.isKnown && match.name.isEmpty && match.distance == .infinity)
  }

  @Test func `removing a person leaves the others as they were`() throws {
    let gallery = try gallery()
    for i in 0..<40 { try add(gallery, "p\(i % 4)", [Float(i % 4), Float(i) * 0.01, 0]) }
    try gallery.remove("p1")
    #expect(gallery.people == 3 && gallery.photos == 30)
    for (person, name) in [(0, "p0"), (2, "p2"), (3, "p3")] {
      #expect(try identify(gallery, [Float(person), 0.1, 0]).name == name)
    }
    #expect(throws: Failure.self) { try gallery.remove("p1") }
  }

  @Test func `a photo keeps its number, and its person, when others are removed`() throws {
    let gallery = try gallery()
    for i in 0..<40 { try add(gallery, "p\(i % 4)", [Float(i), 0, 0]) }
    try gallery.remove("p1")
    try add(gallery, "p1", [1, 0, 0])
    for (x, number, name) in [(0, 0, "p0"), (1, 40, "p1"), (38, 38, "p2"), (39, 39, "p3")] {
      let nearest = try gallery.nearest(2, to: [Float(x), 0, 0].span)
      let photo = gallery.photo(inRow: nearest.values[0].row)
      #expect(nearest.values[0].distance == 0 && photo.number == number && photo.name == name)
    }
  }

  @Test func `a person who took another's place is found with all photos`() throws {
    let gallery = try gallery()
    for i in 0..<40 { try add(gallery, "p\(i % 4)", [Float(i), 0, 0]) }
    try gallery.remove("p0")
    for i in 0..<40 where i % 4 != 0 {
      let verdict = try gallery.verify("p\(i % 4)", [Float(i), 0, 0].span, 0)
      #expect(verdict.isSame)
    }
    for person in 1..<4 { try gallery.remove("p\(person)") }
    #expect(gallery.people == 0 && gallery.photos == 0)
  }

  @Test func `a name is one however it is typed, and kept composed`() throws {
    let gallery = try gallery()
    // é; a syllable of Hangul; marks in another order; the sign of Ångström, which is a letter.
    let names = [
      ("Zo\u{eb}", "Zoe\u{308}"), ("\u{ac00}", "\u{1100}\u{1161}"), ("q\u{323}\u{307}", "q\u{307}\u{323}"),
      ("\u{c5}", "\u{212b}")
    ]
    for (composed, typed) in names {
      try add(gallery, typed, [1, 0, 0])
      try add(gallery, composed, [0, 1, 0])
      #expect(gallery.people == 1 && gallery.photos(of: typed) == 2 && gallery.contains(composed))
      #expect(gallery.everybody()[0].name.utf8.elementsEqual(composed.utf8))
      try gallery.remove(typed)
      #expect(gallery.people == 0)
    }
    // Alike to the eye, and not the same letter.
    try add(gallery, "\u{fb01}", [1, 0, 0])
    try add(gallery, "fi", [0, 1, 0])
    #expect(gallery.people == 2)
  }

  @Test func `a search wants at least one photo, and numbers that are some`() throws {
    let gallery = try gallery()
    try add(gallery, "ada", [1, 0, 0])
    func search(_ k: Int, _ x: [Float], count: Int) -> String {
      outcome { try gallery.nearest(k, to: x.span, count: count) }
    }
    #expect(search(0, [1, 0, 0], count: 1) == "invalidArgument: the 0 nearest photos; expected at least 1")
    #expect(
      search(1, [1, 0, .nan], count: 1) == "invalidArgument: an embedding with nan; expected finite numbers")
    #expect(
      search(1, [1, 0, 0, 1], count: 2) == "invalidArgument: embeddings of 4 numbers; expected 2 x 3"
    )
    #expect(search(1, [1, 0, 0], count: .max).hasPrefix("invalidArgument"))
    #expect(search(.max, [1, 0, 0], count: 1) == "")
  }

  @Test func `embeddings of another length or with a NaN are refused`() throws {
    let gallery = try gallery()
    #expect(throws: Failure.self) { try add(gallery, "ada", [1, 2]) }
    #expect(throws: Failure.self) { try add(gallery, "ada", [1, .nan, 2]) }
    #expect(throws: Failure.self) { try identify(gallery, [.infinity, 0, 0]) }
    #expect(gallery.people == 0)
  }

  @Test func `a threshold is 0 or more, or the model's own`() throws {
    #expect(try chosenThreshold(nil, default: 0.6) == 0.6)
    #expect(try chosenThreshold(0, default: 0.6) == 0)
    #expect(throws: Failure.self) { try chosenThreshold(-0.5, default: 0.6) }
    #expect(throws: Failure.self) { try chosenThreshold(.nan, default: 0.6) }
  }
}
