/// A record of a zone file.
public struct ZoneRecord: Sendable, Hashable {
  /// The owner.
  public let owner: DomainName
  /// The type.
  public let type: RRType
  /// Seconds to live; nil when nothing in the file says so.
  public let ttl: UInt32?
  /// Canonical wire rdata.
  public let rdata: [UInt8]

  /// Makes a record.
  public init(owner: DomainName, type: RRType, ttl: UInt32?, rdata: [UInt8]) {
    self.owner = owner
    self.type = type
    self.ttl = ttl
    self.rdata = rdata
  }
}

extension ZoneScanner {
  /// All records of a small file, such as the root hints. `$INCLUDE` and `$GENERATE` are refused.
  ///
  /// - Parameter origin: the initial origin; for most files the zone's name.
  /// - Returns: the records in the order of the file, and what could not be read.
  public static func records(
    of text: [UInt8], origin: DomainName = .root
  ) -> (records: [ZoneRecord], rejections: [ZoneRejection]) {
    var scanner = ZoneScanner(origin: origin.wire)
    var records: [ZoneRecord] = []
    var rejections: [ZoneRejection] = []
    var at = 0
    while true {
      switch scanner.next(text.span, at: &at, isFinal: true) {
      case .record:
        records.append(
          ZoneRecord(
            owner: DomainName(canonicalWire: scanner.owner), type: scanner.rrtype,
            ttl: scanner.ttl, rdata: scanner.rdata))
      case .include:
        rejections.append(ZoneRejection(line: scanner.line, reason: .includeRefused))
      case .rejected(let rejection): rejections.append(rejection)
      case .needsInput, .end: return (records, rejections)
      }
    }
  }
}
