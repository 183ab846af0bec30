import Styles
import Tensors
import Testing

@Suite struct StyleOptionsTests {
  @Test func `begins with the numbers of the course notebook`() {
    let options = StyleOptions()
    #expect(options.contentWeight == 10 && options.styleWeight == 40 && options.learningRate == 2)
    #expect(
      options.steps == 200 && options.noiseRatio == 0.6 && options.contentLayers.map(\.name) == ["conv4_2"])
    #expect(options.styleLayers.map(\.name) == ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"])
    #expect(options.styleLayers.allSatisfy { $0.weight == 0.2 })
  }

  @Test func `one side alone keeps the proportions`() {
    var options = StyleOptions()
    #expect(options.size(for: 450, 300) == (450, 300))
    options.width = 300
    #expect(options.size(for: 450, 300) == (300, 200))
    options = StyleOptions()
    options.height = 100
    #expect(options.size(for: 450, 300) == (150, 100))
    #expect(options.size(for: 1, 65500) == (1, 100))
  }

  @Test func `scales double up to the picture and share the steps`() {
    var options = StyleOptions()
    options.steps = 10
    #expect(options.scales(width: 300, height: 200).map(\.steps) == [10])
    options.coarsest = 64
    let scales = options.scales(width: 300, height: 200)
    #expect(scales.map(\.width) == [75, 150, 300] && scales.map(\.height) == [50, 100, 200])
    #expect(scales.map(\.steps) == [4, 3, 3])
    options.coarsest = 400
    #expect(options.scales(width: 300, height: 200).count == 1)
    options.coarsest = 16
    #expect(
      options.scales(width: 65500, height: 1).allSatisfy { $0.width >= 1 && $0.height == 1 && $0.steps >= 1 })
  }

  @Test func `names the number that is out of range`() {
    func refuses(_ change: (inout StyleOptions) -> Void) -> Bool {
      var options = StyleOptions()
      change(&options)
      do throws(Failure) {
        try options.check()
        return false
      } catch { return true }
    }
    #expect(!refuses { _ in })
    #expect(refuses { $0.steps = 0 })
    #expect(refuses { $0.contentWeight = -1 })
    #expect(refuses { $0.styleWeight = .nan })
    #expect(refuses { $0.noiseRatio = 1.5 })
    #expect(refuses { $0.learningRate = 0 })
    #expect(refuses { $0.styleLayers[2].weight = .infinity })
    #expect(refuses { $0.variationWeight = .nan })
    #expect(refuses { $0.styleScale = 0.01 })
    #expect(refuses { $0.history = 0 })
    #expect(refuses { $0.coarsest = 15 })
    #expect(refuses { $0.averaging = 1 })
    #expect(refuses { $0.deadline = .infinity })
    #expect(refuses { $0.styleLayers.append(("conv1_1", 1)) })
    #expect(
      refuses {
        $0.styleLayers = []
        $0.contentLayers = []
      })
  }
}
