import CSystem

/// Packs the weights of a convolution, stored in files as [outputs, inputs / groups, kernelHeight,
/// kernelWidth] (OIHW), for the kernels. They are read in short runs and go directly into their panels,
/// without a copy of them all.
///
/// For each group, with `I` inputs, `O` outputs and `T` taps, the matrix is
/// `forwards  [T I, O]:  m[t I + i, o] = w[o, i, t]`
/// `turned    [T O, I]:  m[t O + o, i] = w[o, i, T - 1 - t]`, the weights turned by 180 degrees, inputs and
/// outputs exchanged.
package struct FilterPanels {
  /// Writes `count` weights of one output, starting at `first` of its `inputs * taps`.
  package typealias Reader<Element> = (
    _ output: Int, _ first: Int, _ count: Int, UnsafeMutablePointer<Element>
  ) -> Void

  let taps, inputs, outputs, groups: Int
  let isTurned: Bool
  /// Columns of a panel.
  let width: Int

  /// - Parameters:
  ///   - shape: of the resulting filter; a turned one has inputs and outputs exchanged.
  ///   - width: nil for all columns in one panel.
  init(_ shape: FilterShape, isTurned: Bool, width: Int?) {
    taps = shape.taps
    let rows = shape.inputs, columns = shape.outputs / shape.groups
    (inputs, outputs) = isTurned ? (columns, rows) : (rows, columns)
    groups = shape.groups
    self.isTurned = isTurned
    self.width = width ?? columns
  }

  var depth: Int { taps * (isTurned ? outputs : inputs) }
  var columns: Int { isTurned ? inputs : outputs }
  var panels: Int { (columns + width - 1) / width }
  /// Numbers in all panels, including the zeros past the last column.
  var count: Int { groups * panels * depth * width }

  /// The panels, group after group.
  func packed<Element: BitwiseCopyable & Numeric>(_ read: Reader<Element>) throws(Failure) -> Storage<Element>
  {
    let storage = try Storage<Element>(count: count)
    ThreadPool.shared.run(groups * panels) { task, _ in
      let panel = storage.pointer + task * depth * width
      packPanel(group: task / panels, from: task % panels * width, panel, read)
    }
    return storage
  }

  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  @_specialize(where Element == UInt8)
  @_specialize(where Element == UInt16)
  private func packPanel<Element: BitwiseCopyable & Numeric>(
    group: Int, from first: Int, _ panel: UnsafeMutablePointer<Element>,
    _ read: Reader<Element>
  ) {
    let count = min(width, columns - first)
    if count < width {
      for row in 0..<depth { (panel + row * width + count).update(repeating: 0, count: width - count) }
    }
    // Outputs whose weights go side by side into a cache line or two, and as many inputs at a time as keep
    // what was read in the first-level cache.
    let together = isTurned ? 1 : min(16, count), inputsEach = isTurned ? count : max(1, 256 / taps)
    let length = inputsEach * taps
    withUnsafeTemporaryAllocation(of: Element.self, capacity: together * length) { lines in
      guard let lines = lines.baseAddress else { return }
      if isTurned {
        for o in 0..<outputs {
          read(group * outputs + o, first * taps, count * taps, lines)
          for t in 0..<taps {
            let row = panel + ((taps - 1 - t) * outputs + o) * width
            for i in 0..<count { row[i] = lines[i * taps + t] }
          }
        }
        return
      }
      for o in stride(from: 0, to: count, by: together) {
        let some = min(together, count - o)
        for i in stride(from: 0, to: inputs, by: inputsEach) {
          let part = min(inputsEach, inputs - i)
          for k in 0..<some {
            read(group * outputs + first + o + k, i * taps, part * taps, lines + k * length)
          }
          for t in 0..<taps {
            transpose(
              rows: part, some, from: lines + t, every: taps, length, to: panel + (t * inputs + i) * width + o
            )
          }
        }
      }
    }
  }

  /// `target[r * width + k] = source[k * length + r * step]` for `rows` rows of `count` numbers.
  @inline(__always)
  private func transpose<Element: BitwiseCopyable>(
    rows: Int, _ count: Int, from source: UnsafePointer<Element>, every step: Int, _ length: Int,
    to target: UnsafeMutablePointer<Element>
  ) {
    for r in 0..<rows {
      let row = target + r * width, from = source + r * step
      if count == 16 {
        for k in 0..<16 { row[k] = from[k * length] }
      } else {
        for k in 0..<count { row[k] = from[k * length] }
      }
    }
  }
}

extension PackedFilter {
  /// - Parameters:
  ///   - isTurned: whether the weights propagate a gradient back; `shape` then has its sides exchanged.
  ///   - read: reads the weights of one output in file order.
  package init(_ shape: FilterShape, isTurned: Bool, read: FilterPanels.Reader<Element>) throws(Failure) {
    let depth = shape.taps * shape.inputs
    guard !shape.isDepthwise else {
      let storage = try Storage<Element>(count: depth * shape.groups)
      withUnsafeTemporaryAllocation(of: Element.self, capacity: depth) { line in
        guard let line = line.baseAddress else { return }
        for group in 0..<shape.groups {
          read(group, 0, depth, line)
          for tap in 0..<depth {
            storage.pointer[tap * shape.groups + group] = line[isTurned ? depth - 1 - tap : tap]
          }
        }
      }
      self.init(shape: shape, plain: PackedMatrix(depth: depth, columns: 1, storage: storage), narrow: nil)
      return
    }
    let panels = FilterPanels(shape, isTurned: isTurned, width: Element.panelWidth)
    self.init(
      shape: shape,
      plain: PackedMatrix(depth: panels.depth, columns: panels.columns, storage: try panels.packed(read)),
      narrow: nil)
  }
}

extension PackedFilter<Float> {
  /// Bytes that a convolution over this window will add to its filter: the weights, if not yet packed, and
  /// Winograd's transform for tiles of a side, if not yet made.
  /// - Parameter bytesEach: of a packed weight.
  package static func missingBytes(
    _ packed: PackedFilter?, _ shape: FilterShape, isTurned: Bool, bytesEach: Int, over window: Window
  ) -> (plain: Int, transform: Int, side: Int) {
    let panels = FilterPanels(shape, isTurned: isTurned, width: shape.isDepthwise ? 1 : Float.panelWidth)
    let schedule = WinogradSchedule(window, shape)
    let isMade = schedule.map { packed?.transformed.holds(side: $0.side) ?? false } ?? true
    return (
      packed == nil ? bytesEach * panels.count : 0, isMade ? 0 : 4 * Float.keptCount(window, shape),
      schedule?.side ?? 0
    )
  }
}
