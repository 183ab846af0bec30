/// How one who lacks a model gets it, by its name.
enum ModelOrigin {
  /// With the library.
  case library
  /// By `make models`, or by its Python command where there is no checkout.
  case fetched
  /// By the user's own download and conversion.
  case converted
  case unknown

  init(ofModel name: String) {
    self =
      switch name {
      case "faces-nn4", "faces-yunet", "faces-cascade", "starry-night", "scream", "shipwreck", "enlarge2",
        "enlarge4", "enlarge4-sharp":
        .library
      case "mtcnn", "centerface", "dlib-resnet", "multistyle26", "vgg19": .fetched
      case "liveness-2.7", "liveness-4.0": .converted
      default: ModelRole(named: name) == nil ? .unknown : .fetched
      }
  }

  /// What a message says after "expected".
  var remedy: String {
    switch self {
    case .library: "the one that comes with the library, in share/facestyle/models"
    case .fetched: "one from `make models` or `python3 -m facestyle.models`"
    case .converted:
      "one that `facestyle-convert` makes of MiniFASNet's file, as docs/reference/liveness.md shows"
    case .unknown: "a name that `facestyle models` lists"
    }
  }
}
