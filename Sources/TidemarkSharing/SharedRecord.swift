import DNSWire
public import TidemarkModel

/// A record that a stream let out: summed over sensors, without a trace of them.
public struct SharedRecord: Sendable, Equatable {
  /// A record key (see ``RecordKey``): dataset, rrname, rrtype, rdata, vantage, bailiwick.
  public var key: [UInt8]
  /// First seen since the record was last let out, rounded down as the stream demands.
  public var timeFirst: UnixSeconds
  /// Last seen, rounded down; not before ``timeFirst``.
  public var timeLast: UnixSeconds
  /// Sightings since the record was last let out; 1 or more.
  public var count: UInt64
  /// The strictest marking of what was summed.
  public var tlp: TLP

  /// Makes a record.
  public init(
    key: [UInt8], timeFirst: UnixSeconds, timeLast: UnixSeconds, count: UInt64, tlp: TLP
  ) {
    self.key = key
    self.timeFirst = timeFirst
    self.timeLast = timeLast
    self.count = count
    self.tlp = tlp
  }
}

extension SharedRecord {
  /// What it adds to ``SharedChunk/weightMax``: octets of its key, eight times over where one octet
  /// of a type bitmap may name eight types.
  var weight: Int {
    guard let view = RecordKeyView(key.span),
      RDataSchema.fields(of: view.rrtype).contains(.typeBitmap)
    else { return key.count }
    return key.count * 8
  }
}

/// Records that a stream let out together, in an order that says nothing.
public struct SharedChunk: Sendable, Equatable {
  /// Most records of a chunk.
  public static let recordsMax = 4_096
  /// Octets of keys at which a chunk ends, so that its text stays below the 4 MiB that receivers
  /// take before a position. An octet becomes 5 characters of JSON (`\\ddd`), those of a name twice
  /// when the bailiwick repeats it: 2.5 MiB, and 4,096 rows have 200 characters each beside.
  /// Records with type bitmaps count for eight times their octets. A chunk of one record may have
  /// more.
  public static let weightMax = 256 << 10

  /// Its place in the stream: 1, 2, …
  public var sequence: UInt64
  /// When it was let out, by the clock of the collector.
  public var releasedAt: UnixSeconds
  /// The records; none is twice in what was released together.
  public var records: [SharedRecord]

  /// Makes a chunk.
  public init(sequence: UInt64, releasedAt: UnixSeconds, records: [SharedRecord]) {
    self.sequence = sequence
    self.releasedAt = releasedAt
    self.records = records
  }
}

/// The stored form: form `01`, time of release (4), then each record as octets of the key with
/// their number, time_first, time_last − time_first, count and marking, numbers as varints.
extension SharedChunk {
  private static let form: UInt8 = 1

  func encoded() -> [UInt8] {
    var out: [UInt8] = [SharedChunk.form]
    MixWriter.appendBigEndian(UInt64(releasedAt), octets: 4, to: &out)
    for record in records {
      MixWriter.append(octets: record.key.span, to: &out)
      MixWriter.append(UInt64(record.timeFirst), to: &out)
      MixWriter.append(UInt64(record.timeLast - record.timeFirst), to: &out)
      MixWriter.append(record.count, to: &out)
      out.append(UInt8(truncatingIfNeeded: record.tlp.rawValue))
    }
    return out
  }

  init(decoding octets: [UInt8], sequence: UInt64) throws(MixDamage) {
    var reader = MixReader(octets)
    guard try reader.octet() == SharedChunk.form else { throw MixDamage() }
    let releasedAt = UnixSeconds(try reader.bigEndian(octets: 4))
    var records: [SharedRecord] = []
    while !reader.isAtEnd {
      guard records.count < SharedChunk.recordsMax else { throw MixDamage() }
      let key = try reader.octetString()
      let timeFirst = try reader.time()
      let (timeLast, overflow) = timeFirst.addingReportingOverflow(try reader.time())
      let count = try reader.number()
      guard !overflow, count > 0, let tlp = TLP(rawValue: Int(try reader.octet())) else {
        throw MixDamage()
      }
      records.append(
        SharedRecord(key: key, timeFirst: timeFirst, timeLast: timeLast, count: count, tlp: tlp))
    }
    self.init(sequence: sequence, releasedAt: releasedAt, records: records)
  }
}
