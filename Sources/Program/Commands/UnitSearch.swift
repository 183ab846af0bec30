import CFaceStyle

// A model's layers and their units' responses: the library's calls in Swift.

extension Model {
  var layers: [String] {
    (0..<fs_model_layer_count(handle)).map {
      fs_model_layer_name(handle, $0).map { String(cString: $0) } ?? ""
    }
  }

  func describe(layer: String) throws(Failure) -> fs_layer_info {
    var described = fs_layer_info()
    described.size = MemoryLayout<fs_layer_info>.size
    try check(fs_model_layer_info_get(handle, layer, &described), path)
    return described
  }

  /// A layer's response to a picture, [height, width, units].
  func features(_ picture: Picture, _ layer: String, _ pooling: fs_pooling) throws(Failure) -> LayerAnswer {
    var shape: [UInt32] = [0, 0, 0]
    try check(fs_model_features(handle, picture.handle, layer, pooling, nil, 0, &shape))
    let sides = shape.map { Int($0) }
    var values = [Float](repeating: 0, count: sides[0] * sides[1] * sides[2])
    try check(fs_model_features(handle, picture.handle, layer, pooling, &values, values.count, &shape))
    return LayerAnswer(height: sides[0], width: sides[1], units: sides[2], values: values)
  }

  /// The fixed input size of the network; nil if any size is accepted.
  var inputSize: (width: Int, height: Int)? {
    var described = fs_architecture_info()
    described.size = MemoryLayout<fs_architecture_info>.size
    guard fs_architecture_info_get(architecture, &described) == FS_OK, described.width > 0 else { return nil }
    return (Int(described.width), Int(described.height))
  }
}

struct LayerAnswer {
  let height, width, units: Int
  let values: [Float]

  /// The largest response of each unit.
  var peaks: [Float] {
    var peaks = [Float](repeating: 0, count: units)
    for (i, value) in values.enumerated() where value > peaks[i % units] { peaks[i % units] = value }
    return peaks
  }

  /// The units with the largest responses, of equal ones the first.
  func strongest(_ count: Int) -> [Int] {
    let peaks = self.peaks
    return Array(peaks.indices.sorted { (peaks[$0], $1) > (peaks[$1], $0) }.prefix(count))
  }

  /// A unit's response as a picture, scaled from 0 to `highest`.
  func map(of unit: Int, highest: Float, _ palette: fs_palette) throws(Failure) -> Picture {
    try values.withUnsafeBufferPointer { values throws(Failure) in
      let own = UnsafeBufferPointer(rebasing: values[unit...])
      return Picture(
        owning: try made("") {
          fs_image_from_map(
            &$0, own.baseAddress, own.count, UInt32(width), UInt32(height), units, 0, highest, palette)
        })
    }
  }
}

/// The strongest responses of a layer's units over pictures.
final class UnitSearch {
  private let handle: OpaquePointer

  static func defaults() throws(Failure) -> fs_unit_search_options {
    var options = fs_unit_search_options()
    try check(fs_unit_search_options_init(&options, MemoryLayout<fs_unit_search_options>.size))
    return options
  }

  /// - Parameter units: nil for all.
  init(_ model: Model, _ layer: String, _ options: fs_unit_search_options, units: [Int]?) throws(Failure) {
    var options = options
    let units = units.map { $0.map { UInt32(clamping: $0) } }
    handle = try made(model.path) { out in
      guard let units else { return fs_unit_search_create(&out, model.handle, layer, &options) }
      return units.withUnsafeBufferPointer { units in
        (options.units, options.unit_count) = (units.baseAddress, units.count)
        return fs_unit_search_create(&out, model.handle, layer, &options)
      }
    }
  }

  deinit { fs_unit_search_destroy(handle) }

  func add(_ picture: Picture) throws(Failure) { try check(fs_unit_search_add(handle, picture.handle)) }

  func patches(of unit: Int) throws(Failure) -> [fs_unit_patch] {
    var patches = [fs_unit_patch](repeating: fs_unit_patch(), count: Int(FS_UNIT_MAX_PATCHES)), count = 0
    try check(fs_unit_search_patches(handle, UInt32(clamping: unit), &patches, patches.count, &count))
    return Array(patches.prefix(count))
  }
}

extension Picture {
  func cut(_ patch: fs_unit_patch) throws(Failure) -> Picture {
    var patch = patch
    return Picture(owning: try made("") { fs_unit_patch_cut(&$0, handle, &patch) })
  }

  /// At another size; unless a filter is given, strongly enlarged pixels stay squares.
  func resized(width: Int, height: Int, _ filter: fs_filter? = nil) throws(Failure) -> Picture {
    let filter = filter ?? (width >= 4 * self.width ? FS_AREA : FS_BICUBIC)
    return Picture(
      owning: try made("") { fs_image_resize(&$0, handle, UInt32(width), UInt32(height), filter) })
  }

  /// Its size with the longer side scaled to `longest`.
  func size(longest: Int) -> (width: Int, height: Int) {
    let side = max(width, height)
    func scaled(_ x: Int) -> Int { max(1, (2 * x * longest + side) / (2 * side)) }
    return (scaled(width), scaled(height))
  }
}
