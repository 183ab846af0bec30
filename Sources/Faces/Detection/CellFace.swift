import Tensors

extension Face {
  /// A face that a cell gives, in pixels from (0, 0), the top left corner of the network's picture.
  ///
  /// nil if its numbers are too large for a face, or none, or its box is turned inside out.
  /// - Parameters:
  ///   - place: from the network's picture to the searched one.
  ///   - points: 5, or 0.
  ///   - point: the place of one of them.
  @inline(__always)
  init?(
    _ corners: (left: Float, top: Float, right: Float, bottom: Float), score: Float,
    _ place: CellGrid.Mapping, points count: Int, _ point: (Int) -> (x: Float, y: Float)
  ) {
    let (left, top) = place(corners.left, corners.top), (right, bottom) = place(corners.right, corners.bottom)
    guard right >= left, bottom >= top else { return nil }  // nor is NaN
    var landmarks: [Point] = []
    landmarks.reserveCapacity(count)
    for k in 0..<count {
      let given = point(k), (x, y) = place(given.x, given.y)
      landmarks.append(Point(x - 0.5, y - 0.5))  // a point counts from the centre of the first pixel
    }
    let all = landmarks.flatMap { [$0.x, $0.y] } + [left, top, right, bottom]
    guard all.allSatisfy({ $0.magnitude < Face.maxPlace }) else { return nil }  // NaN is not less
    self.init(
      box: Box(left: left, top: top, right: right, bottom: bottom), score: score, landmarks: landmarks)
  }

  /// Far outside every picture.
  private static var maxPlace: Float { 1e6 }
}
