import Faces
import Images
import Networks
import Styles
import Tensors

/// The networks on their published weights; a model that is absent is told and left out.
func networkRows(models: String, photos: String, threads: [Int]) -> [Row] {
  var rows: [Row] = []
  func attempt(_ body: () throws(Failure) -> Void) {
    do throws(Failure) { try body() } catch { complain("left out: \(text(error))") }
  }
  attempt { () throws(Failure) in
    let embedder = try Embedder(Model(path: models + "/dlib-resnet.safetensors"))
    let chip = try Image(width: 150, height: 150) { y, row in for i in 0..<450 { row[i] = UInt8((i * 7 + y * 13) & 255) } }
    let out = try Storage<Float>(count: 16 * embedder.dimension)
    for count in [1, 16] {
      let chips = [Image](repeating: chip, count: count)
      for threads in threads {
        rows.append(
          try measure("dlib-\(count)", "\(count)x150x150", threads: threads, operations: 2 * 271e6 * Double(count)) {
            () throws(Failure) in try embedder.embed(chips, into: out.pointer)
          })
      }
    }
  }
  attempt { () throws(Failure) in
    let detector = try MTCNNDetector(Model(path: models + "/mtcnn.safetensors"), .init())
    let frame = try Image.open(photos + "/obama.jpg").resized(width: 640, height: 480, filter: .bilinear)
    for threads in threads {
      rows.append(
        try measure("mtcnn-vga", "640x480", threads: threads) { () throws(Failure) in _ = try detector.faces(in: frame) })
    }
  }
  attempt { () throws(Failure) in
    let vgg = try Model(path: models + "/vgg19.safetensors")
    let network = try vgg.network()
    let content = try Image.open(photos + "/chelsea.png"), style = try Image.open(photos + "/ihc.png")
    for (height, width) in [(300, 400), (512, 512)] {
      // Multiplications to conv5_1: 18.1e9 at 224x224, in proportion to the pixels.
      let forward = 2 * 18.1e9 * Double(height * width) / (224 * 224)
      for threads in threads {
        let input = try numbers([1, height, width, 3])
        let executor = Executor(network, .init(["conv5_1"]))
        rows.append(
          try measure("vgg19-forward", "\(height)x\(width)", threads: threads, operations: forward) { () throws(Failure) in
            try executor.run(batch: 1, height: height, width: width) {
              $0.update(from: input.pointer, count: input.count)
            } _: { _ in }
          })
        var options = StyleOptions()
        options.width = width
        options.height = height
        options.steps = 7
        var times: [Double] = []
        var last = 0.0
        _ = try StyleTransfer(vgg).run(content: content, style: style, options) { progress in
          if progress.step > 1 { times.append((progress.seconds - last) * 1e3) }
          last = progress.seconds
          return .continue
        }
        times.sort()
        rows.append(
          Row(work: "style-step", shape: "\(height)x\(width)", threads: threads, milliseconds: times, operations: 2 * forward))
      }
    }
  }
  return rows
}

func text(_ failure: Failure) -> String {
  switch failure {
  case .invalidArgument(let reason), .badData(let reason), .io(let reason), .noMemory(let reason), .noFace(let reason),
    .cancelled(let reason), .notFound(let reason), .wrongModel(let reason), .internalError(let reason):
    return reason
  }
}
