import Images
import Networks
import Tensors

/// What makes units of a layer answer most: over a set of pictures the strongest places, with what the unit
/// sees there (Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, figure 2).
///
/// Pictures come one at a time and none is kept. Only answers above 0 count: a rectified unit at 0 says
/// nothing. Of equal answers the earlier picture's is first, in a picture the upper, then the left one's.
package final class UnitSearch: @unchecked Sendable {
  package static var maxPatches: Int { 64 }

  package struct Options {
    /// Kept of each unit, 1 to `maxPatches`.
    package var patches = 9
    /// From one picture, 1 to `maxPatches`; fields that share more than half their area count as one place.
    package var patchesPerPicture = 1
    /// Pictures with a longer side are reduced to it; 0: none is. A network of one size gets its size.
    package var longestSide = 512
    /// Only places whose field lies in the picture with all its pixels.
    package var isInside = false
    /// VGG-19 was trained with the maximum.
    package var pooling = Pooling.maximum
    /// Nil: all of the layer's.
    package var units: [Int]?

    package init() {}
  }

  package struct Patch: Equatable {
    /// From 0, in the order of their coming.
    package var picture: Int
    package var activation: Float
    /// Of the unit in the layer's answer to the picture.
    package var row, column: Int
    /// The unit's field in the picture's own pixels: whole, also beyond the edges, and what of it lies in the
    /// picture.
    package var field, region: Region
  }

  private let model: Model
  private let layer: String
  private let options: Options
  private let input: Extent
  private let receptiveField: ReceptiveField
  private let units: [Int]
  /// Of each of `units`, the strongest first.
  private var found: [[Patch]]
  private var pictures = 0
  private let lock = Lock()

  /// - Throws: `.notFound` for a layer that the model lacks, `.wrongModel` for one of several networks.
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

  /// Looks at one more picture; where this fails nothing has changed.
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
  /// - Throws: `.invalidArgument` for a unit that was not asked for.
  package func patches(of unit: Int) throws(Failure) -> [Patch] {
    guard let place = units.firstIndex(of: unit) else {
      throw .invalidArgument("unit \(unit); expected one that the search was asked for")
    }
    return lock.hold { found[place] }
  }

  /// What the network is given of a picture.
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
      // Only what is stronger than the weakest that is kept counts: of equal ones the first stays.
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
