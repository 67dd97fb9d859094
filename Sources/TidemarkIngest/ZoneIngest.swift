public import DNSWire
public import TidemarkModel

/// Adds the records of one zone snapshot to batches: from master files and from transfers alike.
///
/// Delegations, DS and glue belong to the zone that lists them, so that every record has the apex
/// as its bailiwick. A record counts once in a snapshot.
public struct ZoneIngest: ~Copyable {
  /// False during a replay: records are read, nothing is counted or kept.
  public var isRecording = true

  private let snapshot: ZoneSnapshot
  private let origin: ObservationOrigin
  private let filter: RecordFilter?
  private let bailiwick: Bailiwick
  private var keys = RecordKeyWriter()
  private var seen = SeenRecords()
  private var hasSOA = false
  private var isInZone = false
  private var hasKeyOwner = false

  private var offered: UInt64 = 0
  private var outOfZone: UInt64 = 0
  private var secondSOA: UInt64 = 0
  private var neverStored: UInt64 = 0
  private var unwantedDNSSEC: UInt64 = 0
  private var repeated: UInt64 = 0
  private var filtered = FilterCounts()

  /// Makes the front end of one snapshot.
  public init(snapshot: ZoneSnapshot, settings: SourceSettings) {
    self.snapshot = snapshot
    origin = settings.origin
    filter = settings.filter
    bailiwick = Bailiwick(labels: snapshot.apex.labelCount)
  }

  /// Adds one record of class IN.
  ///
  /// - Parameters:
  ///   - owner: canonical wire name.
  ///   - isSameOwner: true when it is the owner of the record before.
  ///   - rdata: canonical.
  public mutating func add(
    owner: Span<UInt8>, isSameOwner: Bool, rrtype: RRType, rdata: Span<UInt8>,
    to batch: RecordBatch
  ) {
    if isRecording { offered += 1 }
    if !isSameOwner || !hasKeyOwner {
      isInZone = ZoneIngest.isName(owner, atOrBelow: snapshot.apex.wire)
      hasKeyOwner = true
      if isInZone { keys.setOwner(dataset: origin.dataset, rrname: owner) }
    }
    guard isKept(owner: owner, rrtype: rrtype, rdata: rdata) else { return }
    keys.finish(rrtype: rrtype, rdata: rdata, vantage: .zone, bailiwick: bailiwick)
    keys.withKey { key in
      let hash = RecordBatch.hash(of: key)
      let isNew = seen.insert(hash)
      guard isRecording else { return }
      guard isNew else {
        repeated += 1
        return
      }
      batch.add(
        key: key, hash: hash, timeFirst: snapshot.time, timeLast: snapshot.time, count: 1,
        sensor: origin.sensor)
    }
  }

  /// Adds what was offered and what became of it, stored and merged records left out.
  public func account(into accounting: inout Accounting) {
    func add(_ count: UInt64, _ name: String, to reasons: inout [Accounting.Reason]) {
      if count > 0 { reasons.append(Accounting.Reason(name: name, count: count)) }
    }
    accounting.offered += offered
    add(secondSOA, "second-soa", to: &accounting.filtered)
    add(neverStored, "never-stored", to: &accounting.filtered)
    add(unwantedDNSSEC, "dnssec-not-taken", to: &accounting.filtered)
    add(repeated, "repeated-in-snapshot", to: &accounting.filtered)
    filtered.account(into: &accounting)
    add(outOfZone, "out-of-zone", to: &accounting.dropped)
  }

  /// Decides about a record, and counts the reason when it is left out.
  private mutating func isKept(
    owner: Span<UInt8>, rrtype: RRType, rdata: Span<UInt8>
  ) -> Bool {
    let one: UInt64 = isRecording ? 1 : 0
    guard isInZone else {
      outOfZone += one
      return false
    }
    if ZoneIngest.isNeverStored(rrtype, owner: owner) {
      neverStored += one
      return false
    }
    if rrtype == .soa {
      // A transfer ends with the record that it began with (RFC 5936 section 2.2).
      guard !hasSOA else {
        secondSOA += one
        return false
      }
      hasSOA = true
    }
    if !snapshot.takesDNSSEC, ZoneIngest.isDNSSEC(rrtype) {
      unwantedDNSSEC += one
      return false
    }
    if let reason = filter?.reason(rrname: owner, rrtype: rrtype, rdata: rdata) {
      if isRecording { filtered.add(reason) }
      return false
    }
    return true
  }

  /// Types that are no data: questions, transport, and signatures of messages.
  private static func isNeverStored(_ type: RRType, owner: Span<UInt8>) -> Bool {
    switch type.rawValue {
    case 0, 41, 249...255: true
    case 24: owner.count == 1
    default: false
    }
  }

  private static func isDNSSEC(_ type: RRType) -> Bool {
    switch type {
    case .rrsig, .nsec, .nsec3, .nsec3param, .dnskey: true
    default: false
    }
  }

  private static func isName(_ name: Span<UInt8>, atOrBelow apex: [UInt8]) -> Bool {
    var at = 0
    while name.count - at > apex.count { at += 1 + Int(name[at]) }
    guard name.count - at == apex.count else { return false }
    for index in apex.indices where name[at + index] != apex[index] { return false }
    return true
  }
}

/// Hashes of the records of a snapshot, to notice those that stand twice in it.
///
/// Exact for the first ``recordsMax`` records. A larger snapshot starts again after each of as
/// many: copies mostly stand close together, and memory must not grow with the zone.
private struct SeenRecords {
  /// 2 Mi slots of 8 octets: 16 MiB.
  static let recordsMax = 1 << 20
  private var slots: [UInt64] = Array(repeating: 0, count: 1 << 12)
  private var count = 0

  /// Returns false when the hash is there already.
  mutating func insert(_ hash: UInt64) -> Bool {
    // Zero marks a free slot.
    let value = hash == 0 ? 1 : hash
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: value) & mask
    while slots[slot] != 0 {
      if slots[slot] == value { return false }
      slot = (slot + 1) & mask
    }
    slots[slot] = value
    count += 1
    if count * 2 > slots.count { grow() }
    return true
  }

  private mutating func grow() {
    guard count < SeenRecords.recordsMax else {
      for slot in slots.indices { slots[slot] = 0 }
      count = 0
      return
    }
    let old = slots
    slots = Array(repeating: 0, count: old.count * 2)
    let mask = slots.count - 1
    for value in old where value != 0 {
      var slot = Int(truncatingIfNeeded: value) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = value
    }
  }
}
