import Faces
import Images
import Networks
import Tensors

/// The one-pass detector on generated weights, which recognise no faces: with its network alone, and all of a
/// search. Faces from 20 pixels on, so that the picture keeps its size.
func detectorRows(threads: [Int]) throws(Failure) -> [Row] {
  let model = try model("yunet", initialWeights(of: .yuNet(), seed: 1))
  var options = DetectorOptions()
  options.minFace = 20
  options.thresholds.2 = 0.999
  let detector = try Detector(model, options)
  let executor = Executor(try model.network(), .init(YuNet.cellSides.map { YuNet.cells(ofSide: $0) }))
  var rows: [Row] = []
  for (width, height) in [(640, 480), (320, 256)] {
    let input = try numbers([1, height, width, 3])
    let picture = try Image(width: width, height: height) { y, row in
      for i in 0..<(3 * width) { row[i] = UInt8((i * 7 + y * 13 + i * y / 64) & 255) }
    }
    for threads in threads {
      rows.append(
        try measure("yunet-cells", "\(width)x\(height)", threads: threads) { () throws(Failure) in
          try executor.run(batch: 1, height: height, width: width) {
            $0.update(from: input.pointer, count: input.count)
          } _: { _ in
          }
        })
      rows.append(
        try measure("yunet", "\(width)x\(height)", threads: threads) { () throws(Failure) in
          _ = try detector.faces(in: picture)
        })
    }
  }
  return rows
}
