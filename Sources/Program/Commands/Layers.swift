import ArgumentParser
import CFaceStyle

/// What the layers of a network respond to.
struct Layers: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what the layers of a network respond to.",
    subcommands: [List.self, Top.self, Maps.self, Pixels.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the layers of a network.")

    @Option(help: modelHelp) var model: String?
    @OptionGroup var common: CommonOptions

    func run() throws {
      try common.apply()
      let model = try openModel("vgg19", asked: model)
      let layers = try model.layers.map { name throws(Failure) in (name, try model.describe(layer: name)) }
      guard !layers.isEmpty else {
        throw Failure("\(model.path) is a \(model.architecture); expected a single network with layers")
      }
      if common.json {
        print(
          JSON.array(
            layers.map { name, layer in
              .object([
                "layer": .string(name), "units": .integer(Int(layer.units)),
                "field": .integer(Int(layer.field)),
                "stride": .integer(Int(layer.stride)), "start": .integer(Int(layer.start))
              ])
            }))
        return
      }
      print("layer       units   a unit sees   from unit to unit")
      for (name, layer) in layers {
        let field = layer.field == 0 ? "no one size" : "\(layer.field)x\(layer.field)"
        print(
          "\(leftAligned(name, 11)) \(padded(layer.units, 5))   \(padded(field, 11))   \(padded(layer.stride, 2))"
        )
      }
    }
  }

  struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draws the patches that units respond to most, over many photos.",
      usage: "facestyle layers top <photo> ... --layer <layer> -o <file> [<options>]",
      discussion: """
        Shows for each unit the patches of the photos to which it responds most, each as large as \
        the unit's receptive field: 3x3 of them, the strongest at the top left, and the units \
        side by side. Grey is beyond a photo's edge; light grey is a missing patch, because the \
        unit responds to fewer photos. With --pixels a unit's patches stand beside what of them \
        it responds to, drawn as `facestyle layers pixels` does. A folder stands for the photos \
        in it. Ctrl-C ends early, with the patches found so far.
        """)

    @Argument(help: "\(anyPictureFormat) files, or folders of them.") var photos: [String]
    @OptionGroup var layers: LayerOptions

    @Option(help: "Patches per unit, 1 to 64.") var patches: UInt32 = 9
    @Option(help: ArgumentHelp("Patches per photo, 1 to 64.", valueName: "n")) var perPhoto: UInt32 = 1
    @Flag(help: "Only patches that lie entirely inside a photo.") var inside = false
    @Option(
      help: ArgumentHelp("Also draw the pixels behind each patch, by this method.", valueName: "method"))
    var pixels: WayBack?
    @Option(help: ArgumentHelp("Side of a patch on the sheet.", valueName: "pixels")) var tile = 64
    @OptionGroup var common: CommonOptions

    func validate() throws {
      if photos.isEmpty { throw ValidationError("No photo; expected one or more.") }
      if !(1...1024).contains(tile) { throw ValidationError("--tile is \(tile); expected 1 to 1024.") }
    }

    func run() throws {
      try common.apply()
      try layers.checkFiles()
      let model = try openModel("vgg19", asked: layers.model)
      var options = try UnitSearch.defaults()
      (options.patches, options.per_picture, options.pooling) = (patches, perPhoto, layers.pooling.value)
      (options.longest_side, options.inside) = (layers.size, inside ? 1 : 0)
      let first = layers.strongest == nil ? layers.units?.numbers ?? Array(0..<9) : nil
      let searches = try layers.layer.names.map { name throws(Failure) in
        let chosen = try first.map { units throws(Failure) in
          try layers.present(units, try model.describe(layer: name), name)
        }
        return (name: name, units: chosen, search: try UnitSearch(model, name, options, units: chosen))
      }
      let added = try look(at: try photoFiles(photos), searches.map { $0.search })
      var results: [JSON] = []
      for (name, units, search) in searches {
        let all = try units ?? Array(0..<Int(model.describe(layer: name).units))
        var found = try all.map { unit throws(Failure) in (unit: unit, patches: try search.patches(of: unit))
        }
        if let strongest = layers.strongest {
          // On ties the first comes first: the sort is stable.
          found.sort { ($0.patches.first?.activation ?? 0) > ($1.patches.first?.activation ?? 0) }
          found = Array(found.prefix(strongest))
        }
        let output = layers.output(for: name)
        try draw(found, added, model, name).keep(at: output)
        if common.json {
          results.append(json(name, output, found, added))
        } else {
          let count = found.reduce(0) { $0 + $1.patches.count }
          print(
            "\(output): \(name), \(counted(found.count, "unit", "units")), \(counted(count, "patch", "patches"))"
              + " from \(counted(added.count, "photo", "photos"))")
        }
      }
      if common.json { print(JSON.array(results)) }
    }

    /// Adds each photo to the searches. Returns the photos that could be read.
    private func look(at paths: [String], _ searches: [UnitSearch]) throws(Failure) -> [String] {
      var added: [String] = []
      let bar = ProgressBar(), stopwatch = Stopwatch()
      catchInterrupts()
      var seen = 0
      for (i, path) in paths.enumerated() where !isInterrupted {
        seen = i + 1
        do throws(Failure) {
          let picture = try Picture(opening: path)
          for search in searches { try search.add(picture) }
          added.append(path)
        } catch {
          guard [FS_BAD_DATA, FS_IO].contains(error.status) else { throw error }
          warn("skipped \(error.message)")
        }
        bar.show(step: i + 1, of: paths.count, seconds: stopwatch.seconds)
      }
      bar.end()
      if seen < paths.count {
        warn(
          "stopped after \(counted(seen, "photo", "photos")) of \(grouped(paths.count)): what follows is of these"
        )
      }
      guard !added.isEmpty else {
        throw Failure(seen < paths.count ? "no photo was searched" : "no photo that can be read")
      }
      return added
    }

    private func draw(
      _ found: [(unit: Int, patches: [fs_unit_patch])], _ paths: [String], _ model: Model, _ layer: String
    ) throws(Failure) -> Picture {
      let gap = 2, across = Sheet.columns(for: Int(patches)), down = (Int(patches) + across - 1) / across
      let block = Sheet.extent(across, tile, gap: gap), height = Sheet.extent(down, tile, gap: gap)
      let width = pixels == nil ? block : Sheet.extent(2, block, gap: 2 * gap)
      let columns = Sheet.columns(for: found.count), rows = (found.count + columns - 1) / columns
      var sheet = try Sheet(
        width: Sheet.extent(columns, width, gap: 5 * gap), height: Sheet.extent(rows, height, gap: 5 * gap))
      func place(_ i: Int, _ j: Int) -> (x: Int, y: Int) {
        (
          x: i % columns * (width + 5 * gap) + j % across * (tile + gap),
          y: i / columns * (height + 5 * gap) + j / across * (tile + gap)
        )
      }
      let blocks = pixels == nil ? [0] : [0, block + 2 * gap]
      for i in found.indices {
        for j in 0..<Int(patches) {
          let (x, y) = place(i, j)
          for block in blocks { sheet.fill(224, x: x + block, y: y, width: tile, height: tile) }
        }
      }
      // Holds one photo at a time.
      for (number, path) in paths.enumerated() {
        var photo: Picture?, given: Picture?
        for (i, (unit, patches)) in found.enumerated() {
          for (j, patch) in patches.enumerated() where Int(patch.picture) == number {
            if photo == nil { photo = try Picture(opening: path) }
            guard let photo else { continue }
            let (x, y) = place(i, j)
            sheet.put(try photo.cut(patch).resized(width: tile, height: tile), x: x, y: y)
            guard let pixels else { continue }
            // As the search looked at it.
            if given == nil { given = try model.input(photo, longest: layers.size, FS_BILINEAR) }
            guard let given else { continue }
            let behind = try model.pixels(
              of: given, layer, unit: unit, at: [patch.row, patch.column], pixels, layers.pooling.value)
            sheet.put(
              try behind.picture.resized(width: tile, height: tile), x: x + block + 2 * gap, y: y)
          }
        }
      }
      return try sheet.picture()
    }

    private func json(
      _ layer: String, _ output: String, _ found: [(unit: Int, patches: [fs_unit_patch])], _ paths: [String]
    ) -> JSON {
      .object([
        "layer": .string(layer), "file": .string(output),
        "units": .array(
          found.map { unit, patches in
            .object([
              "unit": .integer(unit),
              "patches": .array(
                patches.map { patch in
                  .object([
                    "photo": .string(paths[Int(patch.picture)]), "activation": .single(patch.activation),
                    "row": .integer(Int(patch.row)), "column": .integer(Int(patch.column)),
                    "field": patch.field
                  ])
                })
            ])
          })
      ])
    }
  }

  struct Maps: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draws where in a photo units respond.",
      usage: "facestyle layers maps <photo> --layer <layer> -o <file> [<options>]",
      discussion: "A map for each unit, side by side; black is 0.")

    enum Colours: String, CaseIterable, ExpressibleByArgument { case grey, viridis }
    enum Scale: String, CaseIterable, ExpressibleByArgument { case unit, layer }

    @Argument(help: "The photo.") var photo: String
    @OptionGroup var layers: LayerOptions

    @Option(help: "Colours from 0 to the largest.") var palette = Colours.grey
    @Option(help: "Response shown in white: each unit's largest, or the layer's, to compare units.")
    var scale = Scale.unit
    @Option(help: ArgumentHelp("Longer side of a map on the sheet.", valueName: "pixels")) var tile = 128
    @OptionGroup var common: CommonOptions

    func validate() throws {
      if !(1...4096).contains(tile) { throw ValidationError("--tile is \(tile); expected 1 to 4096.") }
    }

    func run() throws {
      try common.apply()
      try layers.checkFiles()
      let model = try openModel("vgg19", asked: layers.model)
      for name in layers.layer.names { _ = try model.describe(layer: name) }
      let picture = try Picture(opening: photo), given = try model.input(picture, longest: layers.size)
      var results: [JSON] = []
      for name in layers.layer.names {
        let answer = try model.features(given, name, layers.pooling.value), peaks = answer.peaks
        let units = try layers.chosen(16, model.describe(layer: name), name) { answer }
        let output = layers.output(for: name)
        try draw(answer, units, peaks, picture).keep(at: output)
        if common.json {
          results.append(
            .object([
              "layer": .string(name), "file": .string(output), "width": .integer(answer.width),
              "height": .integer(answer.height),
              "units": .array(units.map { .object(["unit": .integer($0), "largest": .single(peaks[$0])]) })
            ]))
        } else {
          print(
            "\(output): \(name), \(units.count) of \(counted(answer.units, "unit", "units")), maps of \(answer.width)x\(answer.height)"
          )
        }
      }
      if common.json { print(JSON.array(results)) }
    }

    private func draw(
      _ answer: LayerAnswer, _ units: [Int], _ peaks: [Float], _ picture: Picture
    ) throws(Failure) -> Picture {
      let gap = 2, (width, height) = picture.size(longest: tile), largest = peaks.max() ?? 0
      let columns = Sheet.columns(for: units.count), rows = (units.count + columns - 1) / columns
      var sheet = try Sheet(
        width: Sheet.extent(columns, width, gap: gap), height: Sheet.extent(rows, height, gap: gap))
      for (i, unit) in units.enumerated() {
        let map = try answer.map(
          of: unit, highest: scale == .unit ? peaks[unit] : largest,
          palette == .grey ? FS_PALETTE_GREY : FS_PALETTE_VIRIDIS)
        sheet.put(
          try map.resized(width: width, height: height), x: i % columns * (width + gap),
          y: i / columns * (height + gap))
      }
      return try sheet.picture()
    }
  }
}

