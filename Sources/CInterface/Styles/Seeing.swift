import CFaceStyle
import CSystem
import Features
import Images
import Networks
import Tensors

@c @implementation
public func fs_model_layer_count(_ model: OpaquePointer?) -> Int {
  Handle.find(model, ModelHandle.self)?.layerNames.count ?? 0
}

@c @implementation
public func fs_model_layer_name(_ model: OpaquePointer?, _ index: Int) -> UnsafePointer<CChar>? {
  guard let names = Handle.find(model, ModelHandle.self)?.layerNames, names.indices.contains(index) else {
    return nil
  }
  return names[index].map { UnsafePointer($0) }
}

@c @implementation
public func fs_model_layer_info_get(
  _ handle: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ info: UnsafeMutablePointer<fs_layer_info>?
) -> fs_status {
  boundary { () throws(Failure) in
    let model = try model(handle)
    let name = try text(name, "name", limit: 64)
    let (count, field) = try model.units(ofLayer: name)
    let window = field.window ?? .init(size: 0, stride: 0, start: 0)
    let found = fs_layer_info(
      size: MemoryLayout<fs_layer_info>.size, units: UInt32(clamping: count),
      field: UInt32(clamping: window.size), stride: UInt32(clamping: window.stride),
      start: Int32(clamping: window.start))
    try fill(info, with: found, "info")
  }
}

extension fs_layer_info: SizedStruct {
  static var standard: fs_layer_info { fs_layer_info() }
}

extension UnitSearch: HandleKind {
  static var kind: StaticString { "fs_unit_search" }
}

@c @implementation
public func fs_unit_search_options_init(
  _ options: UnsafeMutablePointer<fs_unit_search_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_unit_search_options: SizedStruct {
  static var standard: fs_unit_search_options {
    let standard = UnitSearch.Options()
    return fs_unit_search_options(
      size: MemoryLayout<fs_unit_search_options>.size, patches: UInt32(clamping: standard.patches),
      per_picture: UInt32(clamping: standard.patchesPerPicture),
      longest_side: UInt32(clamping: standard.longestSide),
      inside: standard.isInside ? 1 : 0, pooling: standard.pooling.inC, units: nil, unit_count: 0)
  }
}

extension UnitSearch.Options {
  fileprivate init(_ given: fs_unit_search_options) throws(Failure) {
    self.init()
    patches = Int(given.patches)
    patchesPerPicture = Int(given.per_picture)
    longestSide = Int(given.longest_side)
    isInside = given.inside != 0
    pooling = try Pooling(given.pooling)
    if given.units != nil || given.unit_count != 0 {
      var asked: [Int] = []
      for unit in try buffer(given.units, given.unit_count, "units") { asked.append(Int(unit)) }
      units = asked
    }
  }
}

@c @implementation
public func fs_unit_search_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?, _ layer: UnsafePointer<CChar>?,
  _ options: UnsafePointer<fs_unit_search_options>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let model = try model(handle)
    let layer = try text(layer, "layer", limit: 64)
    out.pointee = Handle.make(try UnitSearch(model, layer: layer, .init(known(options))))
  }
}

@c @implementation
public func fs_unit_search_add(_ search: OpaquePointer?, _ picture: OpaquePointer?) -> fs_status {
  boundary { () throws(Failure) in
    let search = try Handle.object(search, UnitSearch.self, "search")
    try search.add(Handle.object(picture, Image.self, "picture"))
  }
}

@c @implementation
public func fs_unit_search_patches(
  _ search: OpaquePointer?, _ unit: UInt32, _ patches: UnsafeMutablePointer<fs_unit_patch>?, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>?
) -> fs_status {
  boundary { () throws(Failure) in
    let search = try Handle.object(search, UnitSearch.self, "search")
    let count = try required(count, "count")
    let found = try search.patches(of: Int(unit))
    if capacity != 0 {
      let target = try output(patches, capacity: capacity, needed: 0, "patches")
      for (i, patch) in found.prefix(capacity).enumerated() { target[i] = fs_unit_patch(patch) }
    }
    count.pointee = found.count
  }
}

extension fs_unit_patch {
  init(_ patch: UnitSearch.Patch) {
    self.init(
      activation: patch.activation, picture: UInt32(clamping: patch.picture),
      row: UInt32(clamping: patch.row),
      column: UInt32(clamping: patch.column),
      x: Int32(clamping: patch.field.x), y: Int32(clamping: patch.field.y),
      width: UInt32(clamping: patch.field.width),
      height: UInt32(clamping: patch.field.height),
      region: fs_region(
        x: UInt32(clamping: patch.region.x), y: UInt32(clamping: patch.region.y),
        width: UInt32(clamping: patch.region.width),
        height: UInt32(clamping: patch.region.height)))
  }
}

@c @implementation
public func fs_unit_search_destroy(_ search: OpaquePointer?) { Handle.destroy(search, UnitSearch.self) }

@c @implementation
public func fs_unit_patch_cut(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ picture: OpaquePointer?,
  _ patch: UnsafePointer<fs_unit_patch>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let picture = try Handle.object(picture, Image.self, "picture")
    let patch = try required(patch, "patch").pointee
    let field = Region(x: Int(patch.x), y: Int(patch.y), width: Int(patch.width), height: Int(patch.height))
    out.pointee = Handle.make(try picture.patch(field))
  }
}

@c @implementation
public func fs_image_from_map(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ values: UnsafePointer<Float>?, _ count: Int,
  _ width: UInt32,
  _ height: UInt32, _ stride: Int, _ lowest: Float, _ highest: Float, _ palette: fs_palette
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let values = try buffer(values, count, "values")
    let palette = try Palette(palette)
    out.pointee = Handle.make(
      try Image(
        map: values.span, width: Int(width), height: Int(height), stride: stride, lowest: lowest,
        highest: highest,
        palette))
  }
}
