public import DNSWire
public import TidemarkModel

/// What to look for. The one way into the store for every API, the command line and the web page.
public struct RecordQuery: Sendable, Equatable {
  /// Which side of a record is searched, and for what.
  public enum Subject: Sendable, Hashable {
    /// Every record.
    case all
    /// Records of an owner name.
    case owner(DomainName)
    /// Records of a name and of all names below it (`*.example.com`).
    case ownerAtOrBelow(DomainName)
    /// Records of the names with exactly one label more than this one (`+.example.com`). Deeper
    /// names are jumped over.
    case ownerOneBelow(DomainName)
    /// Records of the names that start with the labels of this one, itself included
    /// (`www.example.*`): by name left to right, then as everywhere by type and rdata.
    case ownerStartingWith(DomainName)
    /// A and AAAA records with an address of a network.
    case network(AddressPrefix)
    /// A and AAAA records with an address of a range.
    case addresses(AddressRange)
    /// Records with a name in their rdata.
    case rdataName(DomainName)
    /// Records with a name in their rdata that is this name or below it.
    case rdataNameAtOrBelow(DomainName)
    /// Records with a name in their rdata that has exactly one label more than this one.
    case rdataNameOneBelow(DomainName)
    /// Records with a name in their rdata that starts with the labels of this one. No index has
    /// that order: every name in rdata is looked at, some millions a second.
    case rdataNameStartingWith(DomainName)
    /// Records of any type whose wire rdata is exactly these octets.
    case rdata([UInt8])
    /// Lossy records whose text is exactly these octets.
    case lossyText([UInt8])
  }

  /// What to search for.
  public var subject: Subject
  /// Without the records that these subjects find by owner name.
  public var excluded: [Subject] = []
  /// Only these types; empty for all.
  public var rrtypes: Set<RRType> = []
  /// Not these types.
  public var excludedTypes: Set<RRType> = []
  /// Only these vantages; empty for all.
  public var vantages: Set<Vantage> = []
  /// Only records with exactly this bailiwick; records whose bailiwick is not known are left out.
  /// Nil for all.
  public var bailiwick: DomainName?
  /// Bounds on first and last seen.
  public var times = TimeFences()
  /// Datasets to search, each once, in any order.
  public var datasets: [DatasetNumber] = [.main]
  /// Merge the records of a (rrname, rrtype, rdata) over datasets, vantages and bailiwicks, as COF
  /// views do. Otherwise each record is a row.
  public var mergesTriples = true
  /// Most rows to return; nil for all.
  public var limit: Int?
  /// Go on behind this position: ``RecordCursor/position`` of an equal query.
  public var resumeAfter: [UInt8]?

  /// True when records that the subject finds may be left out.
  var isFiltered: Bool {
    !rrtypes.isEmpty || !excludedTypes.isEmpty || !vantages.isEmpty || !excluded.isEmpty
      || bailiwick != nil || times != TimeFences()
  }

  /// Makes a query for all records of a subject.
  public init(_ subject: Subject) {
    self.subject = subject
  }
}

/// Bounds on when a record was seen, each strict and each optional, as in the DNSDB API.
public struct TimeFences: Sendable, Equatable {
  /// `time_first` is later than this.
  public var firstAfter: UnixSeconds?
  /// `time_first` is earlier than this.
  public var firstBefore: UnixSeconds?
  /// `time_last` is later than this.
  public var lastAfter: UnixSeconds?
  /// `time_last` is earlier than this.
  public var lastBefore: UnixSeconds?

  /// No bounds.
  public init() {}

  /// True when the times are within all bounds.
  @inline(__always)
  public func admit(first: UnixSeconds, last: UnixSeconds) -> Bool {
    if let firstAfter, first <= firstAfter { return false }
    if let firstBefore, first >= firstBefore { return false }
    if let lastAfter, last <= lastAfter { return false }
    if let lastBefore, last >= lastBefore { return false }
    return true
  }
}

/// A network: an address and how many of its leading bits count.
public struct AddressPrefix: Sendable, Hashable {
  /// Four or sixteen octets.
  public let octets: [UInt8]
  /// 0–32 or 0–128.
  public let bits: Int

  /// Makes a network; nil when the prefix is longer than the address or the octets are neither
  /// four nor sixteen.
  public init?(octets: [UInt8], bits: Int) {
    guard octets.count == 4 || octets.count == 16, (0...(octets.count * 8)).contains(bits) else {
      return nil
    }
    self.octets = octets
    self.bits = bits
  }

  /// One address.
  public init?(octets: [UInt8]) {
    self.init(octets: octets, bits: octets.count * 8)
  }

  /// Reads `192.0.2.0/24`, `2001:db8::/32`, or an address alone.
  public init?(text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPAddressText.parse(Array(parts[0].utf8).span) else {
      return nil
    }
    var octets: [UInt8] = []
    address.appendOctets(to: &octets)
    guard parts.count == 2 else {
      self.init(octets: octets)
      return
    }
    guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy(ASCII.isDigit),
      let bits = Int(parts[1])
    else { return nil }
    self.init(octets: octets, bits: bits)
  }
}
