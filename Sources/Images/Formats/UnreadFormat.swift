import Tensors

/// Formats of pictures and documents that people hand in and that are not read: only named in messages.
enum UnreadFormat: CaseIterable {
  case gif, jpeg2000, psd, icon, exr, qoi, portableMap, pdf, postScript, svg, html, movie

  private var name: StaticString {
    switch self {
    case .gif: "a GIF"
    case .jpeg2000: "a JPEG 2000"
    case .psd: "a Photoshop"
    case .icon: "a Windows icon"
    case .exr: "an OpenEXR"
    case .qoi: "a QOI"
    case .portableMap: "a portable map (PBM, PGM, PPM)"
    case .pdf: "a PDF"
    case .postScript: "a PostScript"
    case .svg: "an SVG"
    case .html: "an HTML"
    case .movie: "a movie"
    }
  }

  /// How files of it begin; "?" stands for any byte.
  private var beginnings: [String] {
    switch self {
    case .gif: ["GIF87a", "GIF89a"]
    case .jpeg2000: ["\u{0}\u{0}\u{0}\u{C}jP"]
    case .psd: ["8BPS"]
    case .icon: ["\u{0}\u{0}\u{1}\u{0}"]
    case .exr: ["v/1\u{1}"]
    case .qoi: ["qoif"]
    case .portableMap: ["P1\n", "P2\n", "P3\n", "P4\n", "P5\n", "P6\n"]
    case .pdf: ["%PDF"]
    case .postScript: ["%!PS"]
    case .svg: ["<svg", "<?xml"]
    case .html: ["<!DOCTYPE", "<html"]
    case .movie: ["????ftyp", "????moov", "RIFF????AVI"]
    }
  }

  /// What a file is by its content, with its article; nil if it is none of these.
  static func name(of bytes: Span<UInt8>) -> StaticString? {
    allCases.first { $0.beginnings.contains { begins(bytes, with: $0) } }?.name
  }

  private static func begins(_ bytes: Span<UInt8>, with text: String) -> Bool {
    guard bytes.count >= text.utf8.count else { return false }
    for (i, byte) in text.utf8.enumerated() where byte != UInt8(ascii: "?") && bytes[i] != byte {
      return false
    }
    return true
  }
}
