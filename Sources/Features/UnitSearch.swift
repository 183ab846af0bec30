import Images
import Networks
import Tensors

/// Finds what a layer's units respond to most: over a set of pictures the strongest positions, with the
/// unit's receptive field (Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014,
/// figure 2).
///
/// Pictures come one at a time and are not kept. Only responses above 0 count: a rectified unit at 0 carries
/// no information. Ties go to the earlier picture, then to the upper, then to the left position.
package final class UnitSearch: @unchecked Sendable {
  package static var maxPatches: Int { 64 }

  package struct Options {
    /// Patches kept per unit, 1 to `maxPatches`.
    package var patches = 9
    /// Patches per picture, 1 to `maxPatches`; fields that share more than half of their area count as one.
    package var patchesPerPicture = 1
    /// Pictures with a longer side are reduced to it; 0: never. A network of fixed size gets its size.
    package var longestSide = 512
    /// Only fields that lie entirely inside the picture.
    package var isInside = false
    /// VGG-19 was trained with the maximum.
    package var pooling = Pooling.maximum
    /// Nil: all units of the layer.
    package var units: [Int]?

    package init() {}
  }

  package struct Patch: Equatable {
    /// From 0, in the order in which they were added.
    package var picture: Int
    package var activation: Float
    /// The unit's position in the layer's response to the picture.
    package var row, column: Int
    /// The unit's field in the picture's own pixels: whole, even past the edges, and its part inside the
    /// picture.
    package var field, region: Region
  }

  private let model: Model
  private let layer: String
  private let options: Options
  private let input: Extent
  private let receptiveField: ReceptiveField
  private let units: [Int]
  /// For each of `units`, the strongest first.
  private var found: [[Patch]]
  private var pictures = 0
  private let lock = Lock()

  /// - Throws: `.notFound` for a layer that the model lacks, `.wrongModel` for a model of several networks.
  package init(_ model: Model, layer: String, _ options: Options) throws(Failure) {
    for (count, name) in [(options.patches, "patches"), (options.patchesPerPicture, "patches of a picture")]
    where count < 1 || count > UnitSearch.maxPatches {
      throw .invalidArgument("\(count) \(name); expected 1 to \(UnitSearch.maxPatches)")
    }
    guard options.longestSide >= 0, options.longestSide <= Image.maxSide else {
      throw .invalidArgument("a longest side of \(options.longestSide); expected 0 to \(Image.maxSide)")
    }
    let (count, field) = try model.units(ofLayer: layer)
    let asked = options.units ?? Array(0..<count)
    guard !asked.isEmpty else { throw .invalidArgument("no units; expected one at least") }
    for unit in asked where unit < 0 || unit >= count {
      throw .invalidArgument("unit \(unit); expected less than \(count), the units of \(layer)")
    }
    var isAsked = [Bool](repeating: false, count: count)
    for unit in asked { isAsked[unit] = true }
    units = isAsked.indices.filter { isAsked[$0] }
    found = .init(repeating: [], count: units.count)
    (self.model, self.layer, self.options, receptiveField) = (model, layer, options, field)
    input = try model.architecture().input
    _ = try model.network()
  }

  /// Searches one more picture; changes nothing if it throws.
  package func add(_ image: Image) throws(Failure) {
    let (width, height) = size(for: image)
    let scaled = try image.resized(width: width, height: height, filter: .bilinear)
    try lock.hold { () throws(Failure) in
      try scaled.pixels.withSpan { pixels throws(Failure) in
        try model.withFeatures(
          pixels, height: height, width: width, layer: layer, pooling: options.pooling
        ) { answers throws(Failure) in
          let extents = answers.extents(0)
          look(
            Answer(values: answers[0], rows: extents[1], columns: extents[2], channels: extents[3]),
            at: image,
            height, width)
        }
      }
      pictures += 1
    }
  }

  /// The strongest first.
  /// - Throws: `.invalidArgument` for a unit that was not requested.
  package func patches(of unit: Int) throws(Failure) -> [Patch] {
    guard let place = units.firstIndex(of: unit) else {
      throw .invalidArgument("unit \(unit); expected one that the search was asked for")
    }
    return lock.hold { found[place] }
  }

  /// The size at which the network sees a picture.
  private func size(for image: Image) -> (width: Int, height: Int) {
    if let width = input.width, let height = input.height { return (width, height) }
    let longest = max(image.width, image.height), limit = options.longestSide
    guard limit > 0, longest > limit else { return (image.width, image.height) }
    func scaled(_ side: Int) -> Int { max(1, (2 * side * limit + longest) / (2 * longest)) }
    return (scaled(image.width), scaled(image.height))
  }

  /// [rows, columns, channels]
  private struct Answer {
    let values: UnsafePointer<Float>
    let rows, columns, channels: Int
  }

  private func look(_ answer: Answer, at image: Image, _ height: Int, _ width: Int) {
    let fields = UnitFields(
      field: receptiveField, window: receptiveField.window, height: height, width: width)
    var taken = [[(row: Int, column: Int)]](repeating: [], count: units.count)
    let places =
      options.isInside ? fields.inside(answer.rows, answer.columns) : (0..<answer.rows, 0..<answer.columns)
    for round in 0..<min(options.patchesPerPicture, options.patches) {
      // Only responses stronger than the weakest one kept count: on ties the first stays.
      var best = found.map { $0.count < options.patches ? 0 : $0.last?.activation ?? 0 }
      var chosen = [(row: Int, column: Int)?](repeating: nil, count: units.count)
      for row in places.0 {
        for column in places.1 {
          let values = answer.values + (row * answer.columns + column) * answer.channels
          for (i, unit) in units.enumerated() where values[unit] > best[i] {
            if round > 0, taken[i].contains(where: { fields.overlap($0, (row, column)) }) { continue }
            best[i] = values[unit]
            chosen[i] = (row, column)
          }
        }
      }
      var isDone = true
      for (i, place) in chosen.enumerated() {
        guard let (row, column) = place else { continue }
        isDone = false
        taken[i].append((row, column))
        keep(
          Patch(
            picture: pictures, activation: best[i], row: row, column: column,
            field: image.region(fields.whole(row, column), of: height, width),
            region: image.region(fields.visible(row, column), of: height, width)), in: i)
      }
      if isDone { return }
    }
  }

  private func keep(_ patch: Patch, in i: Int) {
    let place = found[i].firstIndex { $0.activation < patch.activation } ?? found[i].count
    found[i].insert(patch, at: place)
    if found[i].count > options.patches { found[i].removeLast() }
  }
}
