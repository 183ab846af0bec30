import ArgumentParser
import CFaceStyle

// The named choices of `facestyle train`.

enum LossName: String, CaseIterable, ExpressibleByArgument {
  case semiHard = "semi-hard"
  case batchHard = "batch-hard"
  case allTriplets = "all-triplets"
  case triplet, contrastive
  case pairDifference = "pair-difference"
  case pairChiSquare = "pair-chi-square"
  case softmax, centre, cosface, arcface, distillation
  case teacherDistance = "teacher-distance"

  var kind: fs_loss_kind {
    switch self {
    case .semiHard: FS_LOSS_SEMI_HARD
    case .batchHard: FS_LOSS_BATCH_HARD
    case .allTriplets: FS_LOSS_ALL_TRIPLETS
    case .triplet: FS_LOSS_TRIPLET
    case .contrastive: FS_LOSS_CONTRASTIVE
    case .pairDifference: FS_LOSS_PAIR_DIFFERENCE
    case .pairChiSquare: FS_LOSS_PAIR_CHI_SQUARE
    case .softmax: FS_LOSS_SOFTMAX
    case .centre: FS_LOSS_CENTRE
    case .cosface: FS_LOSS_COSFACE
    case .arcface: FS_LOSS_ARCFACE
    case .distillation: FS_LOSS_DISTILLATION
    case .teacherDistance: FS_LOSS_TEACHER_DISTANCE
    }
  }

  var hasMargin: Bool {
    switch self {
    case .semiHard, .batchHard, .allTriplets, .triplet, .contrastive, .cosface, .arcface: true
    case .pairDifference, .pairChiSquare, .softmax, .centre, .distillation, .teacherDistance: false
    }
  }

  /// Whether it learns to distinguish the people of a list, whose number it must know.
  var isClassifier: Bool { [.softmax, .centre, .cosface, .arcface].contains(self) }

  /// Whether it can keep strangers apart whom the teacher confuses.
  var hasStrangers: Bool { self == .distillation }

  var hasTeacher: Bool { [.distillation, .teacherDistance].contains(self) }
}

enum OptimiserName: String, CaseIterable, ExpressibleByArgument {
  case sgd, adam, adamw, rmsprop

  var optimiser: fs_optimiser {
    switch self {
    case .sgd: FS_SGD
    case .adam: FS_ADAM
    case .adamw: FS_ADAMW
    case .rmsprop: FS_RMSPROP
    }
  }
}

enum ScheduleName: String, CaseIterable, ExpressibleByArgument {
  case oneCycle = "one-cycle"
  case cosine, step, cyclical, constant

  var schedule: fs_schedule {
    switch self {
    case .oneCycle: FS_SCHEDULE_ONE_CYCLE
    case .cosine: FS_SCHEDULE_COSINE
    case .step: FS_SCHEDULE_STEP
    case .cyclical: FS_SCHEDULE_CYCLICAL
    case .constant: FS_SCHEDULE_CONSTANT
    }
  }
}

enum Strength: String, CaseIterable, ExpressibleByArgument {
  case none, standard, strong

  var strength: fs_strength {
    switch self {
    case .none: FS_AUGMENT_NONE
    case .standard: FS_AUGMENT_STANDARD
    case .strong: FS_AUGMENT_STRONG
    }
  }
}

/// A folder, and the landmarks of its faces: "FOLDER", "FOLDER:FILE.json" or
/// "FOLDER:x,y,x,y,...".
struct PhotoSource: ExpressibleByArgument {
  let folder: String
  private(set) var landmarks: String?
  private(set) var points: [Float]?

  init?(argument: String) {
    // A folder's name may contain a colon.
    guard kind(of: argument) == .absent, let colon = argument.lastIndex(of: ":") else {
      folder = argument
      return
    }
    folder = String(argument[..<colon])
    let place = argument[argument.index(after: colon)...]
    guard !folder.isEmpty, !place.isEmpty else { return nil }
    let numbers = place.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    if numbers.count == 1, numbers[0] == nil {
      landmarks = String(place)
    } else {
      points = numbers.compactMap(\.self)
      guard numbers.count == 10, points?.count == 10 else { return nil }
    }
  }
}

/// "0-19": the first and the last.
struct PeopleRange: ExpressibleByArgument {
  let range: ClosedRange<Int>

  init?(argument: String) {
    let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last, last < Int.max else {
      return nil
    }
    range = first...last
  }
}
