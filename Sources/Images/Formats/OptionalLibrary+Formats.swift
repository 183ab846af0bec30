import CCodecs
import Tensors

extension OptionalLibrary {
  /// What reads formats, each loaded with the first picture of its kind.
  package static var ofPictures: [OptionalLibrary] {
    [
      LibWebP.optional, LibHeif.optional(.hevc), LibHeif.optional(.av1), TIFFLibrary.optional, LibJXL.optional
    ]
  }
}
