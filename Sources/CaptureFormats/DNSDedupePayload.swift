/// The payload `dnsdedupe` of the SIE vendor (2/1): one RRset with the times and the count of its
/// sightings. Places of octets and numbers only; one value serves payload after payload.
public struct DNSDedupePayload: Sendable {
  /// What a payload says of its RRset. Numbers as in `dnsdedupe.proto`.
  public enum Kind: UInt64, Sendable {
    /// First seen; the ``expiration`` of the same sightings follows and counts them again.
    case insertion = 0
    /// No longer seen for a while; gives all sightings since the insertion.
    case expiration = 1
    /// Random names under a wildcard, sorted out by the producer.
    case chaff = 2
    /// From a zone file.
    case authoritative = 3
    /// Several expirations in one.
    case merged = 4
    /// Several authoritative ones in one.
    case mergedAuthoritative = 5
    /// Several in one, insertions among them, counted.
    case mergedInsertion = 6
  }

  /// The kind as a number; ``Kind/insertion`` when it is missing, as its schema says.
  public private(set) var kind: UInt64 = 0
  /// The owner, an uncompressed wire name.
  public private(set) var rrname: Range<Int>?
  /// The record type.
  public private(set) var rrtype: UInt64?
  /// The class; 1 when it is missing.
  public private(set) var rrclass: UInt64 = 1
  /// Uncompressed wire rdata of each RR.
  public private(set) var rdata: [Range<Int>] = []
  /// Sightings; nil when it is missing.
  public private(set) var count: UInt64?
  /// First and last seen in answers, seconds since 1970.
  public private(set) var times: (first: UInt64?, last: UInt64?) = (nil, nil)
  /// First and last seen in zone files, seconds since 1970.
  public private(set) var zoneTimes: (first: UInt64?, last: UInt64?) = (nil, nil)
  /// The zone, an uncompressed wire name.
  public private(set) var bailiwick: Range<Int>?

  /// An empty payload.
  public init() {}

  /// Reads a payload into this value, which keeps its memory. The address of the server that
  /// answered is not read.
  ///
  /// - Throws: ``ProtobufError``; nothing of the payload may be used then, but that
  ///   ``rdata`` says how many RRs were found before.
  public mutating func read(_ payload: Range<Int>, in bytes: RawSpan) throws(ProtobufError) {
    reset()
    var fields = ProtobufFields(payload)
    while let field = try fields.next(in: bytes) {
      switch (field.number, field.kind) {
      case (1, .octets): rrname = field.octets
      case (2, .varint): rrtype = field.value
      case (3, .varint): rrclass = field.value
      case (5, .octets): rdata.append(field.octets)
      case (10, .varint): count = field.value
      case (11, .varint): times.first = field.value
      case (12, .varint): times.last = field.value
      case (13, .varint): kind = field.value
      case (16, .octets): bailiwick = field.octets
      case (17, .varint): zoneTimes.first = field.value
      case (18, .varint): zoneTimes.last = field.value
      default: continue
      }
    }
  }

  private mutating func reset() {
    kind = 0
    rrname = nil
    rrtype = nil
    rrclass = 1
    rdata.removeAll(keepingCapacity: true)
    count = nil
    times = (nil, nil)
    zoneTimes = (nil, nil)
    bailiwick = nil
  }
}
