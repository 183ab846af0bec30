import Tensors

// The text of a network in a weight file: one line for the input, one per node, one per output.
//
//     input channels=3 height=96 width=96 mean=127.5,127.5,127.5 scale=0.0078125
//     conv1 convolution filters=64 kernel=7 stride=2 padding=3 activation=rectifier < input
//     pool1 pool pooling=maximum kernel=3 stride=2 < conv1
//     output pool1
//     output embedding = conv1
//
// A node reads values of the lines above it. Empty lines and lines that begin with # are ignored.

extension Architecture {
  /// The name of an architecture that the file itself describes.
  package static var graphName: StaticString { "graph" }
  /// The key of a weight file's metadata.
  package static var graphKey: String { "graph" }

  /// Whether the architecture is described by its graph, not by its name.
  package var isGraph: Bool { "\(name)" == "\(Architecture.graphName)" }

  /// Identifies the network uniquely.
  var identity: String {
    guard isGraph else { return "\(name)" }
    var print = Fingerprint()
    print.add(text)
    return "\(name) \(String(print.value, radix: 16))"
  }

  /// The network as text, which `init(text:)` reads back.
  package var text: String {
    var text = "input channels=\(input.channels)"
    if let height = input.height { text += " height=\(height)" }
    if let width = input.width { text += " width=\(width)" }
    let means = [mean.0, mean.1, mean.2]
    if means != [0, 0, 0] { text += " mean=" + means.map { exactText($0) }.joined(separator: ",") }
    if scale != 1 { text += " scale=" + exactText(scale) }
    if isBGR { text += " order=bgr" }
    return text + "\n" + graph.text
  }

  /// - Throws: `.badData` if the text is not a network, with the node and the fault.
  package init(text: String) throws(Failure) {
    var lines = GraphLines(text)
    guard let first = lines.next(), first[0] == "input" else {
      throw .badData("graph: no line \"input\"; expected it first")
    }
    var entries = try LayerText(name: "input", first.dropFirst())
    let channels = try entries.number("channels", 1...3, usual: 3)
    guard channels != 2 else { throw entries.refusal("channels", "2", "1 or 3") }
    let hasSize = entries.entries.contains { $0.key == "height" || $0.key == "width" }
    let sides = 1...(1 << 14)
    let input = Extent(
      height: hasSize ? try entries.number("height", sides) : nil,
      width: hasSize ? try entries.number("width", sides) : nil, channels: channels)
    let mean = try Architecture.mean(&entries)
    let scale = Float(try entries.real("scale", usual: 1))
    guard scale != 0, scale.isFinite else {
      throw entries.refusal("scale", exactText(scale), "a number but 0")
    }
    let order = entries.take("order") ?? "rgb"
    guard order == "rgb" || order == "bgr" else { throw entries.refusal("order", order, "rgb or bgr") }
    try entries.checkEmpty()
    let graph = try Graph(&lines)
    try graph.check(for: input)
    self.init(
      name: Architecture.graphName, input: input, isBGR: order == "bgr", mean: mean, scale: scale,
      graph: graph)
  }

  private static func mean(_ entries: inout LayerText) throws(Failure) -> (Float, Float, Float) {
    guard let word = entries.take("mean") else { return (0, 0, 0) }
    var means: [Float] = []
    for part in word.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = exactNumber(String(part)), Float(number).isFinite else { break }
      means.append(Float(number))
    }
    guard means.count == 3 else { throw entries.refusal("mean", word, "three numbers, parted by commas") }
    return (means[0], means[1], means[2])
  }
}

/// The words of each line that is not ignored.
private struct GraphLines {
  private var lines: ArraySlice<Substring>

  init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: true)[...] }

  mutating func next() -> [Substring]? {
    while let line = lines.popFirst() {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      if let first = words.first, !first.hasPrefix("#") { return words }
    }
    return nil
  }
}

extension Graph {
  /// The lines of the nodes and outputs.
  package var text: String {
    var text = ""
    func name(_ value: Int) -> String { value == 0 ? "input" : nodes[value - 1].name }
    for node in nodes {
      text += "\(node.name) \(node.layer.traits.kind)\(node.layer.text(ofNode: node.name).words) < "
      text += node.inputs.map { name($0) }.joined(separator: ", ") + "\n"
    }
    for output in outputs {
      text += "output " + output.name
      text += output.name == name(output.value) ? "\n" : " = \(name(output.value))\n"
    }
    return result == nodes.count ? text : text + "result \(name(result))\n"
  }

  fileprivate init(_ lines: inout GraphLines) throws(Failure) {
    var reader = GraphReader()
    while let line = lines.next() { try reader.read(line) }
    self = try reader.graph()
  }

