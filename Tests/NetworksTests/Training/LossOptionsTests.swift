import Networks
import TestSupport
import Testing

@Suite struct LossOptionsTests {
  @Test func `the usual settings are those of the papers`() throws {
    let margins: [Loss.Kind: Float] = [.contrastive: 1, .cosFace: 0.35, .arcFace: 0.5]
    for kind in Loss.Kind.allCases {
      let options = Loss.Options(kind)
      #expect(options.kind == kind && options.reduction == .mean && options.margin == margins[kind] ?? 0.2)
      #expect(options.scale == 64 && options.epsilon == 1e-6)
      #expect(options.centreWeight == 0.003 && options.centreRate == 0.5)  // Wen et al. 2016, section 4.1
      #expect(options.cosineWeight == 2 && options.similarityWeight == 4)
      _ = try Loss(options)
    }
  }

  @Test func `every kind is a loss of its own`() throws {
    let names = try Loss.Kind.allCases.map { try Loss(Loss.Options($0)).name }
    #expect(Set(names).count == 14 && names.first == "triplet" && names.last == "cross-entropy")
    #expect(try Loss(Loss.Options(.semiHard)) == .minedTriplet(.semiHard, margin: Double(Float(0.2)), .mean))
  }

  @Test func `a setting out of its range is named, and only where the loss has it`() throws {
    func refusal(_ kind: Loss.Kind, _ change: (inout Loss.Options) -> Void) -> String {
      var options = Loss.Options(kind)
      change(&options)
      return outcome { try Loss(options) }
    }
    #expect(refusal(.triplet) { $0.margin = -1 } == "invalidArgument: margin -1.0; expected 0 or more")
    #expect(
      refusal(.contrastive) { $0.epsilon = .nan } == "invalidArgument: loss's epsilon nan; expected 0 or more"
    )
    #expect(
      refusal(.arcFace) { $0.margin = 4 }.hasPrefix("invalidArgument: margin 4.0; expected 0 to 3.14"))
    #expect(refusal(.cosFace) { $0.scale = 0 } == "invalidArgument: scale 0.0; expected more than 0")
    #expect(
      refusal(.centre) { $0.centreRate = 2 } == "invalidArgument: centre rate 2.0; expected 0 to 1")
    #expect(
      refusal(.distillation) { $0.similarityWeight = .infinity }
        == "invalidArgument: similarity weight inf; expected 0 or more")
    #expect(refusal(.softmax) { $0.margin = .nan } == "")
  }
}