/// Selects layers and units, and names the output.
struct LayerOptions: ParsableArguments {
  enum Pooling: String, CaseIterable, ExpressibleByArgument {
    case max, average
    var value: fs_pooling { self == .max ? FS_POOLING_MAX : FS_POOLING_AVERAGE }
  }

  @Option(help: modelHelp) var model: String?

  @Option(
    help: ArgumentHelp(
      "Names as in `facestyle layers list`; several, as conv1_1,conv3_1, make a file each.",
      valueName: "layers"))
  var layer: Names

  @Option(
    name: [.customLong("units"), .customLong("unit")],
    help: ArgumentHelp("Units, as 0-8 or 3,17,40-47. (default: the first)", valueName: "units"))
  var units: Units?

  @Option(
    help: ArgumentHelp("The number of units with the largest responses to show instead.", valueName: "count"))
  var strongest: Int?

  @Option(
    help: ArgumentHelp(
      "Reduce a larger photo to this many pixels on its longer side; 0: never.", valueName: "pixels"))
  var size: UInt32 = 512

  @Option(help: "Pooling of VGG-19, which was trained with max.") var pooling = Pooling.max

  @Option(
    name: [.customShort("o"), .long],
    help: ArgumentHelp("A \(anyWrittenEnding) file; for several layers FILE-LAYER.png.", valueName: "file"),
    transform: PictureOutput.init(argument:))
  var output: PictureOutput

