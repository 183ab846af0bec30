import Faces
import Images
import Networks
import Tensors

/// The cost of a camera's NV12 frames of 640x480 with one face: conversion to pictures, and detection.
func frameRows(_ files: Files, threads: [Int]) throws(Failure) -> [Row] {
  let photo = try Image.open(files.photos + "/obama.jpg").resized(width: 640, height: 480, filter: .bilinear)
  let planes = try NV12(photo)
  var rows: [Row] = []
  for rotation in [0, 90] {
    rows.append(
      try planes.withFrame(rotation: rotation) { frame throws(Failure) in
        try measure("nv12-rgb", "640x480" + (rotation > 0 ? " +\(rotation)" : ""), threads: 1) {
          () throws(Failure) in
          _ = try frame.image()
        }
      })
  }
  let canvas = try Image(width: 640, height: 480)
  let model = try Model(path: files.models + "/mtcnn.safetensors")
  try planes.withFrame(rotation: 0) { upright throws(Failure) in
    rows.append(
      try measure("nv12-grey", "640x480", threads: 1) { () throws(Failure) in
        try upright.read(upright.whole, into: canvas, isGrey: true)
      })
    for minFace in [40, 60] {
      var options = DetectorOptions()
      options.minFace = Float(minFace)
      let detector = try Detector(model, options)
      for threads in threads {
        rows.append(
          try measure("nv12-faces", "640x480 >= \(minFace)", threads: threads) { () throws(Failure) in
            _ = try detector.faces(in: upright)
          })
      }
    }
  }
  return rows
}

/// A picture with even sides in a camera's format: BT.601, limited range.
private final class NV12 {
  private let width, height: Int
  private let luma, chroma: Storage<UInt8>

  init(_ image: Image) throws(Failure) {
    (width, height) = (image.width, image.height)
    luma = try Storage(count: width * height)
    chroma = try Storage(count: width * height / 2)
    let (width, height) = (width, height)
    withPointers(image.pixels, luma, chroma) { pixels, luma, chroma in
      for y in 0..<height {
        let row = pixels + y * image.stride
        for x in 0..<width {
          let (r, g, b) = (Double(row[3 * x]), Double(row[3 * x + 1]), Double(row[3 * x + 2]))
          luma[y * width + x] = UInt8(16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255)
          guard x % 2 == 0, y % 2 == 0 else { continue }
          let pair = chroma + y / 2 * width + x
          pair[0] = UInt8(128 + (-37.797 * r - 74.203 * g + 112.0 * b) / 255)
          pair[1] = UInt8(128 + (112.0 * r - 93.786 * g - 18.214 * b) / 255)
        }
      }
    }
  }

  /// The frame is valid inside `body`.
  func withFrame<Result>(
    rotation: Int, _ body: (Frame) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try luma.withBytes { luma throws(Failure) in
      try chroma.withBytes { chroma throws(Failure) in
        try body(
          Frame(
            .nv12, width: width, height: height, planes: [.init(luma), .init(chroma)], rotation: rotation))
      }
    }
  }
}
