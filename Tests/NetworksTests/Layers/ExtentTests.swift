import Networks
import TestSupport
import Tensors
import Testing

@Suite struct ExtentTests {
  private func extent(_ graph: Graph, _ tap: String, side: Int?) -> Extent? {
    graph.extent(of: tap, for: Extent(height: side, width: side, channels: 3))
  }

  /// What is told beforehand against what a run gives; a residual's larger side may be its short cut's.
  @Test func `follows a picture through every kind of layer`() throws {
    let x = try Tensor<Float>([1, 9, 9, 3], repeating: 0.5)
    let taps = ["unit", "inception", "residual", "pool", "embedding"]
    for (tap, result) in zip(taps, try SmallNetwork.network(Float.self).run(x, .init(taps))) {
      let told = extent(Graph(SmallNetwork.layers), tap, side: 9)
      #expect(
        told == Extent(height: result.shape[1], width: result.shape[2], channels: result.shape[3]), "\(tap)")
    }
  }

  /// Origin: the course notebook prints 38x50x512 and 10x13x512 for a picture of 300x400.
  @Test func `knows VGG-19's sizes`() {
    let picture = Extent(height: 300, width: 400, channels: 3)
    #expect(
      Architecture.vgg19.graph.extent(of: "conv4_2", for: picture)
        == Extent(height: 38, width: 50, channels: 512))
    #expect(
      Architecture.vgg19.graph.extent(of: "pool5", for: picture)
        == Extent(height: 10, width: 13, channels: 512))
  }

  @Test func `knows the channels where any size will do`() {
    #expect(
      extent(Architecture.vgg19.graph, "conv3_1", side: nil)
        == Extent(height: nil, width: nil, channels: 256))
    #expect(
      extent(Graph(SmallNetwork.layers), "residual", side: nil)
        == Extent(height: nil, width: nil, channels: 9))
  }

  @Test func `has no tap of another name`() {
    #expect(extent(Architecture.vgg19.graph, "fc8", side: 224) == nil)
  }
}
