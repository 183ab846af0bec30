import ArgumentParser
import CFaceStyle

extension Layers {
  struct Pixels: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draws which pixels of a photo units respond to.",
      usage: "facestyle layers pixels <photo> --layer <layer> --unit <units> -o <file> [<options>]",
      discussion: """
        Takes the place where a unit responds most, and passes that response back through the \
        network to the photo's pixels. Drawn for each unit is its field in the photo, then what \
        came back, by each method: mid-grey is nothing, white and black are the most, up and \
        down. deconvolution is the network of Zeiler and Fergus: rectifiers pass what comes back \
        if it is positive. gradient passes the derivative, where the rectifier responded; guided \
        does both.
        """)

    @Argument(help: "The photo.") var photo: String
    @OptionGroup var layers: LayerOptions

    @Option(
      help: ArgumentHelp(
        "deconvolution, guided or gradient; several, as guided,gradient, are drawn side by side.",
        valueName: "methods"))
    var method = Methods(.deconvolution)

    @Option(
      help: ArgumentHelp(
        "The row and column of the layer to look at, as 10,12. (default: where the unit responds most)",
        valueName: "place"))
    var place: Place?

    @Option(help: ArgumentHelp("Longer side of a field on the sheet.", valueName: "pixels")) var tile = 192
    @OptionGroup var common: CommonOptions

    func validate() throws {
      if !(1...4096).contains(tile) { throw ValidationError("--tile is \(tile); expected 1 to 4096.") }
    }

    func run() throws {
      try common.apply()
      try layers.checkFiles()
      let model = try openModel("vgg19", asked: layers.model)
      for name in layers.layer.names { _ = try model.describe(layer: name) }
      let picture = try model.input(Picture(opening: photo), longest: layers.size)
      var results: [JSON] = []
      for name in layers.layer.names {
        let units = try layers.chosen(9, model.describe(layer: name), name) { () throws(Failure) in
          try model.features(picture, name, layers.pooling.value)
        }
        let output = layers.output(for: name)
        var rows: [[Picture]] = [], found: [(unit: Int, patch: fs_unit_patch)] = []
        for unit in units {
          var row: [Picture] = []
          for way in method.ways {
            let (patch, pixels) = try model.pixels(
              of: picture, name, unit: unit, at: place?.numbers, way, layers.pooling.value)
            if row.isEmpty {
              row.append(try picture.cut(patch))
              found.append((unit, patch))
            }
            row.append(pixels)
          }
          rows.append(row)
        }
        try draw(rows).keep(at: output)
        report(name, output, found, &results)
      }
      if common.json { print(JSON.array(results)) }
    }

    private func report(
      _ layer: String, _ output: String, _ found: [(unit: Int, patch: fs_unit_patch)],
      _ results: inout [JSON]
    ) {
      guard !common.json else {
        results.append(
          .object([
            "layer": .string(layer), "file": .string(output),
            "units": .array(
              found.map { unit, patch in
                .object([
                  "unit": .integer(unit), "activation": .single(patch.activation),
                  "row": .integer(Int(patch.row)), "column": .integer(Int(patch.column)),
                  "field": patch.field
                ])
              })
          ]))
        return
      }
      print("\(output): \(layer), \(counted(found.count, "unit", "units"))")
      for (unit, patch) in found {
        print(
          "  unit \(unit) answers \(fixed(patch.activation, 2)) at row \(patch.row), column \(patch.column)")
      }
    }

    /// A row for each unit, in as many columns of rows as make the sheet about square.
    private func draw(_ rows: [[Picture]]) throws(Failure) -> Picture {
      let gap = 2, across = rows.first?.count ?? 1
      let (width, height) = rows.first?.first?.size(longest: tile) ?? (tile, tile)
      let columns = max(1, Sheet.columns(for: rows.count * across) / across)
      let rowWidth = Sheet.extent(across, width, gap: gap)
      var sheet = try Sheet(
        width: Sheet.extent(columns, rowWidth, gap: 5 * gap),
        height: Sheet.extent((rows.count + columns - 1) / columns, height, gap: 5 * gap))
      for (i, row) in rows.enumerated() {
        for (j, picture) in row.enumerated() {
          sheet.put(
            try picture.resized(width: width, height: height),
            x: i % columns * (rowWidth + 5 * gap) + j * (width + gap), y: i / columns * (height + 5 * gap))
        }
      }
      return try sheet.picture()
    }
  }
}

extension fs_unit_patch {
  /// x, y, width and height of its field.
  var field: JSON {
    .array([x, y].map { .integer(Int($0)) } + [width, height].map { .integer(Int($0)) })
  }
}

/// "guided" or "deconvolution,guided"
struct Methods: ExpressibleByArgument, CustomStringConvertible {
  let ways: [WayBack]

  init(_ way: WayBack) { ways = [way] }

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    ways = words.compactMap { WayBack(rawValue: $0) }
    guard ways.count == words.count else { return nil }
  }

  var description: String { ways.map { $0.rawValue }.joined(separator: ",") }
}

/// "10,12"
struct Place: ExpressibleByArgument {
  let numbers: [UInt32]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    numbers = parts.compactMap { UInt32($0) }
    guard parts.count == 2, numbers.count == 2 else { return nil }
  }
}
