import Tensors

/// An architecture registered under its name: everything about it except its layers. A new one takes a file
/// of layers and a line in `all`.
package struct RegisteredArchitecture {
  /// The name in weight files.
  package let name: StaticString
  package let use: Use
  /// The largest Euclidean distance between two faces of one person, by the authors of the published weights;
  /// nil if the file must specify it.
  package let threshold: Float?
  package let template: Template
  /// The network in its default size; nil for a model of several networks.
  fileprivate let usual: (() -> Architecture)?
  /// The network that a file's metadata specify; nil if they do not.
  fileprivate let described: ((Metadata) throws(Failure) -> Architecture?)?

  /// A use that accepts only models of this architecture.
  package enum Use: Equatable {
    case any
    case mtcnn, cascade, yunet
    case styleTransfer, fastStyle, universalStyle
    case enlarger
  }

  /// The landmark template of the published weights' training, if a file does not specify one.
  package enum Template {
    /// dlib's, also used by networks that are trained here.
    case meanFace
    /// InsightFace's.
    case arcFace
  }
}

extension RegisteredArchitecture {
  /// All architectures of this version.
  fileprivate static var all: Registry {
    var all = Registry()
    #if !FIRMWARE
      all.addBeyondFirmware()
    #endif
    all.add("dlib-resnet", threshold: 0.6) { .dlibResNet }  // its author's
    // OpenFace's is 0.99, on squared distances.
    all.add("nn4.small2", threshold: 0.995) {
      .nn4Small2()
    } described: { metadata in
      metadata["lrn"] == "tensorflow" ? .nn4Small2(.tensorFlow) : nil
    }
    all.add("mobilefacenet", template: .arcFace) { .mobileFaceNet() }
    all.add("mobilefacenet-96", template: .arcFace) { .mobileFaceNet(side: 96) }
    all.add(
      Architecture.graphName,
      described: { metadata throws(Failure) in
        guard let text = metadata[Architecture.graphKey] else {
          throw .badData(
            "weights: no \"\(Architecture.graphKey)\" in the metadata; expected the network's text")
        }
        return try Architecture(text: text)
      })
    all.add("mtcnn", .mtcnn)
    all.add("cascade", .cascade)
    all.add(FacePoints.name) { .facePoints }
    all.add("yunet", .yunet) {
      .yuNet()
    } described: { metadata throws(Failure) in
      .yuNet(try metadata.yuNet())
    }
    return all
  }

  package static func named(_ name: String) -> RegisteredArchitecture? {
    all.entries.first { "\($0.name)" == name }
  }

  /// The architecture of a weight file.
  /// - Throws: `.badData` if its metadata have none, or one that this version does not know.
  static func of(_ metadata: [String: String]) throws(Failure) -> RegisteredArchitecture {
    guard let name = metadata["architecture"] else {
      throw .badData("weights: the metadata lacks \"architecture\", this file was not made for this library")
    }
    guard let registered = RegisteredArchitecture.named(name) else {
      throw .badData("weights: the architecture is \"\(name)\", which this version does not know")
    }
    return registered
  }

  /// The names of the architectures for one of the uses, for messages: "mtcnn, cascade or yunet".
  package static func names(for uses: [Use]) -> String {
    let known = all.entries.filter { uses.contains($0.use) }
    var names = ""
    for (i, entry) in known.enumerated() {
      names += "\(i == 0 ? "" : i == known.count - 1 ? " or " : ", ")\(entry.name)"
    }
    return names
  }

  /// The network of a weight file.
  /// - Throws: `.wrongModel` for a model of several networks, `.badData` for numbers out of range.
  func network(_ metadata: [String: String]) throws(Failure) -> Architecture {
    if let network = try described?(Metadata(texts: metadata)) { return network }
    guard let usual else {
      throw .wrongModel(
        "the model is \"\(name)\"; expected a network of one input, such as vgg19 or nn4.small2")
    }
    return usual()
  }
}

extension Architecture {
  /// The names of all architectures of one network.
  package static var names: [StaticString] {
    RegisteredArchitecture.all.entries.filter { $0.usual != nil }.map { $0.name }
  }

  /// The architecture of this name in its default size; nil if unknown.
  package static func named(_ name: String) -> Architecture? {
    RegisteredArchitecture.named(name)?.usual?()
  }
}

/// Builds the list, one architecture after another.
private struct Registry {
  private(set) var entries: [RegisteredArchitecture] = []