  func validate() throws {
    guard let strongest else { return }
    if units != nil { throw ValidationError("--units and --strongest are given; expected one of them.") }
    if strongest < 1 { throw ValidationError("--strongest is \(strongest); expected 1 or more.") }
  }

  /// The file for one layer.
  func output(for name: String) -> String {
    layer.names.count > 1 ? output.path(with: name) : output.path
  }

  /// Refuses files that could not be written.
  func checkFiles() throws(Failure) {
    for name in layer.names { try checkOutputs(output(for: name)) }
  }

  /// The units with the largest responses, the requested ones, or the first few.
  func chosen(
    _ first: Int, _ layer: fs_layer_info, _ name: String, _ answer: () throws(Failure) -> LayerAnswer
  ) throws(Failure) -> [Int] {
    if let strongest { return try answer().strongest(strongest) }
    return try present(units?.numbers ?? Array(0..<first), layer, name)
  }

  /// The requested units, which the layer must have; of the default ones those that it has.
  func present(_ asked: [Int], _ layer: fs_layer_info, _ name: String) throws(Failure) -> [Int] {
    let count = Int(layer.units)
    guard units != nil else { return asked.filter { $0 < count } }
    for unit in asked where unit >= count {
      throw Failure("\(name) has units 0 to \(count - 1), not \(unit)")
    }
    return asked
  }
}

/// "conv1_1,conv3_1"
struct Names: ExpressibleByArgument {
  let names: [String]

  init?(argument: String) {
    names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    // A name becomes part of a file's.
    guard !names.contains(where: { $0.isEmpty || $0.contains("/") }) else { return nil }
  }
}

/// "0-8" or "3,17,40-47"
struct Units: ExpressibleByArgument {
  private(set) var numbers: [Int] = []

  init?(argument: String) {
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 0,
        first <= last, last < 1 << 16
      else { return nil }
      for unit in first...last where !numbers.contains(unit) { numbers.append(unit) }
    }
  }
}

private let modelHelp = ArgumentHelp("The network. (default: vgg19)", valueName: "model")

/// Files as given, and the pictures in folders.
private func photoFiles(_ paths: [String]) throws(Failure) -> [String] {
  var files: [String] = []
  for path in paths {
    guard kind(of: path) == .folder else {
      files.append(path)
      continue
    }
    for name in try contents(of: path) where isPicture(name) { files.append("\(path)/\(name)") }
  }
  guard !files.isEmpty else { throw Failure("\(paths.joined(separator: ", ")): no \(anyPictureEnding) file") }
  return files
}
