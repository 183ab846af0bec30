import Images
import Networks
import Tensors

/// Enlarges any picture by a network. Immutable: threads may share it.
package final class Enlarger: Sendable {
  package let factor: Int
  private let executor: Executor
  /// Pixels that the network sees beyond a tile's own.
  private let margin: Int
  /// Largest side of a tile's own pixels: memory grows with it, and not with the picture.
  private let side: Int

  /// - Throws: `.wrongModel` for a network of another kind.
  package init(_ model: Model, side: Int = 256) throws(Failure) {
    try model.require(RegisteredArchitecture.Use.enlarger, for: "enlarging")
    let architecture = try model.architecture()
    factor = architecture.graph.output(for: Extent(height: 1, width: 1, channels: 3)).height ?? 1
    margin = architecture.enlargerMargin
    self.side = side
    executor = Executor(try model.network(), .init(["picture"]))
  }

  /// The picture with sides of `factor` times as many pixels, with 16 bits and alpha if it has them.
  /// - Throws: `.invalidArgument` if the result is too large for a picture, `.badData` if the network's
  ///   numbers are not finite.
  package func run(_ picture: Image) throws(Failure) -> Image {
    try picture.changedUnderAlpha(width: factor * picture.width, height: factor * picture.height) {
      picture throws(Failure) in
      try picture.deep == nil ? enlarged(picture) : enlargedDeeply(picture)
    }
  }

  private func enlarged(_ picture: Image) throws(Failure) -> Image {
    let result = try Image(width: factor * picture.width, height: factor * picture.height)
    try eachSample(of: picture, 255) { place, number in
      result.pixels.withPointer { $0[place] = UInt8(number) }
    }
    return result
  }

  private func enlargedDeeply(_ picture: Image) throws(Failure) -> Image {
    let width = factor * picture.width, height = factor * picture.height
    try Image.check(width: width, height: height)
    let samples = try Storage<UInt16>(count: 3 * width * height)
    try eachSample(of: picture, 65535) { place, number in
      samples.withPointer { $0[place] = UInt16(number) }
    }
    return try Image(width: width, height: height, deep: samples)
  }

  /// Calls `write` for each sample of the result, with its place and its value, rounded, from 0 to `white`.
  @inline(__always)
  private func eachSample(
    of picture: Image, _ white: Float, _ write: (Int, Float) -> Void
  ) throws(Failure) {
    let columns = tiles(picture.width), width = factor * picture.width
    for rows in tiles(picture.height) {
      for columns in columns {
        try run(picture, rows: rows, columns: columns) { answers, stride throws(Failure) in
          let numbers = answers[0]
          var isFinite = true
          for y in 0..<(factor * rows.count) {
            let from = 3 * ((y + factor * margin) * stride + factor * margin)
            let to = 3 * ((y + factor * rows.lowerBound) * width + factor * columns.lowerBound)
            for i in 0..<(3 * factor * columns.count) {
              let level = numbers[from + i] * white
              if !level.isFinite { isFinite = false }
              write(to + i, level > 0 ? (level < white ? level.rounded() : white) : 0)
            }
          }
          guard isFinite else {
            throw .badData("the enlarger's picture has numbers that are not finite: its weights are damaged")
          }
        }
      }
    }
  }

  /// Runs the network on a tile with its surroundings; beyond the picture's edges these are its mirror image.
  /// - Parameter body: reads the result, and how many pixels a row of it has.
  private func run(
    _ picture: Image, rows: Range<Int>, columns: Range<Int>,
    _ body: (Executor.Answers, Int) throws(Failure) -> Void
  ) throws(Failure) {
    let height = rows.count + 2 * margin, width = columns.count + 2 * margin
    try executor.run(batch: 1, height: height, width: width) { input in
      for y in 0..<height {
        let row = mirrored(rows.lowerBound - margin + y, in: picture.height) * picture.width
        for x in 0..<width {
          let from = 3 * (row + mirrored(columns.lowerBound - margin + x, in: picture.width))
          for c in 0..<3 { input[3 * (y * width + x) + c] = Float(picture.level(from + c) / 255) }
        }
      }
    } _: { answers throws(Failure) in
      try body(answers, factor * width)
    }
  }

  /// Ranges of a side, of nearly equal lengths.
  private func tiles(_ length: Int) -> [Range<Int>] {
    let count = (length + side - 1) / side
    return (0..<count).map { $0 * length / count..<($0 + 1) * length / count }
  }

  /// Peak memory in bytes that a run for a picture of this size, 8 bits and opaque, adds to the process.
  package func memoryNeeded(width: Int, height: Int) throws(Failure) -> Int {
    try Image.check(width: width, height: height)
    try Image.check(width: factor * width, height: factor * height)
    func longest(_ length: Int) -> Int { tiles(length).reduce(0) { max($0, $1.count) } + 2 * margin }
    let tile = try executor.memoryNeeded(batch: 1, height: longest(height), width: longest(width))
    return tile + 3 * factor * width * factor * height
  }
}
