import Faces
import Foundation
import Networks
import TestSupport
import Tensors
import Testing

/// A small network of YuNet's shape.
private let text = """
  input channels=3 mean=127.5,127.5,127.5 scale=0.00784314
  c1 convolution filters=8 kernel=3 stride=2 padding=1 normalisation=batch:n1 activation=rectifier < input
  c2 convolution filters=12 kernel=3 stride=2 padding=1 normalisation=batch:n2 activation=rectifier < c1
  c3 convolution filters=16 kernel=3 stride=2 padding=1 normalisation=batch:n3 activation=rectifier < c2
  c4 convolution filters=16 kernel=3 padding=1 normalisation=batch:n4 activation=rectifier < c3
  c5 convolution filters=24 kernel=3 stride=2 padding=1 normalisation=batch:n5 activation=rectifier < c4
  c6 convolution filters=24 kernel=3 padding=1 normalisation=batch:n6 activation=rectifier < c5
  c7 convolution filters=24 kernel=3 stride=2 padding=1 normalisation=batch:n7 activation=rectifier < c6
  c8 convolution filters=24 kernel=3 padding=1 normalisation=batch:n8 activation=rectifier < c7
  cells8 convolution filters=15 kernel=1 < c4
  cells16 convolution filters=15 kernel=1 < c6
  cells32 convolution filters=15 kernel=1 < c8
  output cells8
  output cells16
  output cells32
  """

/// With low scores to begin with, as YuNet.
private func small() throws -> Architecture {
  var architecture = try Architecture(text: text)
  for name in FaceCells.names {
    architecture.initialBiases[name + ".bias"] = [-4.6] + [Float](repeating: 0, count: 14)
  }
  return architecture
}

private func trainer(steps: Int, _ change: (inout TrainingSettings) -> Void = { _ in }) throws -> Trainer {
  var settings = TrainingSettings(loss: .detection(DetectionLoss()))
  settings.schedule = try Schedule(.oneCycle, rate: 0.01, steps: steps)
  settings.longestGradient = 10
  settings.seed = 2
  change(&settings)
  return try Trainer(small(), settings)
}

private func options(
  _ change: (inout DetectorTraining.Options) -> Void = { _ in }
) -> DetectorTraining.Options {
  var options = DetectorTraining.Options()
  options.batch = 6
  options.scenes.side = 96
  options.scenes.minFace = 16
  change(&options)
  return options
}

private func state(_ trainer: Trainer) -> [[UInt32]] {
  trainer.network.parameters.map { $0.value.values.map(\.bitPattern) } + [[UInt32(trainer.step)]]
}

