import CFaceStyle
import CSystem
import Networks
import Tensors

// The losses of detectors, in Float as in training.

@c @implementation
public func fs_box_overlap(
  _ overlap: fs_overlap, _ boxes: UnsafePointer<Float>?, _ others: UnsafePointer<Float>?, _ count: Int,
  _ overlaps: UnsafeMutablePointer<Float>?, _ capacity: Int, _ gradient: UnsafeMutablePointer<Float>?,
  _ gradientCapacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let overlap = try BoxOverlap(overlap), numbers = try product(count, 4, name: "boxes")
    let boxes = try buffer(required(boxes, "boxes"), numbers, "boxes")
    let others = try buffer(required(others, "others"), numbers, "others")
    let target = try output(overlaps, capacity: capacity, needed: count, "overlaps")
    if gradient != nil {
      _ = try output(gradient, capacity: gradientCapacity, needed: numbers, "gradient")
    }
    for i in 0..<count {
      try box(boxes, i).check()
      try box(others, i).check()
    }
    for i in 0..<count {
      let a = box(boxes, i), b = box(others, i)
      let found = overlap.value((a.left, a.top, a.right, a.bottom), (b.left, b.top, b.right, b.bottom))
      target[i] = found.value
      guard let slopes = gradient.map({ $0 + 4 * i }) else { continue }
      (slopes[0], slopes[1]) = (found.slopes.left, found.slopes.top)
      (slopes[2], slopes[3]) = (found.slopes.right, found.slopes.bottom)
    }
  }
}

private func box(_ numbers: UnsafeBufferPointer<Float>, _ i: Int) -> FaceTarget {
  FaceTarget(
    left: numbers[4 * i], top: numbers[4 * i + 1], right: numbers[4 * i + 2], bottom: numbers[4 * i + 3])
}

extension FaceTarget {
  /// A caller's face.
  init(_ face: fs_scene_face) throws(Failure) {
    var points: [Float] = []
    if face.has_points != 0 {
      withUnsafeBytes(of: face.points) { points = Array($0.assumingMemoryBound(to: Float.self)) }
    }
    self.init(
      left: face.left, top: face.top, right: face.right, bottom: face.bottom, points: points,
      isIgnored: face.ignored != 0)
    try check()
  }

  /// A caller's faces of pictures, one picture after another.
  static func ofPictures(
    _ faces: UnsafePointer<fs_scene_face>?, _ counts: [Int]
  ) throws(Failure) -> [[FaceTarget]] {
    var total = 0
    for count in counts {
      let (sum, overflow) = total.addingReportingOverflow(count)
      guard count >= 0, !overflow else {
        throw .invalidArgument("\(UInt(bitPattern: count)) faces, more than memory can hold")
      }
      total = sum
    }
    let given = try buffer(faces, total, "faces")
    var pictures: [[FaceTarget]] = [], next = 0
    for count in counts {
      var picture: [FaceTarget] = []
      for i in next..<(next + count) { picture.append(try FaceTarget(given[i])) }
      pictures.append(picture)
      next += count
    }
    return pictures
  }

  var inC: fs_scene_face {
    var face = fs_scene_face()
    (face.left, face.top, face.right, face.bottom) = (left, top, right, bottom)
    face.has_points = points.isEmpty ? 0 : 1
    face.ignored = isIgnored ? 1 : 0
    withUnsafeMutableBytes(of: &face.points) { target in
      points.withUnsafeBytes {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(target.count)))
      }
    }
    return face
  }
}

// MARK: Options

@c @implementation
public func fs_detection_options_init(
  _ options: UnsafeMutablePointer<fs_detection_options>?, _ size: Int
) -> fs_status {
  boundary { () throws(Failure) in
    try initialise(options, size)
  }
}

extension fs_detection_options: SizedStruct {
  static var standard: fs_detection_options { DetectionLoss().inC }
}

extension DetectionLoss: Exchanged {
  mutating func exchange(_ c: inout fs_detection_options, _ way: inout Exchange) {
    way.choice(&c.overlap, &overlap)
    way.choice(&c.points, &pointLoss)
    way.choice(&c.score, &scoreLoss)
    way.number(&c.box_weight, &boxWeight)
    way.number(&c.point_weight, &pointWeight)
    way.number(&c.score_weight, &scoreWeight)
    way.number(&c.point_range, &pointRange)
    way.number(&c.point_bend, &pointBend)
    way.number(&c.focus, &focus)
    way.number(&c.quality, &quality)
    way.number(&c.centre_radius, &centreRadius)
    way.number(&c.candidates, &candidates)
    way.number(&c.overlap_cost, &overlapCost)
  }

  /// A caller's options; NULL for the defaults.
  init(_ options: UnsafePointer<fs_detection_options>?) throws(Failure) {
    try self.init(known(options))
    try check()
  }
}

// MARK: Cells

/// A caller's cells and faces, checked and copied.
private struct CellBatch {
  /// [count, height / stride, width / stride, 15]
  let cells: [Tensor<Float>]
  let faces: [[FaceTarget]]
  /// Numbers of all cells.
  let numbers: Int

