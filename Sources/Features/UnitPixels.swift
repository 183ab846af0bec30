import Images
import Networks
import Tensors

/// Which pixels a unit's response comes from (Zeiler and Fergus, "Visualizing and understanding convolutional
/// networks", 2014, figure 2): the response at one place, passed back to the picture.
///
/// Only the unit's field is computed: a part of the picture that begins at a multiple of the layer's stride,
/// so that all windows of pooling lie as they do in the whole.
package struct UnitPixels {
  /// The place; its picture is 0.
  package let patch: UnitSearch.Patch
  /// [height, width, 3], by R, G, B, for a level of 255: 0 outside the field.
  package let values: Tensor<Float>

  /// - Parameters:
  ///   - image: at the network's size, if that is fixed.
  ///   - place: the unit's position in the layer's response; nil: the strongest, of equal ones the upper,
  ///     then the left one.
  /// - Throws: `.notFound` for a layer that the model lacks, `.wrongModel` for a model of several networks,
  ///   `.invalidArgument`.
  package init(
    _ model: Model, _ image: Image, layer: String, unit: Int, place: (row: Int, column: Int)? = nil,
    pooling: Pooling, _ wayBack: WayBack
  ) throws(Failure) {
    let (height, width) = (image.height, image.width)
    let shape = try model.shape(ofLayer: layer, height: height, width: width)
    guard (0..<shape.channels).contains(unit) else {
      throw .invalidArgument("unit \(unit); expected less than \(shape.channels), the units of \(layer)")
    }
    if let place {
      guard (0..<shape.height).contains(place.row), (0..<shape.width).contains(place.column) else {
        throw .invalidArgument(
          "row \(place.row) and column \(place.column) of \(layer); expected less than \(shape.height) and \(shape.width)"
        )
      }
    }
    let answer = try image.pixels.withSpan { pixels throws(Failure) in
      try model.features(pixels, height: height, width: width, layer: layer, pooling: pooling)
    }
    let (row, column) = place ?? strongest(answer, unit)
    let activation = answer[(row * shape.width + column) * shape.channels + unit]
    guard activation.isFinite else {
      throw .badData("the model answers \(activation): its weights are damaged")
    }

    let field = try model.units(ofLayer: layer).field
    let fields = UnitFields(field: field, window: field.window, height: height, width: width)
    patch = UnitSearch.Patch(
      picture: 0, activation: activation, row: row, column: column,
      field: image.region(fields.whole(row, column), of: height, width),
      region: image.region(fields.visible(row, column), of: height, width))
    values = try Tensor<Float>([height, width, 3], repeating: 0)
    let seen = fields.visible(row, column)
    guard !seen.isEmpty else { return }
    let part = fields.part(row, column, seen)
    let behind = try model.pixels(
      behind: (row - part.row, column - part.column, unit), of: layer, image.patch(part.region),
      pooling: pooling, wayBack)
    // The field alone: fast convolutions leave roundings beside it.
    withPointers(values, behind) { values, behind in
      for y in seen.rows {
        let x = seen.columns.lowerBound
        let source = behind + 3 * ((y - part.region.y) * part.region.width + x - part.region.x)
        (values + 3 * (y * width + x)).update(from: source, count: 3 * seen.columns.count)
      }
    }
  }
}

/// The place of a unit's largest response, [1, rows, columns, channels].
private func strongest(_ answer: Tensor<Float>, _ unit: Int) -> (row: Int, column: Int) {
  let columns = answer.shape[2], channels = answer.shape[3]
  var best = 0
  for i in 0..<(answer.shape[1] * columns)
  where answer[i * channels + unit] > answer[best * channels + unit] { best = i }
  return (best / columns, best % columns)
}

extension UnitFields {
  /// A part of the picture in which one unit sees what it sees in the whole, and how many units lie before
  /// that part.
  /// - Parameter seen: the pixels that it sees, one at least.
  func part(
    _ row: Int, _ column: Int, _ seen: ReceptiveField.Box
  ) -> (region: Region, row: Int, column: Int) {
    guard let window else { return (Region(x: 0, y: 0, width: width, height: height), 0, 0) }
    func side(_ unit: Int, _ seen: Range<Int>, _ side: Int) -> (first: Int, count: Int, before: Int) {
      // Mirrored edges show pixels outside the window.
      let pixels = window.pixels(of: unit).clamped(to: 0..<side)
      let before = min(pixels.lowerBound, seen.lowerBound) / window.stride, first = before * window.stride
      return (first, max(pixels.upperBound, seen.upperBound) - first, before)
    }
    let y = side(row, seen.rows, height), x = side(column, seen.columns, width)
    return (Region(x: x.first, y: y.first, width: x.count, height: y.count), y.before, x.before)
  }
}

extension Model {
  /// What a number of a layer's response to a picture passes back to its levels: [height, width, 3].
  fileprivate func pixels(
    behind place: (row: Int, column: Int, channel: Int), of layer: String, _ picture: Image,
    pooling: Pooling, _ wayBack: WayBack
  ) throws(Failure) -> Tensor<Float> {
    let architecture = try self.architecture(), (height, width) = (picture.height, picture.width)
    let x = try architecture.input(picture.pixels, height: height, width: width)
    let dx = try network().pixels(behind: place, of: layer, x, pooling: pooling, wayBack)
    return try architecture.pullBack(dx)
  }
}
