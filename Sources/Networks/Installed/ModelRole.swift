/// A name that stands for the best installed model of its kind. The library, and through it the program and
/// Python, take them from here.
package enum ModelRole: CaseIterable {
  /// Embeds faces.
  case faces
  /// Finds faces with their five points.
  case facesWithPoints

  package var name: String {
    switch self {
    case .faces: "faces"
    case .facesWithPoints: "faces-points"
    }
  }

  /// Names of files, the best first. A file with the role's own name is the user's choice.
  package var candidates: [String] {
    switch self {
    case .faces: [name, "dlib-resnet", "faces-nn4"]
    case .facesWithPoints: [name, "mtcnn", "faces-yunet"]
    }
  }

  package init?(named name: String) {
    guard let role = ModelRole.allCases.first(where: { $0.name == name }) else { return nil }
    self = role
  }
}
