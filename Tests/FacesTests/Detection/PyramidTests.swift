import Faces
import TestSupport
import Testing

@Suite struct PyramidTests {
  private func sizes(_ width: Int, _ height: Int, minFace: Float) -> [[Int]] {
    Pyramid(minFace: minFace).levels(width: width, height: height).map { [$0.width, $0.height] }
  }

  @Test func `the smallest face to find gets the size of the smallest that the network finds`() {
    #expect(sizes(640, 480, minFace: 20) == [[640, 480]])
    #expect(sizes(640, 480, minFace: 40) == [[320, 240]])
    #expect(sizes(320, 240, minFace: 12) == [[533, 400]])
    #expect(sizes(101, 50, minFace: 30) == [[67, 33]])
    var own = Pyramid(minFace: 40)
    own.networkMinFace = 10
    #expect(own.levels(width: 640, height: 480) == [.init(width: 160, height: 120)])
  }

  @Test func `a picture is at most doubled, and never beyond the limits of pictures`() {
    var pyramid = Pyramid(minFace: 12)
    pyramid.networkMinFace = 100
    #expect(pyramid.levels(width: 100, height: 50)[0] == .init(width: 200, height: 100))
    for (width, height) in [(65500, 10), (40000, 3000), (11585, 11585), (60000, 2000)] {
      let largest = pyramid.levels(width: width, height: height)[0]
      #expect(max(largest.width, largest.height) <= 65500 && largest.width * largest.height <= 1 << 27)
      #expect(largest.width >= width && largest.height >= height)
    }
  }

  @Test func `a picture larger than those of the training is also looked at at a quarter of its size`() {
    #expect(sizes(4000, 3000, minFace: 40) == [[2000, 1500], [500, 375]])
    #expect(sizes(4000, 3000, minFace: 20) == [[4000, 3000], [1000, 750], [250, 188]])
    #expect(sizes(641, 480, minFace: 20) == [[641, 480], [160, 120]])
    var own = Pyramid(minFace: 20)
    own.networkMaxSide = 1000
    #expect(own.levels(width: 1000, height: 480).count == 1)
  }

  @Test func `for close-ups the last level is one that a face may fill`() {
    func sizes(_ width: Int, _ height: Int, maxSide: Float = 640) -> [[Int]] {
      var pyramid = Pyramid(minFace: 20)
      pyramid.findsCloseUps = true
      pyramid.networkMaxSide = maxSide
      return pyramid.levels(width: width, height: height).map { [$0.width, $0.height] }
    }
    #expect(sizes(640, 480) == [[640, 480], [160, 120]] && sizes(257, 200) == [[257, 200], [64, 50]])
    #expect(sizes(256, 200) == [[256, 200]])
    #expect(sizes(4000, 3000) == [[4000, 3000], [1000, 750], [250, 188]])
    #expect(sizes(200, 100, maxSide: 128) == [[200, 100], [50, 25]])
  }

  @Test func `no side vanishes`() {
    #expect(sizes(1, 1, minFace: 12) == [[2, 2]])
    #expect(sizes(1, 1, minFace: 4000) == [[1, 1]])
    #expect(sizes(65500, 1, minFace: 20).allSatisfy { $0[1] == 1 })
    #expect(sizes(3, 3, minFace: .greatestFiniteMagnitude) == [[1, 1]])
  }

  @Test(arguments: [1, 640, 1536, 1537, 2816, 2817, 4000, 16000, 65500])
  func `the parts of a side overlap, and every centre belongs to one`(side: Int) throws {
    let parts = Pyramid.parts(of: side)
    #expect(parts[0].pixels.lowerBound == 0 && parts[parts.count - 1].pixels.upperBound == side)
    #expect(parts.allSatisfy { $0.pixels.count <= 1536 } && (parts.count == 1) == (side <= 1536))
    for (a, b) in zip(parts, parts.dropFirst()) {
      #expect(a.pixels.upperBound - b.pixels.lowerBound == 256)
      #expect(a.centres.upperBound == b.centres.lowerBound)
      #expect(Int(a.centres.upperBound) - b.pixels.lowerBound == 128)
    }
    for centre: Float in [-50, 0, Float(side / 2), Float(side), Float(side + 50)] {
      #expect(parts.count(where: { $0.has(centre) }) == 1)
    }
    let longest = parts.map { $0.pixels.count }.max() ?? 0,
      shortest = parts.map { $0.pixels.count }.min() ?? 0
    #expect(longest - shortest <= 1)
  }
}
