import ArgumentParser
import CFaceStyle
import Glibc

/// Options for pictures that control a style transfer locally: masks, maps, the previous frame.
struct StylePlaces: ParsableArguments {
  @Option(
    name: .customLong("mask"),
    help: ArgumentHelp(
      "Mask of where to use a style, white, of the content's size: one per style, - for everywhere.",
      valueName: "file"))
  var masks: [String] = []

  @Option(
    name: .customLong("style-mask"),
    help: ArgumentHelp(
      "Mask of the part of a style to use, of the style's size: one per style, - for all of it.",
      valueName: "file"))
  var styleMasks: [String] = []

  @Option(help: "How much of a mask a layer's unit must see: all (inside) or some (soft). (default: soft)")
  var maskKind: MaskKind?

  @Option(help: ArgumentHelp("Where the content counts more, white where most.", valueName: "file"))
  var contentMap: String?
  @Option(help: ArgumentHelp("How much more: 1 + weight times. (default: 2)", valueName: "weight"))
  var contentMapWeight: Float?

  @Flag(help: "Keep the eyes and mouths of faces, and report the painted faces' distances to the photo's.")
  var faces = false

  @Option(
    help: ArgumentHelp("The previous painted frame, to start from and to stay near.", valueName: "file"))
  var before: String?
  @Option(help: ArgumentHelp("Position of each pixel in the previous frame, a .flo file.", valueName: "file"))
  var flow: String?
  @Option(
    help: ArgumentHelp(
      "The same from the previous frame to this one, to find hidden pixels.", valueName: "file"))
  var flowBack: String?
  @Option(
    help: ArgumentHelp("Weight of the distance to the previous frame. (default: 500)", valueName: "weight"))
  var delta: Float?

  enum MaskKind: String, ExpressibleByArgument { case inside, soft }

  func validate() throws {
    if faces, contentMap != nil {
      throw ValidationError("--faces draws the map itself: --content-map is one too many.")
    }
    if before == nil, flow != nil || flowBack != nil || delta != nil {
      throw ValidationError("--flow, --flow-back and --delta belong to --before.")
    }
    if flow == nil, flowBack != nil { throw ValidationError("--flow-back belongs to --flow.") }
  }

  func open(_ content: Picture, styles: Int) throws(Failure) -> Opened {
    for (name, files) in [("--mask", masks), ("--style-mask", styleMasks)]
    where !files.isEmpty && files.count != styles {
      throw Failure(
        "\(name) is given \(counted(files.count, "time", "times")) for \(counted(styles, "style", "styles"))")
    }
    func pictures(_ paths: [String]) throws(Failure) -> [Picture?] {
      var pictures: [Picture?] = []
      for (i, path) in paths.enumerated() {
        // The same file is the same mask, which mixes its styles.
        if let known = paths[..<i].firstIndex(of: path) {
          pictures.append(pictures[known])
        } else {
          pictures.append(path == "-" ? nil : try Picture(opening: path))
        }
      }
      return pictures
    }
    let opened = Opened(places: try pictures(masks), parts: try pictures(styleMasks), styles: styles)
    if let contentMap { opened.map = try Picture(opening: contentMap) }
    if let before {
      let frame = try Picture(opening: before)
      guard (frame.width, frame.height) == (content.width, content.height) else {
        throw Failure(
          "\(before): \(frame.width)x\(frame.height); expected \(content.width)x\(content.height) as the content"
        )
      }
      opened.before = frame
      if let flow { (opened.before, opened.beforeMask) = try frame.moved(by: flow, back: flowBack) }
    }
    return opened
  }

  func set(_ options: inout fs_style_options, _ opened: Opened) {
    if let maskKind { options.mask_kind = maskKind == .inside ? FS_MASK_INSIDE : FS_MASK_SOFT }
    if let contentMapWeight { options.content_map_weight = contentMapWeight }
    if let regions = opened.regions {
      (options.regions, options.region_count) = (UnsafePointer(regions), opened.styles)
    }
    options.content_map = opened.map?.handle
    guard let before = opened.before else { return }
    options.before = before.handle
    options.before_mask = opened.beforeMask?.handle
    options.temporal_weight = delta ?? 500
    (options.start, options.start_image, options.noise_ratio) = (FS_START_IMAGE, before.handle, 0)
    options.coarsest = 0  // a start at the coarsest scale would be lost
  }

  /// Keeps pictures alive while options point to them.
  final class Opened {
    let styles: Int
    private let places, parts: [Picture?]
    let regions: UnsafeMutablePointer<fs_style_region>?
    var map, before, beforeMask: Picture?

    init(places: [Picture?], parts: [Picture?], styles: Int) {
      (self.places, self.parts, self.styles) = (places, parts, styles)
      guard !places.isEmpty || !parts.isEmpty else {
        regions = nil
        return
      }
      let regions = UnsafeMutablePointer<fs_style_region>.allocate(capacity: styles)
      for i in 0..<styles {
        let place = places.isEmpty ? nil : places[i]?.handle, part = parts.isEmpty ? nil : parts[i]?.handle
        (regions + i).initialize(to: fs_style_region(place: place, part: part))
      }
      self.regions = regions
    }

    deinit { regions?.deallocate() }
  }
}

extension Picture {
  /// The frame warped one frame ahead, by .flo files, and the mask of known pixels.
  fileprivate func moved(by flow: String, back: String?) throws(Failure) -> (Picture, Picture) {
    let there = try readFlow(flow, width, height), count = 2 * width * height
    var mask: OpaquePointer?
    let frame: OpaquePointer
    if let back {
      let returning = try readFlow(back, width, height)
      frame = try made(flow) { fs_flow_warp(&$0, &mask, handle, there, returning, count) }
    } else {
      frame = try made(flow) { fs_flow_warp(&$0, &mask, handle, there, nil, count) }
    }
    guard let mask else { throw Failure("\(flow): no mask") }
    return (Picture(owning: frame), Picture(owning: mask))
  }
}

/// The Middlebury benchmark's format: "PIEH", width and height as 32-bit integers, then dx, dy of each pixel
/// as 32-bit floats, all little-endian.
private func readFlow(_ path: String, _ width: Int, _ height: Int) throws(Failure) -> [Float] {
  guard let file = fopen(path, "rb") else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
  defer { fclose(file) }
  var head = [UInt32](repeating: 0, count: 3)
  guard fread(&head, 4, 3, file) == 3, UInt32(littleEndian: head[0]) == 0x4845_4950 else {
    throw Failure("\(path): it does not begin with PIEH; expected a .flo file")
  }
  let found = (UInt32(littleEndian: head[1]), UInt32(littleEndian: head[2]))
  guard found == (UInt32(width), UInt32(height)) else {
    throw Failure("\(path): a flow of \(found.0)x\(found.1); expected \(width)x\(height)")
  }
  var bits = [UInt32](repeating: 0, count: 2 * width * height)
  guard fread(&bits, 4, bits.count, file) == bits.count else { throw Failure("\(path): it ends early") }
  return bits.map { Float(bitPattern: UInt32(littleEndian: $0)) }
}
