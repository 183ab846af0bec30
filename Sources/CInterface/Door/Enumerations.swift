import CFaceStyle
import Faces
import Features
import Galleries
import Images
import Networks
import Styles
import Tensors

// Enumerations have the same raw values in C and in Swift; this file pairs them.

/// A Swift enumeration with the raw values of one in C.
protocol Enumeration: RawRepresentable, CaseIterable where RawValue == Int32 {
  associatedtype InC: CEnumeration
}

protocol CEnumeration {
  /// Its name in messages.
  static var noun: StaticString { get }
  init(_ rawValue: UInt32)
  var rawValue: UInt32 { get set }
}

extension Enumeration {
  /// Converts a caller's number.
  /// - Throws: `.invalidArgument`: "pooling 7; expected 0 to 2".
  init(_ given: InC) throws(Failure) {
    guard let known = Self(rawValue: Int32(bitPattern: given.rawValue)) else {
      throw .invalidArgument("\(InC.noun) \(given.rawValue); expected \(Self.numbers)")
    }
    self = known
  }

  var inC: InC { InC(UInt32(bitPattern: rawValue)) }

  /// "0 to 4, 9 or 10": the ascending raw values of all cases.
  private static var numbers: String {
    var text = "", first: Int32?, last: Int32 = 0
    func end(_ first: Int32) {
      text += text.isEmpty ? "" : ", "
      text += first == last ? "\(first)" : last == first + 1 ? "\(first) or \(last)" : "\(first) to \(last)"
    }
    for known in allCases {
      if let begun = first, known.rawValue != last + 1 {
        end(begun)
        first = nil
      }
      if first == nil { first = known.rawValue }
      last = known.rawValue
    }
    if let first { end(first) }
    return text
  }
}

extension Action {
  /// The value returned by a host's function.
  init(_ answer: fs_action, of callback: StaticString) throws(Failure) {
    guard let known = Action(rawValue: Int32(bitPattern: answer.rawValue)) else {
      throw .invalidArgument(
        "the host's \(callback) returned \(answer.rawValue); expected FS_CONTINUE, FS_FINISH or FS_CANCEL")
    }
    self = known
  }
}

extension fs_pixel_format: CEnumeration { static var noun: StaticString { "pixel format" } }
extension PixelFormat: Enumeration { typealias InC = fs_pixel_format }
extension Frame.Format: Enumeration { typealias InC = fs_pixel_format }

extension fs_colour_matrix: CEnumeration { static var noun: StaticString { "colour matrix" } }
extension ColourConversion.Matrix: Enumeration { typealias InC = fs_colour_matrix }

extension fs_colour_range: CEnumeration { static var noun: StaticString { "colour range" } }
extension ColourConversion.Range: Enumeration { typealias InC = fs_colour_range }

extension fs_filter: CEnumeration { static var noun: StaticString { "filter" } }
extension ResizeFilter: Enumeration { typealias InC = fs_filter }

extension fs_file_format: CEnumeration { static var noun: StaticString { "file format" } }
extension FileFormat: Enumeration { typealias InC = fs_file_format }

extension fs_palette: CEnumeration { static var noun: StaticString { "palette" } }
extension Palette: Enumeration { typealias InC = fs_palette }

extension fs_pooling: CEnumeration { static var noun: StaticString { "pooling" } }
extension Pooling: Enumeration { typealias InC = fs_pooling }

extension fs_way_back: CEnumeration { static var noun: StaticString { "way back" } }
extension WayBack: Enumeration { typealias InC = fs_way_back }

extension fs_function: CEnumeration { static var noun: StaticString { "function" } }
extension ElementwiseFunction: Enumeration { typealias InC = fs_function }

extension fs_differentiation: CEnumeration { static var noun: StaticString { "differentiation" } }
extension DerivativeWay: Enumeration { typealias InC = fs_differentiation }

extension fs_model_use: CEnumeration { static var noun: StaticString { "model use" } }
extension ModelInformation.Use: Enumeration { typealias InC = fs_model_use }

