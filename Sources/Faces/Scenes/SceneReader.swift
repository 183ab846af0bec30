import Images
import Networks
import Tensors

/// Pictures of one step of a detector's training, with their faces.
package struct SceneBatch {
  /// [batch, side, side, 3], preprocessed.
  package let pictures: Tensor<Float>
  package let faces: [[FaceTarget]]
}

/// A set of scenes whose photos are read, from which batches are composed.
package final class Scenes {
  package let options: SceneOptions
  private let composer: SceneComposer

  /// Reads every photo once, on all threads.
  /// - Parameters:
  ///   - memoryLimit: bytes for decoded photos; photos beyond it are decoded on each use.
  ///   - seed: determines every picture, with step and index.
  ///   - progress: receives the number of finished photos; returns false to cancel.
  /// - Throws: `.invalidArgument` for options out of range and without a scene that can be read; `.noMemory`,
  ///   `.cancelled`.
  package init(
    _ set: SceneSet, _ options: SceneOptions, memoryLimit: Int, seed: UInt64,
    progress: (Int) throws(Failure) -> Bool = { _ in true }
  ) throws(Failure) {
    try options.check()
    self.options = options
    let photos = try ScenePhotos(set, memoryLimit: memoryLimit, progress: progress)
    composer = SceneComposer(photos: photos, options: options, seed: seed)
  }

  /// The photos that could be read.
  package var set: SceneSet { composer.photos.set }
  package var leftOut: [LeftOut] { composer.photos.leftOut }
  package var count: Int { composer.photos.count }
  /// A fingerprint of the photos' files.
  package var fingerprint: UInt64 { composer.photos.fingerprint }

  /// The levels of a picture, [side, side, 3], and its faces.
  package func picture(step: Int, index: Int) throws(Failure) -> (levels: Tensor<Float>, faces: [FaceTarget])
  {
    let levels = try Tensor<Float>([options.side, options.side, 3])
    let faces = try levels.withPointer { levels throws(Failure) in
      try composer.compose(
        step: step, index: index, into: LevelView(levels, width: options.side, height: options.side))
    }
    return (levels, faces)
  }

  /// The same as a picture to look at.
  package func image(step: Int, index: Int) throws(Failure) -> (image: Image, faces: [FaceTarget]) {
    let (levels, faces) = try picture(step: step, index: index)
    let image = try levels.withPointer { levels throws(Failure) in
      try LevelView(levels, width: options.side, height: options.side).image()
    }
    return (image, faces)
  }

  /// The pictures of a step.
  /// - Parameter check: called before each picture; throws if the batch is no longer wanted.
  package func batch(
    step: Int, count: Int, _ format: ViewFormat, _ check: () throws(Failure) -> Void = {}
  ) throws(Failure) -> SceneBatch {
    let pictures = try Tensor<Float>([count, format.height, format.width, 3])
    var faces: [[FaceTarget]] = []
    for index in 0..<count {
      try check()
      try faces.append(
        pictures.withPointer { levels throws(Failure) in
          let view = LevelView(
            levels + index * format.count, width: format.width, height: format.height)
          let faces = try composer.compose(step: step, index: index, into: view)
          view.preprocess(format)
          return faces
        })
    }
    return SceneBatch(pictures: pictures, faces: faces)
  }
}
