import Styles
import Testing

@Suite struct StyleTilesTests {
  @Test(arguments: [(64, 64), (300, 200), (1000, 77), (511, 513), (700, 1)])
  func `tiles share no pixel, leave none, and see their halo`(width: Int, height: Int) {
    let step = 16, halo = 70
    let rows = StyleTile.rows(width: width, height: height, side: 100, step: step, halo: halo)
    var owners = [Int](repeating: 0, count: width * height)
    for tile in rows.joined() {
      for y in tile.ownY { for x in tile.ownX { owners[y * width + x] += 1 } }
      #expect(
        tile.x % step == 0 && tile.y % step == 0 && tile.x + tile.width <= width
          && tile.y + tile.height <= height)
      for (own, start, length, side) in [
        (tile.ownX, tile.x, tile.width, width), (tile.ownY, tile.y, tile.height, height)
      ] {
        #expect(own.lowerBound - start >= halo || start == 0)
        #expect(start + length - own.upperBound >= halo || start + length == side)
      }
    }
    #expect(owners.allSatisfy { $0 == 1 })
    for row in rows { #expect(row.allSatisfy { $0.y == row[0].y && $0.height == row[0].height }) }
  }

  @Test func `a picture no larger than a tile with its halo is one`() {
    #expect(StyleTile.rows(width: 271, height: 100, side: 112, step: 16, halo: 70).count == 1)
    #expect(StyleTile.rows(width: 5000, height: 5000, side: 0, step: 16, halo: 70).joined().count == 1)
  }

  @Test func `units are a tile's own pixels by the step, the last of them in part`() {
    let tile = StyleTile(x: 32, y: 0, width: 101, height: 64, ownX: 64..<133, ownY: 0..<64)
    let units = tile.units(step: 8)
    #expect(units.columns == 4..<13 && units.rows == 0..<8)
  }
}
