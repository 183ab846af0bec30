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
    func isPlace(_ x: Float, _ y: Float) -> Bool {
      x.magnitude < Face.maxPlace && y.magnitude < Face.maxPlace  // NaN is not less
    }
    guard isPlace(left, top), isPlace(right, bottom) else { return nil }
    var landmarks: [Point] = []
    landmarks.reserveCapacity(count)
    for k in 0..<count {
      let given = point(k), (x, y) = place(given.x, given.y)
      guard isPlace(x, y) else { return nil }
      landmarks.append(Point(x - 0.5, y - 0.5))  // a point counts from the centre of the first pixel
    }
    self.init(
      box: Box(left: left, top: top, right: right, bottom: bottom), score: score, landmarks: landmarks)
  }

  /// Far outside every picture.
  private static var maxPlace: Float { 1e6 }
}