  mutating func add(
    _ name: StaticString, _ use: RegisteredArchitecture.Use = .any, threshold: Float? = nil,
    template: RegisteredArchitecture.Template = .meanFace, _ usual: (() -> Architecture)? = nil,
    described: ((Metadata) throws(Failure) -> Architecture?)? = nil
  ) {
    entries.append(
      RegisteredArchitecture(
        name: name, use: use, threshold: threshold, template: template, usual: usual, described: described))
  }
}

#if !FIRMWARE
  extension Registry {
    /// Styles, networks that only trainings and their tests need, and embedders too large for a board.
    fileprivate mutating func addBeyondFirmware() {
      add("vgg19", .styleTransfer) { .vgg19 }
      add("facenet-nn1") { .faceNetNN1 }
      add("facenet-nn2") { .faceNetNN2 }
      add("facenet-nn3") { .faceNetNN3 }
      add("facenet-nn4") { .faceNetNN4 }
      add("facenet-nns1") { .faceNetNNS1 }
      add("facenet-nns2") { .faceNetNNS2 }
      add("densenet121") { .denseNet121() }
      add("siamese") { .siamese() }
      add("siamese-sigmoid") { .siamese(isSigmoid: true) }
      add("one-shot") {
        .oneShot()
      } described: { metadata throws(Failure) in
        guard let people = try metadata.number("people", below: 1 << 24) else { return nil }
        return .oneShot(people: people)
      }
      add("cascade-12") { .cascade("cascade-12", side: 12) }
      add("cascade-24") { .cascade("cascade-24", side: 24) }
      add("cascade-48") { .cascade("cascade-48", side: 48) }
      add("cascade-12-calibration") { .cascade("cascade-12-calibration", side: 12, isCalibration: true) }
      add("cascade-24-calibration") { .cascade("cascade-24-calibration", side: 24, isCalibration: true) }
      add("cascade-48-calibration") { .cascade("cascade-48-calibration", side: 48, isCalibration: true) }
      add("fast-style", .fastStyle) {
        .fastStyle()
      } described: { metadata throws(Failure) in
        let (filters, blocks) = try metadata.fastStyle()
        return .fastStyle(filters: filters, blocks: blocks)
      }
      add("fast-style-resize", .fastStyle) {
        .fastStyleResize()
      } described: { metadata throws(Failure) in
        let (filters, blocks) = try metadata.fastStyle()
        return .fastStyleResize(filters: filters, blocks: blocks)
      }
      add("enlarger", .enlarger) {
        .enlarger()
      } described: { metadata throws(Failure) in
        .enlarger(
          factor: try metadata.number("factor", below: 1 << 4) ?? 2,
          filters: try metadata.number("filters", below: 1 << 10) ?? 32,
          blocks: try metadata.number("blocks", below: 1 << 8) ?? 4)
      }
      add("universal-style", .universalStyle)
    }
  }
#endif

/// The description of a network in a weight file's metadata.
private struct Metadata {
  let texts: [String: String]

  subscript(key: String) -> String? { texts[key] }

  /// A number from 1; nil if absent.
  func number(_ key: String, below limit: Int) throws(Failure) -> Int? {
    guard let text = texts[key] else { return nil }
    guard let number = Int(text), number > 0, number < limit else {
      throw .badData("weights: \(key) is \"\(text)\"; expected a number from 1 to \(limit - 1)")
    }
    return number
  }

  /// Numbers from `lower`, as many as `counts`; nil if absent.
  func numbers(_ key: String, count: Int, from lower: Int, below limit: Int) throws(Failure) -> [Int]? {
    guard let text = texts[key] else { return nil }
    let words = text.split(separator: " "), numbers = words.compactMap { Int($0) }
    guard words.count == count, numbers.count == count,
      numbers.allSatisfy({ $0 >= lower && $0 < limit })
    else {
      throw .badData(
        "weights: \(key) is \"\(text)\"; expected \(count) numbers from \(lower) to \(limit - 1)")
    }
    return numbers
  }

  /// Channels and units of YuNet.
  func yuNet() throws(Failure) -> YuNet.Size {
    var size = YuNet.Size()
    size.channels =
      try numbers("channels", count: size.channels.count, from: 1, below: 1 << 10) ?? size.channels
    size.units = try numbers("units", count: size.units.count, from: 0, below: 1 << 6) ?? size.units
    return size
  }

  /// The width of the first convolution and the number of residual blocks, by default Johnson's.
  func fastStyle() throws(Failure) -> (filters: Int, blocks: Int) {
    (try number("filters", below: 1 << 10) ?? 32, try number("blocks", below: 1 << 8) ?? 5)
  }
}
