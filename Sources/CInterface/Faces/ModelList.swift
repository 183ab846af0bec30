import CFaceStyle
import Networks
import Tensors

// What is known of models without their weights. Texts live as long as the handle they are read from.

final class ModelList: HandleKind {
  static var kind: StaticString { "fs_models" }

  let models: [ModelInformation]

  init(_ models: [ModelInformation]) { self.models = models }
}

extension fs_model_info: SizedStruct {
  init(_ model: ModelInformation) {
    self.init(
      size: MemoryLayout<fs_model_info>.size, name: model.name.pointer, path: model.path?.pointer,
      role: model.role?.pointer, architecture: model.architecture?.pointer, licence: model.licence?.pointer,
      accuracy: model.accuracy?.pointer, note: model.note?.pointer, fault: model.fault?.pointer,
      byte_count: UInt64(clamping: model.byteCount), parameters: UInt64(clamping: model.parameterCount),
      use: model.use.inC, hidden: model.isHidden ? 1 : 0, styles: UInt32(clamping: model.styles),
      mirrored: model.isMirrored ? 1 : 0)
  }
}

extension fs_model_texts: SizedStruct {}

extension ModelTexts {
  init(_ given: fs_model_texts) throws(Failure) {
    func read(_ pointer: UnsafePointer<CChar>?, _ name: StaticString) throws(Failure) -> String? {
      guard let pointer, pointer.pointee != 0 else { return nil }
      return try text(pointer, name)
    }
    self.init()
    licence = try read(given.licence, "licence")
    accuracy = try read(given.accuracy, "accuracy")
    note = try read(given.note, "note")
    source = try read(given.source, "source")
    guard given.threshold >= 0, given.threshold.isFinite else {
      throw .invalidArgument("threshold \(given.threshold); expected 0 or more")
    }
    if given.threshold > 0 { threshold = given.threshold }
    switch given.mirrored {
    case 0: break
    case 1, -1: isMirrored = given.mirrored == 1
    default: throw .invalidArgument("mirrored \(given.mirrored); expected 1, 0 or -1")
    }
  }
}

@c @implementation
public func fs_model_info_get(
  _ model: OpaquePointer?, _ info: UnsafeMutablePointer<fs_model_info>?
) -> fs_status {
  boundary { () throws(Failure) in
    let model = try Handle.object(model, ModelHandle.self, "model")
    try fill(info, with: fs_model_info(model.information), "info")
  }
}

@c @implementation
public func fs_models_list(_ out: UnsafeMutablePointer<OpaquePointer?>?) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    out.pointee = Handle.make(ModelList(try ModelFinder().list()))
  }
}

@c @implementation
public func fs_models_count(_ models: OpaquePointer?) -> Int {
  Handle.find(models, ModelList.self)?.models.count ?? 0
}

@c @implementation
public func fs_models_get(
  _ models: OpaquePointer?, _ index: Int, _ info: UnsafeMutablePointer<fs_model_info>?
) -> fs_status {
  boundary { () throws(Failure) in
    let models = try Handle.object(models, ModelList.self, "models").models
    try fill(info, with: fs_model_info(element(models, index, "model")), "info")
  }
}

@c @implementation
public func fs_models_destroy(_ models: OpaquePointer?) { Handle.destroy(models, ModelList.self) }

/// One of the elements that a caller counts from 0.
func element<Element>(
  _ elements: [Element], _ index: Int, _ name: StaticString
) throws(Failure) -> Element {
  guard elements.indices.contains(index) else {
    throw .invalidArgument("\(name) \(UInt(bitPattern: index)); expected less than \(elements.count)")
  }
  return elements[index]
}
