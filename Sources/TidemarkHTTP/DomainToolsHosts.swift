import DNSWire
import TidemarkModel
import TidemarkPivots
import TidemarkQuery
import TidemarkStore

/// The hosts that a domain's NS, MX and SOA records name, newest first, each once.
struct DomainToolsHosts: Sendable {
  /// A mail host.
  struct Mail: Sendable {
    let host: DomainName
    /// RFC 5321 section 5.1.
    let preference: Int
  }

  private(set) var nameServers: [DomainName] = []
  private(set) var mail: [Mail] = []
  /// Mailboxes of SOA records as addresses.
  private(set) var contacts: [String] = []
  /// When any of the records was first seen; nil without records.
  private(set) var timeFirst: UnixSeconds?

  /// Reads.
  ///
  /// - Throws: ``StoreError``.
  init(of domain: DomainName, _ scope: PivotScope, store: any RecordStore) throws(StoreError) {
    var query = RecordQuery(.owner(domain))
    query.rrtypes = [.ns, .mx, .soa]
    query.datasets = scope.datasets
    query.limit = PivotLimits.ownerRecordsMax
    let cursor = RecordCursor(query, store: store)
    var rows: [(rrtype: RRType, rdata: [UInt8], value: RecordValue)] = []
    var end = RecordCursor.End.paused
    while end == .paused {
      end = try cursor.next { row in
        if !row.isLossy { rows.append((row.rrtype, row.rdata, row.value)) }
        return true
      }
    }
    rows.sort { ($0.value.timeLast, $0.value.count) > ($1.value.timeLast, $1.value.count) }
    timeFirst = rows.map(\.value.timeFirst).min()
    for row in rows { add(row.rrtype, row.rdata) }
  }

  private mutating func add(_ rrtype: RRType, _ rdata: [UInt8]) {
    let most = DomainToolsLimits.hostsMax
    switch rrtype {
    case .ns:
      guard nameServers.count < most, let host = DomainToolsHosts.name(in: rdata, from: 0),
        host != .root, !nameServers.contains(host)
      else { return }
      nameServers.append(host)
    case .mx:
      guard mail.count < most, rdata.count > 2,
        let host = DomainToolsHosts.name(in: rdata, from: 2), host != .root,
        !mail.contains(where: { $0.host == host })
      else { return }
      mail.append(Mail(host: host, preference: Int(rdata[0]) << 8 | Int(rdata[1])))
    case .soa:
      guard let primary = DomainToolsHosts.name(in: rdata, from: 0),
        let contact = DomainToolsHosts.name(in: rdata, from: primary.wire.count)
      else { return }
      let text = DomainToolsHosts.address(contact)
      if contacts.count < most, !contacts.contains(text) { contacts.append(text) }
    default: return
    }
  }

  /// The first label is the part in front of the at sign (RFC 1035 section 8).
  private static func address(_ contact: DomainName) -> String {
    guard let domain = contact.parent, domain != .root else { return contact.text(finalDot: false) }
    let local = String(decoding: contact.wire[1..<(1 + Int(contact.wire[0]))], as: UTF8.self)
    return "\(local)@\(domain.text(finalDot: false))"
  }

  /// The complete name that starts at an offset of rdata; nil when there is none.
  private static func name(in rdata: [UInt8], from start: Int) -> DomainName? {
    var at = start
    while at < rdata.count, rdata[at] != 0 { at += 1 + Int(rdata[at]) }
    guard start < rdata.count, at < rdata.count else { return nil }
    return try? DomainName(wire: Array(rdata[start...at]))
  }
}