extension fs_face_order: CEnumeration { static var noun: StaticString { "order" } }
extension DetectorOptions.Order: Enumeration { typealias InC = fs_face_order }

extension fs_distance_kind: CEnumeration { static var noun: StaticString { "distance kind" } }
extension Metric.Kind: Enumeration { typealias InC = fs_distance_kind }

extension fs_rule: CEnumeration { static var noun: StaticString { "rule" } }
extension Identification.Rule: Enumeration { typealias InC = fs_rule }

extension fs_strength: CEnumeration { static var noun: StaticString { "strength" } }
extension Augmentation.Strength: Enumeration { typealias InC = fs_strength }

extension fs_loss_kind: CEnumeration { static var noun: StaticString { "loss kind" } }
extension Loss.Kind: Enumeration { typealias InC = fs_loss_kind }

extension fs_reduction: CEnumeration { static var noun: StaticString { "reduction" } }
extension Reduction: Enumeration { typealias InC = fs_reduction }

extension fs_overlap: CEnumeration { static var noun: StaticString { "overlap" } }
extension BoxOverlap: Enumeration { typealias InC = fs_overlap }

extension fs_point_loss: CEnumeration { static var noun: StaticString { "point loss" } }
extension PointLoss: Enumeration { typealias InC = fs_point_loss }

extension fs_score_loss: CEnumeration { static var noun: StaticString { "score loss" } }
extension ScoreLoss: Enumeration { typealias InC = fs_score_loss }

extension fs_optimiser: CEnumeration { static var noun: StaticString { "optimiser" } }
extension TrainingSettings.Options.Optimiser: Enumeration { typealias InC = fs_optimiser }

extension fs_schedule: CEnumeration { static var noun: StaticString { "schedule" } }
extension Schedule.Kind: Enumeration { typealias InC = fs_schedule }

extension fs_precision: CEnumeration { static var noun: StaticString { "precision" } }
extension WeightFileWriter.Numbers: Enumeration { typealias InC = fs_precision }

extension fs_cost_variant: CEnumeration { static var noun: StaticString { "cost variant" } }
extension CostVariant: Enumeration { typealias InC = fs_cost_variant }

extension fs_style_optimiser: CEnumeration { static var noun: StaticString { "optimiser" } }
extension StyleOptions.Optimiser: Enumeration { typealias InC = fs_style_optimiser }

extension fs_style_start: CEnumeration { static var noun: StaticString { "start" } }
extension StyleOptions.Start: Enumeration { typealias InC = fs_style_start }

extension fs_style_colours: CEnumeration { static var noun: StaticString { "colours" } }
extension Colours: Enumeration { typealias InC = fs_style_colours }

extension fs_total_variation: CEnumeration { static var noun: StaticString { "total variation" } }
extension TotalVariation: Enumeration { typealias InC = fs_total_variation }

extension fs_style_loss: CEnumeration { static var noun: StaticString { "style loss" } }
extension StyleLoss: Enumeration { typealias InC = fs_style_loss }

extension fs_style_edges: CEnumeration { static var noun: StaticString { "edges" } }
extension GradientPlan.Edges: Enumeration { typealias InC = fs_style_edges }

extension fs_mask_kind: CEnumeration { static var noun: StaticString { "mask kind" } }
extension MaskKind: Enumeration { typealias InC = fs_mask_kind }

extension fs_style_ending: CEnumeration { static var noun: StaticString { "ending" } }
extension StyleJob.Ending: Enumeration { typealias InC = fs_style_ending }

extension fs_universal_method: CEnumeration { static var noun: StaticString { "method" } }
extension UniversalStyler.Method: Enumeration { typealias InC = fs_universal_method }

extension fs_status: CEnumeration { static var noun: StaticString { "status" } }
extension Failure.Kind: Enumeration { typealias InC = fs_status }

extension fs_log_level: CEnumeration { static var noun: StaticString { "log level" } }
extension LogLevel: Enumeration { typealias InC = fs_log_level }
