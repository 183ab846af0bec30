import Foundation

/// The path of a file of Tests/Fixtures.
func fixtureFile(_ name: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures").appendingPathComponent(name)
}

/// A file of Tests/Fixtures.
func fixture<Content: Decodable>(_ name: String) throws -> Content {
  try JSONDecoder().decode(Content.self, from: Data(contentsOf: fixtureFile(name)))
}