@Suite struct DetectorTrainingTests {
  @Test func `the loss falls, and a face that is drawn elsewhere is found`() throws {
    let photos = try ScenePhotosFolder()
    defer { withExtendedLifetime(photos) {} }
    let training = try DetectorTraining(
      trainer(steps: 150) { $0.average = 0.9 }, photos.set(), options())
    var losses: [Double] = [], last: DetectionParts?
    try training.run(until: 150) { progress in
      losses.append(progress.report.loss)
      last = progress.report.detection
      #expect(progress.step == losses.count && progress.speed > 0 && progress.facesPerSecond >= 0)
      return .goOn
    }
    let parts = try #require(last)
    #expect(abs(parts.box + parts.points + parts.score - (losses.last ?? 0)) < 1e-4 * (losses.last ?? 0))
    func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(part.count) }
    #expect(
      mean(losses[130...]) < 0.5 * mean(losses[..<20]), "\(mean(losses[..<20])), \(mean(losses[130...]))")

    let folder = try TemporaryFolder(), file = folder.path + "/detector.safetensors"
    try training.trainer.saveModel(path: file, .float32, threshold: 0.5)
    let box: [Float] = [44, 20, 84, 66], picture = try redFaces(128, 96, [box])
    let architecture = try Architecture(text: text)
    let network = try Network<Float>(architecture, weights: WeightFile(path: file))
    let input = try Tensor<Float>(
      [1, 96, 128, 3], picture.bytes.map { (Float($0) - 127.5) * architecture.scale })
    var best = (score: -Float.infinity, box: [Float](), nose: [Float]())
    for (cells, stride) in zip(try network.run(input, .init(FaceCells.names)), FaceCells.strides) {
      let s = Float(stride)
      for cell in 0..<(cells.shape[1] * cells.shape[2]) {
        let d = Array(cells.values[(15 * cell)..<(15 * cell + 15)])
        guard d[0] > best.score else { continue }
        let (i, j) = (Float(cell / cells.shape[2]), Float(cell % cells.shape[2]))
        let (x, y, w, h) = ((j + d[1]) * s, (i + d[2]) * s, expf(d[3]) * s, expf(d[4]) * s)
        best = (d[0], [x - w / 2, y - h / 2, x + w / 2, y + h / 2], [(j + d[9]) * s, (i + d[10]) * s])
      }
    }
    let overlap = BoxOverlap.iou.value(
      (best.box[0], best.box[1], best.box[2], best.box[3]), (box[0], box[1], box[2], box[3])
    ).value
    #expect(overlap > 0.5 && best.score > 0, "\(best), overlap \(overlap)")
    let nose = facePoints(box)[4...5]
    #expect(abs(best.nose[0] - nose[4]) < 8 && abs(best.nose[1] - nose[5]) < 8, "\(best)")
  }

  @Test func `goes on from a checkpoint with the same bits`() throws {
    let photos = try ScenePhotosFolder(), set = try photos.set()
    defer { withExtendedLifetime(photos) {} }
    let checkpoint = photos.folder.path + "/training.safetensors"
    let settings = options {
      $0.batch = 2
      $0.checkpoint = checkpoint
    }
    func fresh() throws -> Trainer { try trainer(steps: 6) { $0.average = 0.5 } }
    let straight = try DetectorTraining(fresh(), set, settings)
    try straight.run(until: 6)

    let first = try DetectorTraining(fresh(), set, settings)
    try first.run(until: 2)
    try first.run(until: 4)
    let resumed = try fresh()
    try resumed.resume(path: checkpoint)
    try DetectorTraining(resumed, set, settings).run(until: 6)
    #expect(state(resumed) == state(straight.trainer) && resumed.step == 6)

    func refusal(
      _ set: SceneSet, _ change: (inout DetectorTraining.Options) -> Void = { _ in }
    ) -> String {
      var other = settings
      change(&other)
      return outcome { try DetectorTraining(resumed, set, other) }
    }
    #expect(refusal(set) == "")
    #expect(refusal(set) { $0.batch = 3 } == "invalidArgument: batch 3, this training began with 2")
    #expect(
      refusal(set) { $0.seed = 3 } == "invalidArgument: seed of the scenes 3, this training began with 1")
    #expect(
      refusal(set) { $0.scenes.dark = 0.5 } == "invalidArgument: dark 0.5, this training began with 0.12")
    var fewer = set
    fewer.keep(0..<2)
    #expect(refusal(fewer).hasPrefix("invalidArgument: scenes 4 (fingerprint "))
    try photos.folder.write("scenes/0.png", redFaces(200, 160, [[10, 10, 50, 50]]))
    #expect(refusal(set).hasPrefix("invalidArgument: scenes' files (fingerprint "))
  }

  @Test func `writes checkpoints on the way, and ends where it is told to`() throws {
    let photos = try ScenePhotosFolder(), checkpoint = photos.folder.path + "/training.safetensors"
    defer { withExtendedLifetime(photos) {} }
    let training = try DetectorTraining(
      trainer(steps: 9), photos.set(),
      options {
        $0.batch = 2
        ($0.checkpoint, $0.checkpointEvery) = (checkpoint, 2)
      })
    #expect(
      outcome { try training.run(until: 9) { $0.step == 3 ? .cancel : .goOn } }
        == "cancelled: training was cancelled after step 3")
    let resumed = try trainer(steps: 9)
    try resumed.resume(path: checkpoint)
    #expect(resumed.step == 2)
    try training.run(until: 9) { $0.step == 5 ? .finish : .goOn }
    try resumed.resume(path: checkpoint)
    #expect(resumed.step == 5)
  }

  @Test func `refuses what does not fit`() throws {
    let photos = try ScenePhotosFolder(), set = try photos.set()
    defer { withExtendedLifetime(photos) {} }
    #expect(
      outcome { try DetectorTraining(trainer(steps: 2), set, options { $0.batch = 0 }) }
        == "invalidArgument: batch 0; expected 1 to 4096")
    let other = try Trainer(.siamese(), TrainingSettings(loss: .contrastive(margin: 1, epsilon: 0, .mean)))
    #expect(
      outcome { try DetectorTraining(other, set, options()) }
        == "invalidArgument: scenes for the loss contrastive; expected a detection loss")
    #expect(
      outcome { try FaceTraining(trainer(steps: 2), PhotoSet(), FaceTraining.Options()) }
        == "invalidArgument: photos for a detection loss; expected scenes")
    #expect(
      outcome { try Trainer(.siamese(), TrainingSettings(loss: .detection(DetectionLoss()))) }
        == "invalidArgument: a network without the result \"cells8\" cannot be trained")
    let wrong = text.replacing("cells16 convolution filters=15", with: "cells16 convolution filters=14")
    #expect(
      outcome {
        try Trainer(Architecture(text: wrong), TrainingSettings(loss: .detection(DetectionLoss())))
      } == "invalidArgument: cells16 is 8x8x14 for a picture of 128x128; expected 8x8x15")
    #expect(
      outcome { try trainer(steps: 2).step(Tensor([2, 64, 64, 3], repeating: 0), .nothing) }
        == "invalidArgument: a batch without faces")
  }
}
