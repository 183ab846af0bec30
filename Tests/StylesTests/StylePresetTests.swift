import Styles
import Testing

@Suite struct StylePresetTests {
  @Test(arguments: StylePreset.allCases)
  func `is found by its name and keeps within the limits`(preset: StylePreset) throws {
    #expect(StylePreset.named(preset.name.description) == preset)
    try preset.options.check()
  }

  @Test func `no other name is known`() {
    #expect(StylePreset.named("Gatys") == nil && StylePreset.named("") == nil)
  }

  @Test func `the course has the numbers of its notebook`() {
    let options = StylePreset.course.options
    #expect(options.contentWeight == 10 && options.styleWeight == 40 && options.learningRate == 2)
    #expect(options.steps == 200 && options.noiseRatio == 0.6 && options.optimiser == .adam)
    #expect(options.styleLayers.map(\.weight) == [0.2, 0.2, 0.2, 0.2, 0.2])
  }

  @Test func `Gatys weighs layers by 1000 over the square of their channels`() {
    let options = StylePreset.gatys.options
    let weights = options.styleLayers.map { options.styleWeight * $0.weight }
    for (weight, channels) in zip(weights, [64, 128, 256, 512, 512] as [Float]) {
      #expect(abs(weight - 1000 / (channels * channels)) < 1e-6 * weight)
    }
  }
}
