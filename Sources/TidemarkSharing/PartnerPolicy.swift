public import DNSWire
public import TidemarkModel

/// What of a stream a partner may have.
///
/// An empty list lets everything through that the other rules let.
public struct PartnerPolicy: Sendable, Equatable {
  /// The stream.
  public var stream: String
  /// Zones: only owners at or below one of them.
  public var include: [String] = []
  /// Zones: no owner and no name in rdata at or below one of them, included or not.
  public var exclude: [String] = []
  /// Record types.
  public var rrtypes: [RRType] = []
  /// Where records were seen.
  public var vantages: [Vantage] = []
  /// Datasets by name.
  public var datasets: [String] = []
  /// The strictest label that the partner may have.
  public var tlpMax: TLP = .green
  /// Longest time between a record's last sighting and its release, seconds; nil without bound.
  public var maxAgeSeconds: UInt32?
  /// Names that are not in the public DNS and private addresses are released too.
  public var keepsPrivate = false
  /// Rows of all its streams together, a second; nil without bound.
  public var rowsPerSecondMax: Int?
  /// Streams open at the same time.
  public var streamsMax = PartnerPolicy.streamsStandard

  /// Streams that a partner may have open unless told otherwise: a receiver, its spare, and one of
  /// each that has not noticed yet that it lost its connection.
  public static let streamsStandard = 4

  /// Makes the standard policy of a stream.
  public init(stream: String) { self.stream = stream }

  /// Refuses what makes no sense.
  ///
  /// - Throws: ``PartnerPolicyError``.
  public func check() throws(PartnerPolicyError) {
    guard MixSettings.isName(stream) else { throw .badStream(stream) }
    for text in include + exclude {
      // Blanks and other scripts would make labels that no name of the DNS has.
      guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .badZone(text) }
      do throws(NameError) { _ = try NameSuffixSet.name(of: text) } catch { throw .badZone(text) }
    }
    guard rowsPerSecondMax ?? 1 >= 1, streamsMax >= 1 else { throw .badBound }
    guard !datasets.contains("") else { throw .badDataset }
  }
}

/// Why a policy makes no sense. Each prints as one line.
public enum PartnerPolicyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Nothing that names a stream.
  case badStream(String)
  /// A zone is no domain name as the DNS has it.
  case badZone(String)
  /// A rate or a number of streams is less than 1.
  case badBound
  /// A dataset has no name.
  case badDataset
  /// What was given for a list has no entries.
  case noEntries

  /// One line for people.
  public var description: String {
    switch self {
    case .badStream(let text):
      "\(text): not the name of a stream: lower-case letters, digits, - and _"
    case .badZone(let text):
      "\(text): not a domain name; names have no blanks, and other scripts are written xn--…"
    case .badBound: "rates and numbers of streams are 1 or more"
    case .badDataset: "a dataset has a name"
    case .noEntries: "names nothing, and an empty list would let everything through"
    }
  }
}

/// As kept in the control database. Words that are not known are refused: a policy of a later
/// version must not be read as a wider one.
extension PartnerPolicy: Codable {
  private enum CodingKeys: String, CodingKey {
    case stream, include, exclude, types, vantages, datasets, tlp
    case maxAge = "max_age"
    case keepPrivate = "keep_private"
    case rate
    case streams
  }

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Reads what ``encode(to:)`` wrote.
  public init(from decoder: any Decoder) throws {
    let all = try decoder.container(keyedBy: AnyKey.self)
    if let unknown = all.allKeys.first(where: { CodingKeys(stringValue: $0.stringValue) == nil }) {
      throw DecodingError.dataCorruptedError(
        forKey: unknown, in: all, debugDescription: "a rule of a later version")
    }
    let from = try decoder.container(keyedBy: CodingKeys.self)
    func words<Word>(_ key: CodingKeys, _ read: (String) -> Word?) throws -> [Word] {
      try (from.decodeIfPresent([String].self, forKey: key) ?? []).map { text in
        guard let word = read(text) else {
          throw DecodingError.dataCorruptedError(
            forKey: key, in: from, debugDescription: "a word that is not known")
        }
        return word
      }
    }
    self.init(stream: try from.decode(String.self, forKey: .stream))
    include = try words(.include) { $0 }
    exclude = try words(.exclude) { $0 }
    rrtypes = try words(.types) { RRType(mnemonic: $0) }
    vantages = try words(.vantages) { Vantage(name: $0) }
    datasets = try words(.datasets) { $0 }
    guard let label = TLP(text: try from.decode(String.self, forKey: .tlp)) else {
      throw DecodingError.dataCorruptedError(
        forKey: .tlp, in: from, debugDescription: "a label that is not known")
    }
    tlpMax = label
    maxAgeSeconds = try from.decodeIfPresent(UInt32.self, forKey: .maxAge)
    keepsPrivate = try from.decode(Bool.self, forKey: .keepPrivate)
    rowsPerSecondMax = try from.decodeIfPresent(Int.self, forKey: .rate)
    streamsMax = try from.decode(Int.self, forKey: .streams)
  }

  /// Writes all rules by the words that people use for them.
  public func encode(to encoder: any Encoder) throws {
    var into = encoder.container(keyedBy: CodingKeys.self)
    try into.encode(stream, forKey: .stream)
    try into.encode(include, forKey: .include)
    try into.encode(exclude, forKey: .exclude)
    try into.encode(rrtypes.map(\.mnemonic), forKey: .types)
    try into.encode(vantages.map(\.description), forKey: .vantages)
    try into.encode(datasets, forKey: .datasets)
    try into.encode(tlpMax.description, forKey: .tlp)
    try into.encodeIfPresent(maxAgeSeconds, forKey: .maxAge)
    try into.encode(keepsPrivate, forKey: .keepPrivate)
    try into.encodeIfPresent(rowsPerSecondMax, forKey: .rate)
    try into.encode(streamsMax, forKey: .streams)
  }
}
