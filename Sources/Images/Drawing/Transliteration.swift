/// Latin letters for those of other alphabets, so that a name can be read: as passports write Russian and
/// Ukrainian (ICAO 9303) and Greek (ISO 843).
enum Transliteration {
  /// nil for a letter that it does not know; "" for one that is not written.
  static func latin(_ letter: Unicode.Scalar) -> String? {
    switch letter.value {
    case 0x410...0x42F: capital(cyrillic(letter.value - 0x410))
    case 0x430...0x44F: cyrillic(letter.value - 0x430)
    case 0x391...0x3A9 where letter.value != 0x3A2: capital(greek(letter.value - 0x391))
    case 0x3B1...0x3C9: greek(letter.value - 0x3B1)
    default: special(letter)
    }
  }

  private static func capital(_ text: String) -> String {
    var letters = Array(text.utf8)
    if !letters.isEmpty { letters[0] -= UInt8(ascii: "a") - UInt8(ascii: "A") }
    return String(decoding: letters, as: UTF8.self)
  }

  /// а to я
  private static func cyrillic(_ place: UInt32) -> String {
    let letters: [String] = [
      "a", "b", "v", "g", "d", "e", "zh", "z", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u",
      "f",
      "kh", "ts", "ch", "sh", "shch", "ie", "y", "", "e", "iu", "ia"
    ]
    return letters[Int(place)]
  }

  /// α to ω, with the ς at a word's end
  private static func greek(_ place: UInt32) -> String {
    let letters: [String] = [
      "a", "v", "g", "d", "e", "z", "i", "th", "i", "k", "l", "m", "n", "x", "o", "p", "r", "s", "s", "t",
      "y",
      "f", "ch", "ps", "o"
    ]
    return letters[Int(place)]
  }

  private static func special(_ letter: Unicode.Scalar) -> String? {
    switch letter {
    case "Ё": "E"
    case "ё": "e"
    case "Є": "Ie"
    case "є": "ie"
    case "І", "Ї": "I"
    case "і", "ї": "i"
    case "Ґ": "G"
    case "ґ": "g"
    case "Ў": "U"
    case "ў": "u"
    case "Ј": "J"
    case "ј": "j"
    case "Љ": "Lj"
    case "љ": "lj"
    case "Њ": "Nj"
    case "њ": "nj"
    case "Ђ": "Dj"
    case "ђ": "dj"
    case "Ћ": "C"
    case "ћ": "c"
    case "Џ": "Dz"
    case "џ": "dz"
    default: nil
    }
  }
}
