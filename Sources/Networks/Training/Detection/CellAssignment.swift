import CSystem
import Tensors

/// Which cells of a one-pass detector learn which faces: SimOTA (Ge et al., "YOLOX", 2021, section 2.1).
///
/// Cells in a face's box or near its centre are its candidates. A candidate costs `-log(score) + overlapCost
/// * -log(IoU)`, and far more unless it lies both in the box and near the centre. A face wants its k cheapest
/// candidates, k being the sum of its best IoUs, rounded down and at least 1; a cell that several faces want
/// goes to the one that it costs least. Of equal costs the earlier cell or face counts.
///
/// The work is proportional to the cells in and around the faces.
package struct CellAssignment: Equatable, Sendable {
  package static var none: Int32 { -1 }
  /// Of cells in a face that is to be ignored.
  package static var ignored: Int32 { -2 }

  /// For each cell, the index of a face in its picture, `none` or `ignored`: picture after picture, in each
  /// the cells of strides 8, 16 and 32, row by row.
  package private(set) var faces: [Int32]
  /// The IoU of a cell's box with its face, 0 for cells without one.
  package private(set) var overlaps: [Float]
  /// Cells with a face.
  package private(set) var count = 0
  /// Cells of one picture.
  package let cellsOfPicture: Int

  /// - Parameters:
  ///   - cells: a detector's results, one tensor for each stride.
  ///   - targets: the faces of each picture.
  /// - Throws: `.invalidArgument` for tensors of other shapes, or a face that is none.
  package init<Element: Scalar>(
    _ cells: [Tensor<Element>], _ targets: [[FaceTarget]], _ options: DetectionLoss
  ) throws(Failure) {
    try FaceCells.check(cells)
    let pictures = cells[0].shape[0]
    guard targets.count == pictures else {
      throw .invalidArgument("faces of \(targets.count) pictures; expected \(pictures)")
    }
    for faces in targets { for face in faces { try face.check() } }
    var cellsOfPicture = 0
    for tensor in cells { cellsOfPicture += tensor.shape[1] * tensor.shape[2] }
    self.cellsOfPicture = cellsOfPicture
    faces = [Int32](repeating: CellAssignment.none, count: pictures * cellsOfPicture)
    overlaps = [Float](repeating: 0, count: pictures * cellsOfPicture)
    var search = FaceSearch(cellsOfPicture, options)
    for picture in 0..<pictures where !targets[picture].isEmpty {
      withPointers(cells) { pointers in
        let grids = cellGrids(cells, pointers, picture)
        search.run(targets[picture], grids)
      }
      let first = picture * cellsOfPicture
      for cell in 0..<cellsOfPicture where search.owners[cell] != CellAssignment.none {
        faces[first + cell] = search.owners[cell]
        guard search.owners[cell] >= 0 else { continue }
        overlaps[first + cell] = search.overlaps[cell]
        count += 1
      }
    }
  }
}

/// The cells of one stride of one picture.
struct CellGrid<Element> {
  let numbers: UnsafeMutablePointer<Element>
  let height, width: Int
  let stride: Int
  /// The index of the first cell in the picture.
  let first: Int

  /// The range of rows or columns whose centres may lie between two positions.
  fileprivate func range(_ low: Float, _ high: Float, _ count: Int) -> Range<Int> {
    let s = Float(stride), last = Float(count)
    let begin = Int(min(max((low / s - 0.5).rounded(.down), 0), last))
    let end = Int(min(max((high / s + 0.5).rounded(.up), 0), last))
    return begin..<max(begin, end)
  }
}

/// The grids of a picture's cells, for tensors [batch, height, width, 15].
func cellGrids<Element>(
  _ cells: [Tensor<Element>], _ pointers: [UnsafeMutablePointer<Element>], _ picture: Int
) -> [CellGrid<Element>] {
  var grids: [CellGrid<Element>] = [], first = 0
  for (i, stride) in FaceCells.strides.enumerated() {
    let height = cells[i].shape[1], width = cells[i].shape[2]
    grids.append(
      CellGrid(
        numbers: pointers[i] + picture * height * width * FaceCells.numbers, height: height, width: width,
        stride: stride, first: first))
    first += height * width
  }
  return grids
}

/// The search for the cells of one picture's faces; its memory is used for picture after picture.
private struct FaceSearch {
  let options: DetectionLoss
  /// For each cell: its face, the cost of it, and their IoU.
  var owners: [Int32]
  var overlaps: [Float]
  private var costs: [Float]
  private var cheapest: Shortlist
  private var best: Shortlist

  init(_ cells: Int, _ options: DetectionLoss) {
    self.options = options
    owners = [Int32](repeating: CellAssignment.none, count: cells)
    overlaps = [Float](repeating: 0, count: cells)
    costs = [Float](repeating: .infinity, count: cells)
    cheapest = Shortlist(options.candidates)
    best = Shortlist(options.candidates)
  }

