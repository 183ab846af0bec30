import Images
import Tensors

/// A picture, or a camera's frame, of which parts are looked at.
package enum ImageOrFrame {
  case image(Image)
  case frame(Frame)

  var width: Int {
    switch self {
    case .image(let image): image.width
    case .frame(let frame): frame.uprightWidth
    }
  }

  var height: Int {
    switch self {
    case .image(let image): image.height
    case .frame(let frame): frame.uprightHeight
    }
  }

  /// A part; of a frame no more is read.
  func cropped(_ region: Region) throws(Failure) -> Image {
    switch self {
    case .image(let image): try image.cropped(region)
    case .frame(let frame): try frame.image(region)
    }
  }

  func warped(by map: Affine, width: Int, height: Int) throws(Failure) -> Image {
    switch self {
    case .image(let image): try image.warped(by: map, width: width, height: height)
    case .frame(let frame): try frame.warped(by: map, width: width, height: height)
    }
  }
}
