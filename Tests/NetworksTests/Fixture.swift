import Foundation
import TestSupport

/// A file of Tests/Fixtures.
func fixture<Content: Decodable>(_ name: String) throws -> Content {
  try JSONDecoder().decode(Content.self, from: Data(contentsOf: fixtureFile(name)))
}
