import CFaceStyle
import CSystem
import Images
import Networks
import Tensors

/// A model with its texts as C strings, which callers borrow.
final class ModelHandle: HandleKind {
  static var kind: StaticString { "fs_model" }

  let model: Model
  let information: ModelInformation
  private var texts: [String: UnsafeMutablePointer<CChar>] = [:]
  /// Empty for a model of several networks.
  private(set) var layerNames: [UnsafeMutablePointer<CChar>?] = []

  /// - Throws: `.badData` for metadata that do not describe a valid network.
  init(_ model: Model) throws(Failure) {
    self.model = model
    information = try ModelInformation(model)
    for (key, value) in model.weights.metadata { texts[key] = value.withCString { strdup($0) } }
    let architecture: Architecture
    do throws(Failure) {
      architecture = try model.architecture()
    } catch {
      guard error.kind == .wrongModel else { throw error }
      return
    }
    for name in architecture.layerNames { layerNames.append(name.withCString { strdup($0) }) }
  }

  deinit {
    for (_, text) in texts { free(text) }
    for name in layerNames { free(name) }
  }

  func text(_ key: String) -> UnsafePointer<CChar>? { texts[key].map { UnsafePointer($0) } }
}

func model(_ pointer: OpaquePointer?, _ name: StaticString = "model") throws(Failure) -> Model {
  try Handle.object(pointer, ModelHandle.self, name).model
}

@c @implementation
public func fs_model_open(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ name: UnsafePointer<CChar>?
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(try ModelHandle(Model(opening: pathText(name, "name"))))
  }
}

@c @implementation
public func fs_model_load(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ data: UnsafeRawPointer?, _ byte_count: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let model = try withBytes(data, byte_count) { bytes throws(Failure) in try Model(copying: bytes) }
    out.pointee = Handle.make(try ModelHandle(model))
  }
}

@c @implementation
public func fs_model_architecture(_ model: OpaquePointer?) -> UnsafePointer<CChar>? {
  Handle.find(model, ModelHandle.self)?.text("architecture")
}

@c @implementation
public func fs_model_metadata(_ model: OpaquePointer?, _ key: UnsafePointer<CChar>?) -> UnsafePointer<CChar>?
{
  guard let key, let key = String(validatingCString: key) else { return nil }
  return Handle.find(model, ModelHandle.self)?.text(key)
}

@c @implementation
public func fs_model_parameter_count(_ model: OpaquePointer?) -> Int {
  Handle.find(model, ModelHandle.self)?.model.weights.parameterCount ?? 0
}

@c @implementation
public func fs_model_fingerprint(_ model: OpaquePointer?) -> UInt64 {
  Handle.find(model, ModelHandle.self)?.model.weights.fingerprint ?? 0
}

@c @implementation
public func fs_model_save(
  _ handle: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ precision: fs_precision,
  _ texts: UnsafePointer<fs_model_texts>?
) -> fs_status {
  boundary { () throws(Failure) in
    let model = try model(handle), path = try pathText(path, "path")
    let numbers = try WeightFileWriter.Numbers(precision)
    let texts = try ModelTexts(known(texts, "texts"))
    try texts.check(ModelInformation(model).use)
    var file = try model.weights.rewritten(as: numbers)
    for (key, text) in texts.metadata { file.metadata[key] = text }
    try file.write(path: path)
  }
}

@c @implementation
public func fs_model_features(
  _ handle: OpaquePointer?, _ image: OpaquePointer?, _ layer: UnsafePointer<CChar>?, _ pooling: fs_pooling,
  _ values: UnsafeMutablePointer<Float>?, _ capacity: Int, _ shape: UnsafeMutablePointer<UInt32>?
) -> fs_status {
  boundary { () throws(Failure) in
    let model = try model(handle)
    let image = try Handle.object(image, Image.self, "image")
    let layer = try text(layer, "layer")
    let shape = try required(shape, "shape")
    let pooling = try Pooling(pooling)
    let extent = try model.shape(ofLayer: layer, height: image.height, width: image.width)
    if capacity != 0 || values != nil {
      let target = try output(
        values, capacity: capacity, needed: extent.height * extent.width * extent.channels, "values")
      let features = try image.pixels.withSpan { pixels throws(Failure) in
        try model.features(
          pixels, height: image.height, width: image.width, layer: layer, pooling: pooling)
      }
      target.update(from: features.pointer, count: features.count)
    }
    shape[0] = UInt32(clamping: extent.height)
    shape[1] = UInt32(clamping: extent.width)
    shape[2] = UInt32(clamping: extent.channels)
  }
}

@c @implementation
public func fs_model_destroy(_ model: OpaquePointer?) { Handle.destroy(model, ModelHandle.self) }

@c @implementation
public func fs_architecture_count() -> Int { Architecture.names.count }

@c @implementation
public func fs_architecture_name(_ index: Int) -> UnsafePointer<CChar>? {
  let names = Architecture.names
  return names.indices.contains(index) ? staticText(names[index]) : nil
}

@c @implementation
public func fs_architecture_info_get(
  _ name: UnsafePointer<CChar>?, _ info: UnsafeMutablePointer<fs_architecture_info>?
) -> fs_status {
  boundary { () throws(Failure) in
    let name = try text(name, "name", limit: 64)
    guard let architecture = Architecture.named(name) else {
      throw .notFound("there is no architecture \"\(name)\"")
    }
    let input = architecture.input
    let found = fs_architecture_info(
      size: MemoryLayout<fs_architecture_info>.size, height: UInt32(clamping: input.height ?? 0),
      width: UInt32(clamping: input.width ?? 0),
      channels: UInt32(clamping: input.channels),
      dimension: UInt32(clamping: architecture.dimension),
      parameters: UInt64(clamping: try architecture.parameterCount()),
      multiply_adds: UInt64(clamping: architecture.multiplyAdds()))
    try fill(info, with: found, "info")
  }
}

extension fs_architecture_info: SizedStruct {}
