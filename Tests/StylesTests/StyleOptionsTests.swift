import Styles
import Tensors
import TestSupport
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

  @Test func `says which number is out of range, what it is and what is expected`() {
    func refusal(_ change: (inout StyleOptions) -> Void) -> String {
      var options = StyleOptions()
      change(&options)
      return outcome { try options.check() }
    }
    let cases: [(String, (inout StyleOptions) -> Void)] = [
      ("steps 0; expected 1 to 1000000", { $0.steps = 0 }),
      ("content weight -1.0; expected 0 to 1e+12", { $0.contentWeight = -1 }),
      ("style weight nan; expected 0 to 1e+12", { $0.styleWeight = .nan }),
      ("content map weight inf; expected 0 to 1000000", { $0.contentMapWeight = .infinity }),
      ("tile 63; expected 0 or 64 to 65500", { $0.tile = 63 }),
      ("coarsest 15; expected 0 or 16 to 65500", { $0.coarsest = 15 }),
      ("style scale 0.01; expected 0 or 0.05 to 20", { $0.styleScale = 0.01 }),
      ("depth 12; expected 0, 8 or 16", { $0.depth = 12 }),
      ("history 1001; expected 1 to 1000", { $0.history = 1001 }),
      ("preconditioning 2.5; expected 0 to 2", { $0.preconditioning = 2.5 }),
      ("deadline -1.0; expected 0 or more, less than 1000000000", { $0.deadline = -1 }),
      (
        "content layers none; expected a layer to measure a picture by",
        {
          $0.contentLayers = []
          $0.styleLayers = []
        }
      ),
      (
        "style layers: the weight of \"conv1_1\" is -1.0; expected 0 to 1000000",
        { $0.styleLayers[0].weight = -1 }
      ),
      (
        "style layers: \"conv1_1\" is given twice; expected each layer once",
        { $0.styleLayers.append(("conv1_1", 1)) }
      )
    ]
    for (message, change) in cases { #expect(refusal(change) == "invalidArgument: " + message) }
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
