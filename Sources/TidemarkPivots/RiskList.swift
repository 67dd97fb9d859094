import DNSWire
public import TidemarkDomains
public import TidemarkModel
import TidemarkQuery
import TidemarkStore

/// What an entry of a list is bad for, where its list says so.
public enum RiskCategory: String, CaseIterable, Sendable {
  /// Pretends to be somebody else.
  case phishing
  /// Spreads or steers malicious programs.
  case malware
  /// Sends or is named in unwanted mail.
  case spam
}

/// What an operator says about a list.
public struct RiskListHeader: Sendable, Equatable {
  /// What being on the list means.
  public enum Kind: String, CaseIterable, Sendable {
    /// Known to be bad.
    case block
    /// Known to be good: scored 0 ("zero list").
    case allow
    /// Neither: sinkholes and parking hosts, whose neighbours say nothing.
    case neutral
  }

  /// Name, unique among the lists; shown as evidence.
  public var name: String
  /// What being on it means.
  public var kind: Kind
  /// What its entries are bad for; nil when it does not say.
  public var category: RiskCategory?
  /// Trust in entries that are registered domains, 0 to 1: the score of a host below one is a
  /// hundred times this.
  public var weight: Double
  /// From then on the list says nothing; nil for never.
  public var expires: UnixSeconds?
  /// Day of the list's content, UTC; shown as evidence.
  public var updated: UnixDay
  /// Of a list of ranks, take only the ranks up to this one; nil for all.
  public var ranksMax: Int?

  /// Makes a header.
  ///
  /// - Parameter weight: is brought between 0 and 1; what is no number becomes 1.
  public init(
    name: String, kind: Kind, category: RiskCategory? = nil, weight: Double = 1,
    expires: UnixSeconds? = nil, updated: UnixDay, ranksMax: Int? = nil
  ) {
    self.name = name
    self.kind = kind
    self.category = category
    self.weight = weight.isNaN ? 1 : min(max(weight, 0), 1)
    self.expires = expires
    self.updated = updated
    self.ranksMax = ranksMax
  }
}

/// Why something in a list is no entry.
public enum RiskListRejection: String, Error, CaseIterable, Sendable {
  /// Neither a name nor an address nor a network.
  case notAnEntry = "not-an-entry"
  /// A public suffix or a name of one label: it would list everybody below it.
  case publicSuffix = "public-suffix"
  /// A network of so many addresses that it would list the world.
  case tooWide = "too-wide"
  /// An exception of the list from itself.
  case exception
  /// A rule that holds only sometimes: with a path, an option, a condition.
  case conditional
  /// A kind of entry that cannot be looked up by name or address: patterns, substrings, hashes.
  case unsupported
  /// A line that is too long.
  case tooLong = "too-long"
  /// More entries than a list may have.
  case tooMany = "too-many"
}

/// Why a list cannot be taken at all.
public enum RiskListError: Error, Equatable, Sendable, CustomStringConvertible {
  /// More octets than ``RiskListLimits/octetsMax`` (JSON: ``RiskListLimits/jsonOctetsMax``).
  case tooLarge(octets: Int, max: Int)
  /// JSON that is not well-formed, or none of the kinds of documents that are known.
  case document
  /// Nothing in it is an entry.
  case empty

  /// One line for people.
  public var description: String {
    switch self {
    case .tooLarge(let octets, let max): "the list has \(octets) octets, at most \(max) are read"
    case .document: "the list is JSON of a kind that is not known, or damaged"
    case .empty: "the list has no entry"
    }
  }
}

/// Bounds on lists, which come from strangers.
public enum RiskListLimits {
  /// Octets of a list: ten million names.
  public static let octetsMax = 256 << 20
  /// Octets of a list in JSON, which takes some ten times as much memory while it is read.
  public static let jsonOctetsMax = 32 << 20
  /// Entries of a list; bounds memory to some 600 MiB.
  public static let entriesMax = 10_000_000
  /// Octets of a line; a row of a table has some hundred.
  public static let lineOctetsMax = 65_536
  /// Cells of a row; those behind are not looked at.
  public static let cellsMax = 256
  /// Octets of a value; long URLs have some thousand.
  public static let valueOctetsMax = 4_096
  /// Lists in a set: their numbers have to fit into an octet.
  public static let listsMax = 255
  /// Lines looked at to tell the format.
  public static let detectionLinesMax = 100
  /// Shortest prefix of an IPv4 network that is an entry.
  public static let ipv4BitsMin = 8
  /// Shortest prefix of an IPv6 network that is an entry.
  public static let ipv6BitsMin = 16
}

/// A list that was read: names and networks without doubles of spelling, and what was refused.
public struct RiskList: Sendable {
  /// What the operator says about it.
  public let header: RiskListHeader
  /// In which format it was written.
  public internal(set) var format: RiskListFormat
  /// What was refused, by reason.
  public private(set) var rejections: [RiskListRejection: Int] = [:]

  /// Canonical wire names.
  private(set) var names = OctetStrings()
  /// Networks, single addresses included, with 0 in the bits that do not count.
  private(set) var networks: [AddressPrefix] = []
  private let suffixes: PublicSuffixList

  /// Entries that were taken; doubles count.
  public var entryCount: Int { names.count + networks.count }

  /// Reads a list in any of the formats of ``RiskListFormat``, which it tells by itself.
  ///
  /// - Parameters:
  ///   - octets: the whole list, not compressed.
  ///   - suffixes: what nobody may list.
  /// - Throws: ``RiskListError``. Single bad entries are counted in ``rejections`` instead.
  public init(
    _ header: RiskListHeader, octets: [UInt8], suffixes: PublicSuffixList
  ) throws(RiskListError) {
    guard octets.count <= RiskListLimits.octetsMax else {
      throw .tooLarge(octets: octets.count, max: RiskListLimits.octetsMax)
    }
    self.header = header
    self.suffixes = suffixes
    let layout = RiskListLayout(detecting: octets)
    format = layout.format
    if format == .json {
      try RiskListDocument.read(octets, into: &self)
    } else {
      var reader = RiskListLines(layout, ranksMax: header.ranksMax)
      reader.read(octets, into: &self)
    }
    guard entryCount > 0 else { throw .empty }
  }

  /// Takes a value as written, or counts why not.
  mutating func add(_ value: ArraySlice<UInt8>, namesOnly: Bool = false) {
    do {
      switch try RiskListEntry(value, suffixes: suffixes) {
      case .name(let name):
        guard makesRoom() else { return }
        names.append(name.wire)
      case .network(let network):
        guard !namesOnly else { return reject(.notAnEntry) }
        guard makesRoom() else { return }
        networks.append(network)
      }
    } catch {
      reject(error)
    }
  }

  /// Counts something that is no entry.
  mutating func reject(_ reason: RiskListRejection) {
    rejections[reason, default: 0] += 1
  }

  private mutating func makesRoom() -> Bool {
    guard entryCount < RiskListLimits.entriesMax else {
      reject(.tooMany)
      return false
    }
    return true
  }
}
