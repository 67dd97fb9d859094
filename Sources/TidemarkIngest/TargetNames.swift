import DNSWire
import TidemarkModel

/// The names that the records taken from a message point to: what addresses in its additional
/// section may belong to.
struct TargetNames {
  /// A name that a record named.
  struct Target {
    let name: MessageRange
    /// Apex of the zone that the naming record is evidence for.
    let apex: MessageRange
    /// Labels of the apex.
    let labels: Int
  }

  /// Names remembered of a message; more have no addresses in an honest one.
  private static let namesMax = 128

  private var targets: [Target] = []
  /// Index + 1 of a target; at most half full.
  private var slots: [UInt16] = Array(repeating: 0, count: TargetNames.namesMax * 2)
  private var lowered: [UInt8] = []
  private var isWanted = false

  init() {
    targets.reserveCapacity(TargetNames.namesMax)
  }

  /// Forgets the names of the last message.
  ///
  /// - Parameter isWanted: false when nobody will ask.
  mutating func begin(isWanted: Bool) {
    self.isWanted = isWanted
    guard !targets.isEmpty else { return }
    targets.removeAll(keepingCapacity: true)
    for slot in slots.indices { slots[slot] = 0 }
  }

  /// Remembers the name that a record points to, if it is of a type with addresses beside it.
  ///
  /// - Parameter labels: of the record's bailiwick.
  mutating func add(_ record: MessageRecord, labels: Int, _ parser: inout MessageParser) {
    guard isWanted, targets.count < TargetNames.namesMax else { return }
    let name: MessageRange
    switch record.type {
    case .ns: name = record.rdata
    case .mx where record.rdata.count > 2: name = record.rdata.dropping(octets: 2)
    case .srv where record.rdata.count > 6: name = record.rdata.dropping(octets: 6)
    case .svcb, .https:
      guard let target = serviceTarget(record, &parser) else { return }
      name = target
    default: return
    }
    let (slot, found) = find(name, parser)
    guard found == nil else { return }
    let apex = TargetNames.apex(of: record.owner, labels: labels, parser)
    targets.append(Target(name: name, apex: apex, labels: labels))
    slots[slot] = UInt16(targets.count)
  }

  /// The target of that name.
  func find(_ name: MessageRange, _ parser: borrowing MessageParser) -> Target? {
    targets.isEmpty ? nil : find(name, parser).found
  }

  private func find(
    _ name: MessageRange, _ parser: borrowing MessageParser
  ) -> (slot: Int, found: Target?) {
    let hash = parser.withOctets(name) { RecordBatch.hash(of: $0) }
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let target = targets[Int(slots[slot]) - 1]
      if parser.isEqual(target.name, name) { return (slot, target) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return (slot, nil)
  }

  /// The target of a service binding, lowered: it keeps its letter case in rdata. The root stands
  /// for the owner (RFC 9460 section 2.5).
  private mutating func serviceTarget(
    _ record: MessageRecord, _ parser: inout MessageParser
  ) -> MessageRange? {
    lowered.removeAll(keepingCapacity: true)
    parser.withOctets(record.rdata) { rdata in
      var at = 2
      while at < rdata.count, rdata[at] != 0 {
        let end = min(at + 1 + Int(rdata[at]), rdata.count)
        lowered.append(rdata[at])
        for index in (at + 1)..<end {
          let octet = rdata[index]
          lowered.append(octet &- 0x41 < 26 ? octet | 0x20 : octet)
        }
        at = end
      }
      lowered.append(0)
    }
    return lowered.count == 1 ? record.owner : parser.addName(lowered.span)
  }

  /// The last `labels` labels of a name.
  private static func apex(
    of name: MessageRange, labels: Int, _ parser: borrowing MessageParser
  ) -> MessageRange {
    parser.withOctets(name) { octets in
      var excess = DomainName.labelCount(ofWire: octets) - labels
      var at = 0
      while excess > 0, octets[at] != 0 {
        at += 1 + Int(octets[at])
        excess -= 1
      }
      return name.dropping(octets: at)
    }
  }
}
