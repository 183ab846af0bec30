import ArgumentParser
import CFaceStyle

// Which pixels a unit's response, or the distance of two faces, comes from: the library's calls in Swift.

/// What rectifiers do on the way back.
enum WayBack: String, CaseIterable, ExpressibleByArgument {
  case deconvolution, guided, gradient

  var value: fs_way_back {
    switch self {
    case .deconvolution: FS_WAY_BACK_DECONVOLUTION
    case .guided: FS_WAY_BACK_GUIDED
    case .gradient: FS_WAY_BACK_GRADIENT
    }
  }
}

extension Model {
  /// The field of a unit's response, and the pixels behind it.
  /// - Parameters:
  ///   - picture: as the network takes it.
  ///   - place: row and column of the response; nil: the strongest.
  func pixels(
    of picture: Picture, _ layer: String, unit: Int, at place: [UInt32]?, _ wayBack: WayBack,
    _ pooling: fs_pooling
  ) throws(Failure) -> (patch: fs_unit_patch, picture: Picture) {
    var values = [Float](repeating: 0, count: 3 * picture.width * picture.height)
    var patch = fs_unit_patch()
    let unit = UInt32(clamping: unit), way = wayBack.value
    let status =
      place?.withUnsafeBufferPointer {
        fs_model_unit_pixels(
          handle, picture.handle, layer, unit, $0.baseAddress, way, pooling, &values, values.count, &patch)
      }
      ?? fs_model_unit_pixels(
        handle, picture.handle, layer, unit, nil, way, pooling, &values, values.count, &patch)
    try check(status, path)
    let whole = Picture(
      owning: try made("") {
        fs_image_from_gradient(
          &$0, values, values.count, UInt32(picture.width), UInt32(picture.height), 0)
      })
    return (patch, try whole.cut(patch))
  }

  /// A picture at the size of the network's input.
  /// - Parameter longest: of the longer side, for a network that takes any size; 0: as it is.
  func input(
    _ picture: Picture, longest: UInt32, _ filter: fs_filter? = nil
  ) throws(Failure) -> Picture {
    if let (width, height) = inputSize {
      return try picture.resized(width: width, height: height, filter)
    }
    guard longest > 0, max(picture.width, picture.height) > Int(longest) else { return picture }
    let (width, height) = picture.size(longest: Int(longest))
    return try picture.resized(width: width, height: height, filter)
  }
}

extension Embedder {
  /// Heat maps over two aligned pictures: the pixels that count for their distance.
  func heat(_ a: Picture, _ b: Picture) throws(Failure) -> (Picture, Picture) {
    var second: OpaquePointer?
    let first = try made("") { fs_embedder_heat(handle, a.handle, b.handle, &$0, &second, nil) }
    guard let second else { throw Failure("no second heat map") }
    return (Picture(owning: first), Picture(owning: second))
  }
}
