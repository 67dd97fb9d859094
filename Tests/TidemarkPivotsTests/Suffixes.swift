import TidemarkDomains

/// The public suffix list of the system, without which pivots cannot fold names.
enum Suffixes {
  static let list = try? PublicSuffixList.standard()

  static var isThere: Bool {
    if list == nil { print("SKIPPED: no public suffix list here (Debian: publicsuffix)") }
    return list != nil
  }

  static func required() throws -> PublicSuffixList {
    if let list { return list }
    return try PublicSuffixList.standard()
  }
}
