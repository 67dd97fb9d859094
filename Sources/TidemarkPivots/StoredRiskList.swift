import FoundationEssentials
public import TidemarkModel

/// A list in a folder: what the operator says about it, where it came from, and which octets are
/// its own.
public struct StoredRiskList: Sendable, Equatable {
  /// What the operator says about it.
  public let header: RiskListHeader
  /// The file or URL that it was taken from.
  public let source: String
  /// When it was taken from there.
  public let taken: UnixSeconds
  /// In which format it is written.
  public let format: RiskListFormat
  /// Entries that were taken.
  public let entryCount: Int
  /// How many octets it has.
  public let octetCount: Int
  /// SHA-256 of its octets, lower-case hexadecimal digits.
  public let sha256: String

  /// Describes a list that was read.
  public init(_ list: RiskList, octets: [UInt8], source: String, taken: UnixSeconds) {
    header = list.header
    self.source = source
    self.taken = taken
    format = list.format
    entryCount = list.entryCount
    octetCount = octets.count
    sha256 = RiskListFile.digest(octets)
  }
}

/// The description as a JSON object; times are seconds since 1970, days are dates.
extension StoredRiskList {
  /// Longest description, octets.
  static let octetsMax = 16_384

  private struct Text: Codable {
    var version: Int
    var name: String
    var kind: String
    var category: String?
    var weight: Double
    var expires: UInt32?
    var updated: String
    var ranksMax: Int?
    var source: String
    var taken: UInt32
    var format: String
    var entries: Int
    var octets: Int
    var sha256: String
  }

  /// The version that is written, and the only one that is read.
  private static let version = 1

  /// Writes the description, for people to read too.
  var json: [UInt8] {
    var day: [UInt8] = []
    TextDay.append(header.updated, to: &day)
    let text = Text(
      version: StoredRiskList.version, name: header.name, kind: header.kind.rawValue,
      category: header.category?.rawValue, weight: header.weight, expires: header.expires,
      updated: String(decoding: day, as: UTF8.self), ranksMax: header.ranksMax, source: source,
      taken: taken, format: format.rawValue, entries: entryCount, octets: octetCount,
      sha256: sha256)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // Only numbers that JSON does not have can fail, and a weight is between 0 and 1.
    return ((try? encoder.encode(text)).map { Array($0) } ?? []) + [UInt8(ascii: "\n")]
  }

  /// Reads what ``json`` gave; nil for anything else.
  init?(json: [UInt8]) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let text = try? decoder.decode(Text.self, from: Data(json)),
      text.version == StoredRiskList.version, let kind = RiskListHeader.Kind(rawValue: text.kind),
      let format = RiskListFormat(rawValue: text.format),
      let updated = TextDay.parse(Array(text.updated.utf8).span)
    else { return nil }
    var category: RiskCategory?
    if let word = text.category {
      guard let known = RiskCategory(rawValue: word) else { return nil }
      category = known
    }
    header = RiskListHeader(
      name: text.name, kind: kind, category: category, weight: text.weight,
      expires: text.expires, updated: updated, ranksMax: text.ranksMax)
    source = text.source
    taken = text.taken
    self.format = format
    entryCount = text.entries
    octetCount = text.octets
    sha256 = text.sha256
  }
}
