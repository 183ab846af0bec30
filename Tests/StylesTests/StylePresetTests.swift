import Styles
import Testing

@Suite struct StylePresetTests {
  @Test(arguments: StylePreset.all)
  func `is found by its name, keeps within the limits and says what it is`(preset: StylePreset) throws {
    #expect(StylePreset.named(preset.name.description)?.options.texts == preset.options.texts)
    try preset.options.check()
    #expect(!preset.summary.description.isEmpty && preset.summary.description.count < 100)
  }

  /// The numbers of fs_style_preset.
  @Test func `the list is in the order of C, each name once`() {
    let names = StylePreset.all.map(\.name.description)
    #expect(
      names == [
        "pyramid", "course", "gatys", "neural-style", "neural-style-pt", "neural-style-tf", "crowsonkb"
      ])
  }

  @Test func `no other name is known`() {
    #expect(StylePreset.named("Gatys") == nil && StylePreset.named("") == nil)
  }

  @Test func `one that is made from another changes only what it names`() {
    let (johnson, progamer) = (StylePreset.neuralStyle.options.texts, StylePreset.neuralStylePT.options.texts)
    #expect(johnson.filter { progamer[$0.key] != $0.value } == ["variation": "1"])
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
