import CFaceStyle
import Faces
import Galleries
import Images
import Networks
import Styles
import Tensors
import Testing

/// Numbers in C by the cases below the door, which the door passes as they are.
@Suite struct EnumerationsTests {
  /// All cases, each with its constant: a case that is forgotten here, or has another number, fails.
  private func expect<Case: RawRepresentable & CaseIterable, InC: RawRepresentable>(
    _ pairs: [(Case, InC)], sourceLocation: SourceLocation = #_sourceLocation
  ) where Case.RawValue == Int32, InC.RawValue == UInt32 {
    for (known, constant) in pairs {
      #expect(
        UInt32(bitPattern: known.rawValue) == constant.rawValue, "\(known)", sourceLocation: sourceLocation)
    }
    let listed = Set(pairs.map { $0.0.rawValue }), all = Set(Case.allCases.map { $0.rawValue })
    #expect(listed == all, "\(Case.self)", sourceLocation: sourceLocation)
  }

  @Test func `pictures have C's numbers`() {
    let packed: [(PixelFormat, fs_pixel_format)] = [
      (.rgb, FS_RGB), (.bgr, FS_BGR), (.rgba, FS_RGBA), (.bgra, FS_BGRA), (.grey, FS_GREY),
      (.rgb16, FS_RGB16),
      (.rgba16, FS_RGBA16)
    ]
    expect(packed)
    expect(
      packed.map { (Frame.Format.packed($0.0), $0.1) }
        + [(.nv12, FS_NV12), (.nv21, FS_NV21), (.i420, FS_I420), (.yuyv, FS_YUYV)])
    expect([(ColourConversion.Matrix.bt601, FS_BT601), (.bt709, FS_BT709)])
    expect([(ColourConversion.Range.limited, FS_LIMITED_RANGE), (.full, FS_FULL_RANGE)])
    expect([(ResizeFilter.bilinear, FS_BILINEAR), (.bicubic, FS_BICUBIC), (.area, FS_AREA)])
    expect([
      (FileFormat.png, FS_PNG), (.jpeg, FS_JPEG), (.webP, FS_WEBP), (.heic, FS_HEIC), (.avif, FS_AVIF),
      (.tiff, FS_TIFF), (.jpegXL, FS_JPEG_XL), (.bmp, FS_BMP)
    ])
    expect([(Palette.grey, FS_PALETTE_GREY), (.viridis, FS_PALETTE_VIRIDIS)])
  }

  @Test func `every frame format is found again by its number, and no other number is one`() {
    for format in Frame.Format.allCases { #expect(Frame.Format(rawValue: format.rawValue) == format) }
    #expect(Frame.Format(rawValue: 11) == nil && Frame.Format(rawValue: -1) == nil)
    #expect(Frame.Format.allCases.map(\.rawValue) == Array(0...10))
  }

  @Test func `losses of detectors have C's numbers`() {
    expect([
      (BoxOverlap.iou, FS_OVERLAP_IOU), (.giou, FS_OVERLAP_GIOU), (.diou, FS_OVERLAP_DIOU),
      (.ciou, FS_OVERLAP_CIOU), (.eiou, FS_OVERLAP_EIOU)
    ])
    expect([(PointLoss.smoothL1, FS_POINTS_SMOOTH_L1), (.wing, FS_POINTS_WING)])
    expect([(ScoreLoss.crossEntropy, FS_SCORES_CROSS_ENTROPY), (.qualityFocal, FS_SCORES_QUALITY_FOCAL)])
  }

  @Test func `faces and galleries have C's numbers`() {
    expect([
      (ModelInformation.Use.other, FS_MODEL_OTHER), (.embedder, FS_MODEL_EMBEDDER),
      (.detector, FS_MODEL_DETECTOR), (.styler, FS_MODEL_STYLER), (.fastStyle, FS_MODEL_FAST_STYLE),
      (.universalStyle, FS_MODEL_UNIVERSAL_STYLE), (.liveness, FS_MODEL_LIVENESS),
      (.landmarks, FS_MODEL_LANDMARKS), (.enlarger, FS_MODEL_ENLARGER)
    ])
    expect([(DetectorOptions.Order.largestFirst, FS_LARGEST_FIRST), (.surestFirst, FS_SUREST_FIRST)])
    expect([
      (Metric.Kind.euclidean, FS_DISTANCE_EUCLIDEAN), (.squaredEuclidean, FS_DISTANCE_SQUARED),
      (.cosine, FS_DISTANCE_COSINE), (.chiSquare, FS_DISTANCE_CHI_SQUARE),
      (.differenceHead, FS_DISTANCE_DIFFERENCE_HEAD), (.chiSquareHead, FS_DISTANCE_CHI_SQUARE_HEAD)
    ])
    expect([
      (Identification.Rule.nearest, FS_RULE_NEAREST), (.mean, FS_RULE_MEAN), (.template, FS_RULE_TEMPLATE),
      (.vote, FS_RULE_VOTE)
    ])
    expect([
      (Augmentation.Strength.none, FS_AUGMENT_NONE), (.standard, FS_AUGMENT_STANDARD),
      (.strong, FS_AUGMENT_STRONG)
    ])
  }

  @Test func `training has C's numbers`() {
    expect([
      (Loss.Kind.triplet, FS_LOSS_TRIPLET), (.batchHard, FS_LOSS_BATCH_HARD), (.semiHard, FS_LOSS_SEMI_HARD),
      (.allTriplets, FS_LOSS_ALL_TRIPLETS), (.contrastive, FS_LOSS_CONTRASTIVE),
      (.pairDifference, FS_LOSS_PAIR_DIFFERENCE), (.pairChiSquare, FS_LOSS_PAIR_CHI_SQUARE),
      (.softmax, FS_LOSS_SOFTMAX), (.centre, FS_LOSS_CENTRE), (.cosFace, FS_LOSS_COSFACE),
      (.arcFace, FS_LOSS_ARCFACE), (.distillation, FS_LOSS_DISTILLATION),
      (.teacherDistance, FS_LOSS_TEACHER_DISTANCE), (.crossEntropy, FS_LOSS_CROSS_ENTROPY)
    ])
    expect([(Reduction.sum, FS_SUM), (.mean, FS_MEAN), (.meanOfActive, FS_MEAN_OF_ACTIVE)])
    expect([
      (TrainingSettings.Options.Optimiser.sgd, FS_SGD), (.adam, FS_ADAM), (.adamW, FS_ADAMW),
      (.rmsProp, FS_RMSPROP)
    ])
    expect([
      (Schedule.Kind.constant, FS_SCHEDULE_CONSTANT), (.step, FS_SCHEDULE_STEP),
      (.cosine, FS_SCHEDULE_COSINE),
      (.oneCycle, FS_SCHEDULE_ONE_CYCLE), (.cyclical, FS_SCHEDULE_CYCLICAL)
    ])
    expect([
      (WeightFileWriter.Numbers.float32, FS_FLOAT32), (.float16, FS_FLOAT16), (.int8, FS_INT8)
    ])
    expect([(Action.goOn, FS_CONTINUE), (.finish, FS_FINISH), (.cancel, FS_CANCEL)])
  }

  @Test func `networks have C's numbers`() {
    expect([(Pooling.average, FS_POOLING_AVERAGE), (.maximum, FS_POOLING_MAX), (.euclidean, FS_POOLING_L2)])
    expect([
      (ElementwiseFunction.exponential, FS_FUNCTION_EXP), (.logarithm, FS_FUNCTION_LOG),
      (.squareRoot, FS_FUNCTION_SQRT), (.sine, FS_FUNCTION_SIN), (.cosine, FS_FUNCTION_COS),
      (.hyperbolicTangent, FS_FUNCTION_TANH), (.sigmoid, FS_FUNCTION_SIGMOID),
      (.softplus, FS_FUNCTION_SOFTPLUS), (.magnitude, FS_FUNCTION_ABSOLUTE),
      (.reciprocal, FS_FUNCTION_RECIPROCAL), (.square, FS_FUNCTION_SQUARE),
      (.sign, FS_FUNCTION_SIGN)
    ])
    expect([
      (DerivativeWay.forward, FS_FORWARD), (.reverse, FS_REVERSE), (.numeric, FS_NUMERIC),
      (.symbolic, FS_SYMBOLIC)
    ])
  }

  @Test func `styles have C's numbers`() {
    expect([
      (CostVariant.normalised, FS_COST_NORMALISED), (.lecture, FS_COST_LECTURE), (.means, FS_COST_MEANS),
      (.roots, FS_COST_ROOTS)
    ])
    expect([(StyleOptions.Optimiser.adam, FS_STYLE_ADAM), (.lbfgs, FS_STYLE_LBFGS)])
    expect([
      (StyleOptions.Start.content, FS_START_CONTENT), (.noise, FS_START_NOISE), (.style, FS_START_STYLE),
      (.image, FS_START_IMAGE)
    ])
    expect([
      (StyleLoss.gram, FS_STYLE_LOSS_GRAM), (.moments, FS_STYLE_LOSS_MOMENTS),
      (.wasserstein, FS_STYLE_LOSS_WASSERSTEIN)
    ])
    expect([(GradientPlan.Edges.zeros, FS_EDGES_ZEROS), (.repeated, FS_EDGES_REPEATED)])
    expect([(MaskKind.inside, FS_MASK_INSIDE), (.soft, FS_MASK_SOFT)])
    expect([
      (TotalVariation.absolute, FS_VARIATION_ABSOLUTE), (.squared, FS_VARIATION_SQUARED),
      (.ninePoints, FS_VARIATION_NINE_POINTS)
    ])
    expect([
      (Colours.ofStyle, FS_COLOURS_STYLE), (.luminance, FS_COLOURS_LUMINANCE),
      (.cholesky, FS_COLOURS_CHOLESKY),
      (.principal, FS_COLOURS_PRINCIPAL), (.histogram, FS_COLOURS_HISTOGRAM)
    ])
    expect([
      (StyleJob.Ending.steps, FS_ENDING_STEPS), (.converged, FS_ENDING_CONVERGED),
      (.stalled, FS_ENDING_STALLED), (.notFinite, FS_ENDING_NOT_FINITE), (.deadline, FS_ENDING_DEADLINE)
    ])
    expect([
      (UniversalStyler.Method.covariance, FS_UNIVERSAL_COVARIANCE), (.variance, FS_UNIVERSAL_VARIANCE)
    ])
  }

  @Test func `failures and messages have C's numbers`() {
    expect([
      (Failure.Kind.invalidArgument, FS_INVALID_ARGUMENT), (.badData, FS_BAD_DATA), (.io, FS_IO),
      (.noMemory, FS_NO_MEMORY), (.noFace, FS_NO_FACE), (.cancelled, FS_CANCELLED), (.notFound, FS_NOT_FOUND),
      (.wrongModel, FS_WRONG_MODEL), (.internalError, FS_INTERNAL)
    ])
    expect([
      (LogLevel.debug, FS_LOG_DEBUG), (.info, FS_LOG_INFO), (.warning, FS_LOG_WARNING), (.error, FS_LOG_ERROR)
    ])
  }
}