  mutating func run<Element: Scalar>(_ faces: [FaceTarget], _ grids: [CellGrid<Element>]) {
    for cell in owners.indices { owners[cell] = CellAssignment.none }
    for (index, face) in faces.enumerated() where !face.isIgnored {
      cheapest.clear()
      best.clear()
      for grid in grids { look(for: face, in: grid) }
      var sum: Float = 0
      for i in 0..<best.count { sum -= best.keys[i] }
      for i in 0..<min(max(Int(sum), 1), cheapest.count) {
        let cell = cheapest.cells[i], cost = cheapest.keys[i]
        guard owners[cell] == CellAssignment.none || cost < costs[cell] else { continue }
        owners[cell] = Int32(truncatingIfNeeded: index)
        costs[cell] = cost
        overlaps[cell] = cheapest.overlaps[i]
      }
    }
    for face in faces where face.isIgnored { for grid in grids { ignore(face, in: grid) } }
  }

  private mutating func look<Element: Scalar>(for face: FaceTarget, in grid: CellGrid<Element>) {
    let s = Float(grid.stride), radius = options.centreRadius * s
    let centre = (x: (face.left + face.right) / 2, y: (face.top + face.bottom) / 2)
    let rows = grid.range(
      min(face.top, centre.y - radius), max(face.bottom, centre.y + radius), grid.height)
    let columns = grid.range(
      min(face.left, centre.x - radius), max(face.right, centre.x + radius), grid.width)
    for row in rows {
      let y = (Float(row) + 0.5) * s
      for column in columns {
        let x = (Float(column) + 0.5) * s
        let isInBox = x > face.left && x < face.right && y > face.top && y < face.bottom
        let isNearCentre = abs(x - centre.x) < radius && abs(y - centre.y) < radius
        guard isInBox || isNearCentre else { continue }
        let cell = row * grid.width + column
        let d = grid.numbers + cell * FaceCells.numbers
        let overlap = CellBox(plain: d, row, column, s).overlap(face)
        // Also false for no number.
        guard overlap >= 0 else { continue }
        let logit = Float(Double(d[0]))
        // -log(1 / (1 + exp(-x)))
        let score = max(-logit, 0) + log1pf(expf(-abs(logit)))
        let cost =
          score - options.overlapCost * logf(overlap + 1e-8) + (isInBox && isNearCentre ? 0 : 1e5)
        cheapest.add(cost, grid.first + cell, overlap)
        best.add(-overlap, grid.first + cell, overlap)
      }
    }
  }

  /// The cells whose centres lie in a face, and at least the nearest ones.
  private mutating func ignore<Element>(_ face: FaceTarget, in grid: CellGrid<Element>) {
    let s = Float(grid.stride)
    let centre = (x: (face.left + face.right) / 2, y: (face.top + face.bottom) / 2)
    let across = max(face.width, s) / 2, down = max(face.height, s) / 2
    for row in grid.range(centre.y - down, centre.y + down, grid.height) {
      guard abs((Float(row) + 0.5) * s - centre.y) <= down else { continue }
      for column in grid.range(centre.x - across, centre.x + across, grid.width)
      where abs((Float(column) + 0.5) * s - centre.x) <= across {
        let cell = grid.first + row * grid.width + column
        if owners[cell] == CellAssignment.none { owners[cell] = CellAssignment.ignored }
      }
    }
  }
}

extension CellBox<Float> {
  /// Of numbers of any type, as plain ones.
  fileprivate init<Number: Scalar>(
    plain d: UnsafeMutablePointer<Number>, _ row: Int, _ column: Int, _ stride: Float
  ) {
    func number(_ i: Int) -> Float { Float(Double(d[i])) }
    self.init(
      (number(1), number(2), number(3), number(4)), row: Float(row), column: Float(column), stride: stride)
  }

  /// IoU; no number where the box is none.
  fileprivate func overlap(_ face: FaceTarget) -> Float {
    let across = min(right, face.right) - max(left, face.left)
    let down = min(bottom, face.bottom) - max(top, face.top)
    let common = max(across, 0) * max(down, 0)
    return common / ((right - left) * (bottom - top) + face.width * face.height - common)
  }
}

/// The few cells with the lowest keys, in ascending order; of equal keys the first that came.
private struct Shortlist {
  private(set) var keys: [Float]
  private(set) var cells: [Int]
  private(set) var overlaps: [Float]
  private(set) var count = 0

  init(_ room: Int) {
    keys = [Float](repeating: 0, count: room)
    cells = [Int](repeating: 0, count: room)
    overlaps = keys
  }

  mutating func clear() { count = 0 }

  mutating func add(_ key: Float, _ cell: Int, _ overlap: Float) {
    var place = count
    if count == keys.count {
      guard key < keys[count - 1] else { return }
      place = count - 1
    } else {
      count += 1
    }
    while place > 0, key < keys[place - 1] {
      keys[place] = keys[place - 1]
      cells[place] = cells[place - 1]
      overlaps[place] = overlaps[place - 1]
      place -= 1
    }
    (keys[place], cells[place], overlaps[place]) = (key, cell, overlap)
  }
}
