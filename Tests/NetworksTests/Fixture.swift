import Foundation

/// A file of Tests/Fixtures.
func fixture<Content: Decodable>(_ name: String) throws -> Content {
  let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return try JSONDecoder().decode(
    Content.self, from: Data(contentsOf: tests.appendingPathComponent("Fixtures").appendingPathComponent(name)))
}
