extension Architecture {
  /// The names of all architectures, as weight files carry them.
  package static var names: [StaticString] {
    [
      "vgg19", "dlib-resnet", "nn4.small2",
      "facenet-nn1", "facenet-nn2", "facenet-nn3", "facenet-nn4", "facenet-nns1", "facenet-nns2",
      "densenet121", "mobilefacenet", "mobilefacenet-96", "siamese", "siamese-sigmoid", "one-shot",
      "cascade-12", "cascade-24", "cascade-48",
      "cascade-12-calibration", "cascade-24-calibration", "cascade-48-calibration",
      "fast-style", "fast-style-resize"
    ]
  }

  /// The architecture of a name, or nil if there is none.
  package static func named(_ name: String) -> Architecture? {
    switch name {
    case "vgg19": .vgg19
    case "dlib-resnet": .dlibResNet
    case "nn4.small2": .nn4Small2()
    case "facenet-nn1": .faceNetNN1
    case "facenet-nn2": .faceNetNN2
    case "facenet-nn3": .faceNetNN3
    case "facenet-nn4": .faceNetNN4
    case "facenet-nns1": .faceNetNNS1
    case "facenet-nns2": .faceNetNNS2
    case "densenet121": .denseNet121()
    case "mobilefacenet": .mobileFaceNet()
    case "mobilefacenet-96": .mobileFaceNet(side: 96)
    case "siamese": .siamese()
    case "siamese-sigmoid": .siamese(isSigmoid: true)
    case "one-shot": .oneShot()
    case "cascade-12": .cascade("cascade-12", side: 12)
    case "cascade-24": .cascade("cascade-24", side: 24)
    case "cascade-48": .cascade("cascade-48", side: 48)
    case "cascade-12-calibration": .cascade("cascade-12-calibration", side: 12, isCalibration: true)
    case "cascade-24-calibration": .cascade("cascade-24-calibration", side: 24, isCalibration: true)
    case "cascade-48-calibration": .cascade("cascade-48-calibration", side: 48, isCalibration: true)
    case "fast-style": .fastStyle()
    case "fast-style-resize": .fastStyleResize()
    default: nil
    }
  }
}
