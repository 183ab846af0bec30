import CSystem
import Faces
import Images
import Networks
import Styles
import Tensors

/// The locations of the networks' inputs, and the program that uses a model once.
struct Files {
  let models, photos, firstUse: String
}

/// Detection and embeddings, on the published weights; nn4.small2 on generated weights, which recognise no
/// faces.
func faceRows(_ files: Files, threads: [Int]) throws(Failure) -> [Row] {
  var rows: [Row] = []
  for (name, model, operations) in [
    ("dlib", try Model(path: files.models + "/dlib-resnet.safetensors"), 2 * 271e6),
    ("nn4", try nn4Model(), 0)
  ] {
    let embedder = try Embedder(model)
    let side = embedder.width
    let chip = try Image(width: side, height: side) { y, row in
      for i in 0..<(3 * side) { row[i] = UInt8((i * 7 + y * 13) & 255) }
    }
    let out = try Storage<Float>(count: 16 * embedder.dimension)
    for count in [1, 16] {
      let chips = [Image](repeating: chip, count: count)
      for threads in threads {
        rows.append(
          try measure(
            "\(name)-\(count)", "\(count)x\(side)x\(side)", threads: threads,
            operations > 0 ? .operations(operations * Double(count)) : .nothing
          ) { () throws(Failure) in _ = try embedder.embed(count: count) { chips[$0] } })
      }
    }
  }
  let detector = try MTCNNDetector(Model(path: files.models + "/mtcnn.safetensors"), .init())
  let frame = try Image.open(files.photos + "/obama.jpg").resized(width: 640, height: 480, filter: .bilinear)
  for threads in threads {
    rows.append(
      try measure("mtcnn-vga", "640x480", threads: threads) { () throws(Failure) in
        _ = try detector.faces(in: frame)
      })
  }
  return rows
}

/// VGG-19's features, and steps of style transfer.
func styleRows(_ files: Files, threads: [Int]) throws(Failure) -> [Row] {
  let path = files.models + "/vgg19.safetensors"
  let network = try Model(path: path).network()
  let content = try Image.open(files.photos + "/chelsea.png"),
    style = try Image.open(files.photos + "/ihc.png")
  var rows: [Row] = []
  for (height, width, steps) in [(300, 400, 6), (512, 512, 4)] {
    // Multiplications to conv5_1: 18.1e9 at 224x224, in proportion to the pixels.
    let forward = 2 * 18.1e9 * Double(height * width) / (224 * 224)
    for threads in threads {
      let input = try numbers([1, height, width, 3])
      let executor = Executor(network, .init(["conv5_1"]))
      rows.append(
        try measure("vgg19-forward", "\(height)x\(width)", threads: threads, .operations(forward)) {
          () throws(Failure) in
          try executor.run(batch: 1, height: height, width: width) {
            $0.update(from: input.pointer, count: input.count)
          } _: { _ in
          }
        })
      // A separate model, so that all weights that the run packs are counted.
      let styler = try StyleTransfer(Model(path: path))
      var options = StylePreset.course.options
      options.width = width
      options.height = height
      options.steps = steps
      var times: [Double] = []
      var last = 0.0
      let before = restartPeak()
      try styler.job(StylePictures(content: content, styles: [StylePicture(style)]), options).run(
        evaluations: .max
      ) { evaluation in
        if evaluation.number > 1 { times.append((evaluation.seconds - last) * 1e3) }
        last = evaluation.seconds
        return .goOn
      }
      let grown = residentMegabytes("VmHWM:") - before
      times.sort()
      rows.append(
        Row(
          work: "style-step", shape: "\(height)x\(width)", threads: threads, milliseconds: times,
          amount: .operations(2 * forward), megabytes: grown))
    }
  }
  return rows
}

/// Whole processes that use a model once, from their start to their end.
func firstUseRows(_ files: Files) throws(Failure) -> [Row] {
  var rows: [Row] = []
  for (work, model, shape) in [
    ("first-embedding", "dlib-resnet", "1x150x150"), ("first-features", "vgg19", "224x224")
  ] {
    let command = "exec '\(files.firstUse)' '\(files.models)/\(model).safetensors'"
    var times: [Double] = []
    for _ in 0..<12 {
      let before = now()
      guard let pipe = popen(command, "r") else { throw .io("\(files.firstUse): \(lastReason())") }
      guard pclose(pipe) == 0 else { throw .io("\(command) failed") }
      times.append((now() - before) * 1e3)
    }
    times.removeFirst()  // reads the files from the disk
    times.sort()
    rows.append(Row(work: work, shape: shape, threads: ThreadPool.processors, milliseconds: times))
  }
  return rows
}

/// Restarts the measurement of peak resident memory.
/// - Returns: the current resident memory.
private func restartPeak() -> Double {
  if let file = fopen("/proc/self/clear_refs", "w") {
    fputs("5", file)
    fclose(file)
  }
  return residentMegabytes("VmRSS:")
}

/// A line of /proc/self/status, in MB.
private func residentMegabytes(_ key: String) -> Double {
  guard let file = fopen("/proc/self/status", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  while fgets(&line, Int32(line.count), file) != nil {
    if strncmp(line, key, strlen(key)) == 0 {
      return Double(strtol(Array(line.dropFirst(Int(strlen(key)))), nil, 10)) / 1024
    }
  }
  return 0
}
