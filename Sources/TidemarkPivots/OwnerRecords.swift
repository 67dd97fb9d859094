public import DNSWire
public import TidemarkModel
import TidemarkQuery
public import TidemarkStore

/// A record of a name, merged over datasets, vantages and bailiwicks.
public struct OwnerRecord: Sendable, Equatable {
  /// Type.
  public let rrtype: RRType
  /// Canonical wire form.
  public let rdata: [UInt8]
  /// First and last seen, count, days.
  public let value: RecordValue

  /// Newest first; equal times in the order of types and octets, so that the order is total.
  static func isNewer(_ left: OwnerRecord, than right: OwnerRecord) -> Bool {
    if left.value.timeLast != right.value.timeLast {
      return left.value.timeLast > right.value.timeLast
    }
    if left.value.timeFirst != right.value.timeFirst {
      return left.value.timeFirst > right.value.timeFirst
    }
    if left.rrtype != right.rrtype { return left.rrtype < right.rrtype }
    return left.rdata.lexicographicallyPrecedes(right.rdata)
  }
}

/// The records of one owner name, newest first. Rows of lossy feeds are left out: their text is
/// complete for none of the types that pivots read.
struct OwnerRecords: Sendable {
  private(set) var records: [OwnerRecord] = []
  /// More than ``PivotLimits/ownerRecordsMax`` exist; those first in key order were read.
  private(set) var isTruncated = false

  /// Reads.
  ///
  /// - Throws: ``StoreError``.
  init(
    of owner: DomainName, _ rrtypes: Set<RRType>, _ scope: PivotScope, store: any RecordStore
  ) throws(StoreError) {
    var query = scope.query(.owner(owner), rrtypes)
    query.limit = PivotLimits.ownerRecordsMax
    let cursor = RecordCursor(query, store: store)
    var end = RecordCursor.End.paused
    while end == .paused {
      end = try cursor.next { row in
        if !row.isLossy {
          records.append(
            OwnerRecord(rrtype: row.rrtype, rdata: row.rdata, value: row.value))
        }
        return true
      }
    }
    isTruncated = end == .limited
    records.sort(by: OwnerRecord.isNewer)
  }
}

/// What a name pointed to, by the store: its addresses, or those of the newest alias when it has
/// none itself.
public struct PointedAddresses: Sendable, Equatable {
  /// The name, then the aliases that were followed, at most ``PivotLimits/aliasesMax``.
  public private(set) var chain: [DomainName]
  /// A and AAAA records of the last name of the chain, newest first.
  public private(set) var records: [OwnerRecord] = []
  /// True when the last name has more records than are read.
  public private(set) var isTruncated = false

  /// Looks up a name.
  ///
  /// - Throws: ``StoreError``.
  public init(
    of name: DomainName, _ scope: PivotScope = PivotScope(), store: any RecordStore
  ) throws(StoreError) {
    chain = [name]
    var owner = name
    while true {
      let found = try OwnerRecords(of: owner, [.a, .aaaa, .cname], scope, store: store)
      isTruncated = found.isTruncated
      records = found.records.filter { $0.rrtype != .cname }
      guard records.isEmpty, chain.count <= PivotLimits.aliasesMax,
        let alias = found.records.first,
        let target = DomainName(in: alias.rdata, from: 0), !chain.contains(target)
      else { return }
      chain.append(target)
      owner = target
    }
  }

  /// The addresses to pivot from, newest first, each once, at most ``PivotLimits/addressesMax``.
  public var addresses: [PivotAddress] {
    var addresses: [PivotAddress] = []
    for record in records {
      guard let address = PivotAddress(octets: record.rdata), !addresses.contains(address) else {
        continue
      }
      guard addresses.count < PivotLimits.addressesMax else { break }
      addresses.append(address)
    }
    return addresses
  }
}
