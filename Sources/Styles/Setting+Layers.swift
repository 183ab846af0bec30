import Tensors

extension Setting {
  /// A number in limits, or 0 for "all", "none" or "the content's".
  init<Number: Numeric>(_ name: String, zeroOr value: Number, _ limits: Limits<Number>) {
    let text = value.description, isGood = value == 0 || limits.contains(value)
    self.init(name, text, fault: isGood ? nil : "\(name) \(text); expected 0 or \(limits.description)")
  }

  /// Layers with their weights; no layer twice.
  init(_ name: String, _ layers: [(name: String, weight: Float)]) {
    let limits = Limits<Float>.from(0, to: 1e6)
    var text = "", fault: String?
    for (i, layer) in layers.enumerated() {
      text += "\(text.isEmpty ? "" : ", ")\(layer.name) \(layer.weight)"
      guard fault == nil else { continue }
      if !limits.contains(layer.weight) {
        fault = "\(name): the weight of \"\(layer.name)\" is \(layer.weight); expected \(limits.description)"
      } else if layers[..<i].contains(where: { $0.name == layer.name }) {
        fault = "\(name): \"\(layer.name)\" is given twice; expected each layer once"
      }
    }
    self.init(name, text.isEmpty ? "none" : text, fault: fault)
  }
}