  init(
    _ cells: UnsafePointer<Float>?, _ count: Int, _ width: UInt32, _ height: UInt32,
    _ faces: UnsafePointer<fs_scene_face>?, _ faceCounts: [Int]
  ) throws(Failure) {
    let width = Int(width), height = Int(height), sides = 1...8192
    guard width % 32 == 0, height % 32 == 0, sides.contains(width), sides.contains(height) else {
      throw .invalidArgument(
        "cells of a picture of \(width)x\(height); expected multiples of 32, at most 8192")
    }
    let each = FaceCells.count(width: width, height: height) * FaceCells.numbers
    numbers = try product(count, each, name: "cells")
    let source = try buffer(required(cells, "cells"), numbers, "cells")
    for number in source where !number.isFinite {
      throw .invalidArgument("cells hold \(number); expected finite numbers")
    }
    self.faces = try FaceTarget.ofPictures(faces, faceCounts)
    var tensors: [Tensor<Float>] = []
    for stride in FaceCells.strides {
      tensors.append(try Tensor([count, height / stride, width / stride, FaceCells.numbers]))
    }
    self.cells = tensors
    forEachPart { tensor, place, numbers in
      guard let start = source.baseAddress else { return }
      tensor.update(from: start + place, count: numbers)
    }
  }

  /// Calls `body` with each picture's cells of each stride, their place in a caller's array, and their count.
  func forEachPart(_ body: (UnsafeMutablePointer<Float>, Int, Int) -> Void) {
    withPointers(cells) { pointers in CellBatch.forEachPart(cells, pointers, body) }
  }

  static func forEachPart(
    _ tensors: [Tensor<Float>], _ pointers: [UnsafeMutablePointer<Float>],
    _ body: (UnsafeMutablePointer<Float>, Int, Int) -> Void
  ) {
    var place = 0
    let pictures = tensors[0].shape[0]
    for picture in 0..<pictures {
      for (tensor, pointer) in zip(tensors, pointers) {
        let numbers = tensor.count / pictures
        body(pointer + picture * numbers, place, numbers)
        place += numbers
      }
    }
  }
}

@c @implementation
public func fs_detection_assign(
  _ options: UnsafePointer<fs_detection_options>?, _ cells: UnsafePointer<Float>?, _ width: UInt32,
  _ height: UInt32, _ faces: UnsafePointer<fs_scene_face>?, _ faceCount: Int,
  _ assigned: UnsafeMutablePointer<Int32>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let options = try DetectionLoss(options)
    let batch = try CellBatch(cells, 1, width, height, faces, [faceCount])
    let target = try output(
      assigned, capacity: capacity, needed: batch.numbers / FaceCells.numbers, "assigned")
    let assignment = try CellAssignment(batch.cells, batch.faces, options)
    for (i, face) in assignment.faces.enumerated() { target[i] = face }
  }
}

@c @implementation
public func fs_detection_loss(
  _ options: UnsafePointer<fs_detection_options>?, _ cells: UnsafePointer<Float>?, _ count: Int,
  _ width: UInt32, _ height: UInt32, _ faces: UnsafePointer<fs_scene_face>?,
  _ faceCounts: UnsafePointer<Int>?, _ parts: UnsafeMutablePointer<fs_detection_parts>?,
  _ gradient: UnsafeMutablePointer<Float>?, _ capacity: Int
) -> fs_status {
  boundary { () throws(Failure) in
    let target = try required(parts, "parts")
    let options = try DetectionLoss(options)
    let counts = Array(try buffer(required(faceCounts, "face_counts"), count, "face_counts"))
    let batch = try CellBatch(cells, count, width, height, faces, counts)
    if gradient != nil { _ = try output(gradient, capacity: capacity, needed: batch.numbers, "gradient") }
    let assignment = try CellAssignment(batch.cells, batch.faces, options)
    let tape = Tape<Float>()
    var leaves: [Variable<Float>] = []
    for tensor in batch.cells { leaves.append(gradient == nil ? tape.constant(tensor) : tape.leaf(tensor)) }
    let (loss, found) = try tape.detectionLoss(leaves, batch.faces, assignment, options)
    let slopes = try tape.gradients(of: loss, at: leaves)
    var isFinite = loss.scalar.isFinite
    for tensor in slopes { for i in 0..<tensor.count where !tensor[i].isFinite { isFinite = false } }
    guard isFinite else {
      throw .invalidArgument("the loss is \(loss.scalar), or a slope is not finite: numbers are too large")
    }
    target.pointee = found.inC
    guard let gradient else { return }
    withPointers(slopes) { pointers in
      CellBatch.forEachPart(slopes, pointers) { (gradient + $1).update(from: $0, count: $2) }
    }
  }
}

extension DetectionParts {
  var inC: fs_detection_parts {
    fs_detection_parts(
      box: box, points: points, score: score, faces: UInt64(clamping: faces), cells: UInt64(clamping: cells),
      overlap: overlap)
  }
}