  /// Checks that it accepts a picture, by the sizes of all values; unknown sides are not checked.
  /// - Throws: `.badData`, naming the node.
  package func check(for input: Extent) throws(Failure) {
    var extents = [input]
    for node in nodes {
      let inputs = node.inputs.map { extents[$0] }
      let extent = node.layer.output(for: inputs)
      func refusal(_ reason: String) -> Failure { .badData("graph: \(node.name): \(reason)") }
      let sides = 1...(1 << 16)
      guard sides.contains(extent.height ?? 1), sides.contains(extent.width ?? 1),
        LayerLimits.channels.contains(extent.channels)
      else {
        throw refusal(
          "a result of \(extent.description); expected sides of 1 to \(sides.upperBound) and 1 to "
            + "\(LayerLimits.channels.upperBound) channels"
        )
      }
      do throws(Failure) {
        for input in inputs { try node.layer.check(input) }
        for tensor in try node.layer.tensors(for: inputs[0]) { _ = try Shape(tensor.extents) }
      } catch { throw refusal(error.reason) }
      extents.append(extent)
    }
  }
}

/// Builds a graph from its lines.
private struct GraphReader {
  private var nodes: [Graph.Node] = []
  private var outputs: [Graph.Output] = []
  private var result: Int?
  private var values = ["input": 0]
  private let makers = AnyLayer.makers

  mutating func read(_ line: [Substring]) throws(Failure) {
    switch line[0] {
    case "input": throw .badData("graph: a second line \"input\"; expected one")
    case "output":
      let name = line.count > 1 ? String(line[1]) : ""
      guard line.count == 2 || line.count == 4 && line[2] == "=" else {
        throw .badData("graph: a line \"output \(name)\" of \(line.count) words; expected output name = node")
      }
      guard !outputs.contains(where: { $0.name == name }) else {
        throw .badData("graph: output \(name) twice; expected once")
      }
      guard outputs.count < Graph.maxNodes else { throw tooMany("outputs") }
      outputs.append(Graph.Output(name: name, value: try value(line[line.count - 1], "output \(name)")))
    case "result":
      guard line.count == 2, result == nil else {
        throw .badData(
          "graph: a line \"result\" too many or of \(line.count) words; expected one, result node")
      }
      result = try value(line[1], "result")
    default: try readNode(line)
    }
  }

  private mutating func readNode(_ line: [Substring]) throws(Failure) {
    let name = String(line[0])
    guard let arrow = line.firstIndex(of: "<"), arrow >= 2 else {
      throw .badData("graph: \(name): no inputs; expected name kind parameters < inputs")
    }
    guard values[name] == nil else { throw .badData("graph: \(name) twice; expected another name") }
    guard nodes.count < Graph.maxNodes else { throw tooMany("nodes") }
    let inputs = try inputs(line[(arrow + 1)...], name)
    guard let maker = makers.first(where: { "\($0.kind)" == line[1] }) else {
      throw .badData("graph: \(name): kind \"\(line[1])\"; expected one of \(kinds)")
    }
    var text = try LayerText(name: name, line[2..<arrow])
    let layer = try maker.make(&text)
    try text.checkEmpty()
    let counts = layer.traits.inputCounts
    guard counts.contains(inputs.count) else {
      throw .badData(
        "graph: \(name): \(inputs.count) inputs; expected \(counts.lowerBound) to \(counts.upperBound)")
    }
    nodes.append(Graph.Node(name: name, layer: layer, inputs: inputs))
    values[name] = nodes.count
  }

  /// Names separated by commas, with or without spaces.
  private func inputs(_ words: ArraySlice<Substring>, _ node: String) throws(Failure) -> [Int] {
    var inputs: [Int] = []
    for word in words {
      for name in word.split(separator: ",", omittingEmptySubsequences: true) {
        guard inputs.count < Graph.maxInputs else { throw tooMany("inputs of \(node)") }
        inputs.append(try value(name, node))
      }
    }
    return inputs
  }

  private func value(_ name: Substring, _ reader: String) throws(Failure) -> Int {
    guard let value = values[String(name)] else {
      throw .badData("graph: \(reader): input \"\(name)\"; expected \"input\" or a node above")
    }
    return value
  }

  private func tooMany(_ what: String) -> Failure {
    .badData(
      "graph: too many \(what); expected at most \(Graph.maxNodes) nodes and \(Graph.maxInputs) inputs")
  }

  private var kinds: String { makers.map { "\($0.kind)" }.joined(separator: ", ") }

  func graph() throws(Failure) -> Graph {
    guard !nodes.isEmpty, !outputs.isEmpty else {
      throw .badData("graph: \(nodes.count) nodes and \(outputs.count) outputs; expected one or more of each")
    }
    return Graph(nodes: nodes, outputs: outputs, result: result ?? nodes.count)
  }
}
