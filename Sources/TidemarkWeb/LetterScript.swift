/// The script of a letter, as far as it takes to notice a label that mixes scripts (Unicode
/// Technical Standard 39 section 5). Blocks stand for scripts; what is in none of them is `other`.
enum LetterScript: String, Sendable, CaseIterable {
  case latin = "Latin"
  case greek = "Greek"
  case cyrillic = "Cyrillic"
  case armenian = "Armenian"
  case hebrew = "Hebrew"
  case arabic = "Arabic"
  case devanagari = "Devanagari"
  case bengali = "Bengali"
  case tamil = "Tamil"
  case thai = "Thai"
  case georgian = "Georgian"
  case hangul = "Hangul"
  case cherokee = "Cherokee"
  case hiragana = "Hiragana"
  case katakana = "Katakana"
  case bopomofo = "Bopomofo"
  case han = "Han"
  case other = "other"

  /// The script; nil for digits, signs and marks, which go with every script.
  init?(_ scalar: Unicode.Scalar) {
    let properties = scalar.properties
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: break
    default: return nil
    }
    // The sign that lengthens a vowel, and the one that repeats, go with either kana.
    if scalar == "\u{30FC}" || scalar == "\u{3005}" { return nil }
    self = LetterScript.blocks.first { $0.range.contains(scalar.value) }?.script ?? .other
  }

  private static let blocks: [(range: ClosedRange<UInt32>, script: LetterScript)] = [
    (0x41...0x24F, .latin), (0x250...0x2AF, .latin), (0x1D00...0x1DBF, .latin),
    (0x1E00...0x1EFF, .latin), (0x2C60...0x2C7F, .latin), (0xA720...0xA7FF, .latin),
    (0xFF21...0xFF5A, .latin), (0x370...0x3FF, .greek), (0x1F00...0x1FFF, .greek),
    (0x400...0x52F, .cyrillic), (0x1C80...0x1C8F, .cyrillic), (0x2DE0...0x2DFF, .cyrillic),
    (0xA640...0xA69F, .cyrillic), (0x530...0x58F, .armenian), (0x590...0x5FF, .hebrew),
    (0x600...0x6FF, .arabic), (0x750...0x77F, .arabic), (0x8A0...0x8FF, .arabic),
    (0x900...0x97F, .devanagari), (0x980...0x9FF, .bengali), (0xB80...0xBFF, .tamil),
    (0xE00...0xE7F, .thai), (0x10A0...0x10FF, .georgian), (0x1100...0x11FF, .hangul),
    (0x3130...0x318F, .hangul), (0xAC00...0xD7FF, .hangul), (0x13A0...0x13FF, .cherokee),
    (0xAB70...0xABBF, .cherokee), (0x3040...0x309F, .hiragana), (0x30A0...0x30FF, .katakana),
    (0x31F0...0x31FF, .katakana), (0xFF66...0xFF9F, .katakana), (0x3100...0x312F, .bopomofo),
    (0x31A0...0x31BF, .bopomofo), (0x3400...0x4DBF, .han), (0x4E00...0x9FFF, .han),
    (0xF900...0xFAFF, .han), (0x20000...0x3134F, .han),
  ]

  /// Scripts that one language writes together (level "highly restrictive").
  private static let together: [Set<LetterScript>] = [
    [.latin, .han, .hiragana, .katakana], [.latin, .han, .bopomofo], [.latin, .han, .hangul],
  ]

  /// What a reader of a label should be warned of; nil for nothing.
  static func warning(_ label: String) -> String? {
    var scripts: [LetterScript] = []
    var looksLatin = true
    for scalar in label.unicodeScalars {
      guard let script = LetterScript(scalar) else { continue }
      if !scripts.contains(script) { scripts.append(script) }
      if !LetterScript.likeLatin.contains(scalar) { looksLatin = false }
    }
    if scripts.count > 1 {
      guard !together.contains(where: { $0.isSuperset(of: scripts) }) else { return nil }
      let names = scripts.map(\.rawValue).sorted()
      return "mixes \(names.dropLast().joined(separator: ", ")) and \(names.last ?? "") letters"
    }
    guard let script = scripts.first, script != .latin, looksLatin else { return nil }
    return "all its \(script.rawValue) letters look like Latin ones"
  }

  /// Letters of other scripts that are drawn as Latin ones.
  private static let likeLatin: Set<Unicode.Scalar> = Set(
    ("асԁеһіјӏорԛѕԝху" + "ορνικυα" + "օսոհց").unicodeScalars)
}
