import Tensors

/// An array that belongs to a loss: trained with the network, not part of it afterwards.
package struct HeadParameter {
  package let name: String
  /// Its initial values.
  package let tensor: Tensor<Float>
  /// Whether an optimiser updates it. `Loss.updatedHead` updates centres.
  package let isOptimised: Bool
}

extension Loss {
  /// The arrays of a loss.
  enum Head {
    case none
    /// Of an angular margin: weights without bias.
    case weights
    case classifier, classifierAndCentres
    /// Of one class: are the two the same person?
    case pair
  }

  /// The names of `headParameters`.
  package var headNames: [String] {
    switch head {
    case .none: []
    case .weights: ["classifier.weight"]
    case .classifier: ["classifier.weight", "classifier.bias"]
    case .classifierAndCentres: ["classifier.weight", "classifier.bias", "centres"]
    case .pair: ["pair.weight", "pair.bias"]
    }
  }

  /// Whether the head has one row per class.
  package var hasClasses: Bool { wanted == .classes && !headNames.isEmpty }

  /// Their shapes: weights and centres [classes, dimension], a bias [classes]; a pair has one class.
  package func headShapes(dimension: Int, classes: Int) throws(Failure) -> [Shape] {
    guard dimension >= 1, classes >= 1 || !hasClasses else {
      throw .invalidArgument("a head for \(dimension) numbers and \(classes) classes; expected 1 or more")
    }
    let rows = hasClasses ? classes : 1
    var shapes: [Shape] = []
    for name in headNames { try shapes.append(Shape(name.hasSuffix(".bias") ? [rows] : [rows, dimension])) }
    return shapes
  }

  /// The initial arrays of the loss: weights and centres uniform within +-sqrt(6 / (dimension + classes))
  /// (Glorot and Bengio 2010, equation 16), biases 0. A seed always gives the same numbers.
  package func headParameters(dimension: Int, classes: Int, seed: UInt64) throws(Failure) -> [HeadParameter] {
    var generator = Generator(seed: seed)
    var parameters: [HeadParameter] = []
    for (name, shape) in zip(headNames, try headShapes(dimension: dimension, classes: classes)) {
      let tensor = try Tensor<Float>(shape.extents, repeating: 0)
      if shape.rank == 2 {
        let bound = (6 / Float(shape[0] + shape[1])).squareRoot()
        for i in 0..<tensor.count { tensor.pointer[i] = bound * (2 * generator.uniform() - 1) }
      }
      parameters.append(HeadParameter(name: name, tensor: tensor, isOptimised: name != "centres"))
    }
    return parameters
  }

  /// The head after a batch, updated by the loss's own rule: moves centres towards their classes.
  package func updatedHead<Element: Scalar>(
    _ head: [Tensor<Element>], embeddings: Tensor<Element>, targets: Targets<Element>
  ) throws(Failure) -> [Tensor<Element>] {
    guard case .centre(_, let rate, _) = self else { return head }
    guard head.count == 3, case .labels(let labels) = targets else {
      throw .invalidArgument("a head of \(head.count) arrays; expected 3, and labels")
    }
    let centres = try updatedCentres(head[2], embeddings: embeddings, labels: labels, rate: Element(rate))
    return [head[0], head[1], centres]
  }
}
