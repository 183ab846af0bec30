import CFaceStyle
import CSystem
import Faces
import Features
import Images
import Networks
import Tensors

@c @implementation
public func fs_model_unit_pixels(
  _ handle: OpaquePointer?, _ picture: OpaquePointer?, _ layer: UnsafePointer<CChar>?, _ unit: UInt32,
  _ place: UnsafePointer<UInt32>?, _ way_back: fs_way_back, _ pooling: fs_pooling,
  _ values: UnsafeMutablePointer<Float>?, _ capacity: Int, _ patch: UnsafeMutablePointer<fs_unit_patch>?
) -> fs_status {
  boundary { () throws(Failure) in
    let model = try model(handle)
    let picture = try Handle.object(picture, Image.self, "picture")
    let layer = try text(layer, "layer", limit: 64)
    let (way, pooling) = (try WayBack(way_back), try Pooling(pooling))
    let target = try output(
      values, capacity: capacity, needed: 3 * picture.width * picture.height, "values")
    let found = try UnitPixels(
      model, picture, layer: layer, unit: Int(unit),
      place: place.map { (row: Int($0[0]), column: Int($0[1])) }, pooling: pooling, way)
    target.update(from: found.values.pointer, count: found.values.count)
    patch?.pointee = fs_unit_patch(found.patch)
  }
}

@c @implementation
public func fs_embedder_distance_gradient(
  _ embedder: OpaquePointer?, _ a: OpaquePointer?, _ b: OpaquePointer?,
  _ distance: UnsafeMutablePointer<Float>?, _ gradient_a: UnsafeMutablePointer<Float>?,
  _ gradient_b: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let a = try Handle.object(a, Image.self, "a"), b = try Handle.object(b, Image.self, "b")
    let needed = 3 * embedder.width * embedder.height
    let targets = [
      try output(gradient_a, capacity: capacity, needed: needed, "gradient_a"),
      try output(gradient_b, capacity: capacity, needed: needed, "gradient_b")
    ]
    let found = try embedder.distanceGradients(a, b)
    for (target, gradient) in zip(targets, [found.a, found.b]) {
      target.update(from: gradient.pointer, count: gradient.count)
    }
    distance?.pointee = found.squaredDistance.squareRoot()
  }
}

@c @implementation
public func fs_embedder_heat(
  _ embedder: OpaquePointer?, _ a: OpaquePointer?, _ b: OpaquePointer?,
  _ heat_a: UnsafeMutablePointer<OpaquePointer?>?, _ heat_b: UnsafeMutablePointer<OpaquePointer?>?,
  _ distance: UnsafeMutablePointer<Float>?
) -> fs_status {
  boundary { () throws(Failure) in
    let embedder = try Handle.object(embedder, Embedder.self, "embedder")
    let a = try Handle.object(a, Image.self, "a"), b = try Handle.object(b, Image.self, "b")
    let first = try required(heat_a, "heat_a"), second = try required(heat_b, "heat_b")
    let found = try embedder.heatMaps(a, b)
    (first.pointee, second.pointee) = (Handle.make(found.a), Handle.make(found.b))
    distance?.pointee = found.distance
  }
}

@c @implementation
public func fs_image_from_gradient(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ values: UnsafePointer<Float>?, _ count: Int,
  _ width: UInt32, _ height: UInt32, _ largest: Float
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let values = try buffer(values, count, "values")
    out.pointee = Handle.make(
      try Image(
        signed: values.span, width: Int(width), height: Int(height), largest: largest == 0 ? nil : largest))
  }
}

@c @implementation
public func fs_gradient_heat(
  _ gradient: UnsafePointer<Float>?, _ count: Int, _ width: UInt32, _ height: UInt32, _ blur: Float,
  _ heat: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let gradient = try buffer(gradient, count, "gradient")
    let (width, height) = (Int(width), Int(height))
    try Image.check(width: width, height: height)
    let target = try output(heat, capacity: capacity, needed: width * height, "heat")
    let found = try pixelHeat(gradient.span, width: width, height: height, deviation: blur)
    found.withPointer { target.update(from: $0, count: found.count) }
  }
}

@c @implementation
public func fs_image_from_heat(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ picture: OpaquePointer?, _ heat: UnsafePointer<Float>?,
  _ count: Int, _ highest: Float
) -> fs_status {
  boundary { () throws(Failure) in
    let out = try required(out, "out")
    let picture = try Handle.object(picture, Image.self, "picture")
    let heat = try buffer(heat, count, "heat")
    out.pointee = Handle.make(try Image(heat: heat.span, over: picture, highest: highest))
  }
}
