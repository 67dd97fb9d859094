public import DNSWire
public import TidemarkDomains
public import TidemarkModel
public import TidemarkRegistration
public import TidemarkStore

/// Where a name was hosted, by whom it was served and where it was registered, as changes.
public struct HostingHistory: Sendable, Equatable {
  /// The name asked for, then the aliases that were followed because it has no address itself.
  public let chain: [DomainName]
  /// The registered domain whose name servers and mail hosts are told.
  public let domain: DomainName
  /// Changes of A records.
  public let ipv4: AddressHistory
  /// Changes of AAAA records.
  public let ipv6: AddressHistory
  /// Changes of name servers.
  public let nameServers: ProviderHistory
  /// Changes of mail hosts.
  public let mail: ProviderHistory
  /// Times at registrars, from snapshots of registration data.
  public let registrars: [RegistrarPeriod]

  /// Looks up a name.
  ///
  /// - Parameters:
  ///   - registrations: snapshots of the domain's registration, in any order; the store has none.
  ///   - now: the time of the question.
  /// - Throws: ``StoreError``.
  public init(
    of name: DomainName, _ scope: PivotScope = PivotScope(), suffixes: PublicSuffixList,
    registrations: [Registration] = [], now: UnixSeconds, store: any RecordStore
  ) throws(StoreError) {
    let pointed = try PointedAddresses(of: name, scope, store: store)
    chain = pointed.chain
    let today = now / TimeLimits.secondsPerDay
    ipv4 = HostingHistory.addresses(.a, pointed, today)
    ipv6 = HostingHistory.addresses(.aaaa, pointed, today)
    domain = name.folded(suffixes)
    nameServers = try HostingHistory.providers(.nameServers, domain, scope, suffixes, store)
    mail = try HostingHistory.providers(.mail, domain, scope, suffixes, store)
    registrars = RegistrarPeriod.periods(of: registrations)
  }

  private static func addresses(
    _ rrtype: RRType, _ pointed: PointedAddresses, _ today: UnixDay
  ) -> AddressHistory {
    var rows: [(address: PivotAddress, value: RecordValue)] = []
    for record in pointed.records where record.rrtype == rrtype {
      guard let address = PivotAddress(octets: record.rdata) else { continue }
      rows.append((address, record.value))
    }
    return AddressHistory(rows, today: today, isTruncated: pointed.isTruncated)
  }

  private static func providers(
    _ kind: ProviderHistory.Kind, _ domain: DomainName, _ scope: PivotScope,
    _ suffixes: PublicSuffixList, _ store: any RecordStore
  ) throws(StoreError) -> ProviderHistory {
    let isMail = kind == .mail
    let found = try OwnerRecords(of: domain, [isMail ? .mx : .ns], scope, store: store)
    var hosts: [(host: DomainName, value: RecordValue)] = []
    for record in found.records {
      guard let host = DomainName(in: record.rdata, from: isMail ? 2 : 0) else { continue }
      hosts.append((host, record.value))
    }
    return ProviderHistory(kind, hosts, suffixes: suffixes, isTruncated: found.isTruncated)
  }

  /// What a reader must know of the answer's limits; empty when there are none.
  public var notes: [String] {
    var notes: [String] = []
    let precisions = [ipv4.precision, ipv6.precision, nameServers.precision, mail.precision]
    if precisions.contains(.interval) {
      notes.append(
        "precision: interval. Of some records only first and last seen are known: changes away "
          + "and back between the two are not shown.")
    }
    if ipv4.isTruncated || ipv6.isTruncated || nameServers.isTruncated || mail.isTruncated {
      notes.append("There are more records than were read: changes may be missing.")
    }
    return notes
  }
}
